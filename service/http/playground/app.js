// The page: its two panels, which models there are, the key, and one request at a time.

import { call, hasKey, Problem, setKey } from "./api.js";
import { byId, replace } from "./dom.js";
import { forecastPanel } from "./forecast.js";
import { announce, problemCard, refusalCard } from "./notices.js";
import { modelChoices } from "./options.js";
import { sentimentPanel } from "./sentiment.js";
import { tabs } from "./tabs.js";

const NARROW = matchMedia("(max-width: 899px)");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Runs one piece of work of a panel at a time: a new one ends the one before. */
function asker(panel) {
  const results = byId(`${panel}-results`);
  const button = byId(`${panel}-button`);
  let running = null;
  return async (prepare) => {
    running?.abort();
    const own = (running = new AbortController());
    const work = prepare();
    if (work === null) return;
    results.setAttribute("aria-busy", "true");
    button.classList.add("busy");
    try {
      await work((path, body) => call(path, body, own.signal));
      askForKey(null);
    } catch (error) {
      if (own.signal.aborted) return;
      if (!(error instanceof Problem)) {
        replace(results, refusalCard("A defect of this page", String(error.message)));
        return;
      }
      askForKey(error);
    } finally {
      if (running === own) {
        results.setAttribute("aria-busy", "false");
        button.classList.remove("busy");
        if (NARROW.matches) results.scrollIntoView({ behavior: STILL.matches ? "auto" : "smooth", block: "start" });
      }
    }
  };
}

/** Show the field for a key after a 401 or a 403; it stays while a key is kept. */
function askForKey(problem) {
  const isAsked = problem !== null && [401, 403].includes(problem.status);
  byId("key").hidden = !(isAsked || hasKey());
  byId("forget").hidden = !hasKey();
  if (isAsked) {
    byId("key-words").textContent = hasKey()
      ? "The service does not take this key here. Send another one."
      : "This service asks for an API key.";
    byId("key-input").focus();
  } else if (hasKey()) {
    byId("key-words").textContent = "Requests of this tab carry your key.";
  }
}

/** Ask which models there are. A key that may not read the list leaves the panels as they are. */
async function loadModels() {
  try {
    const { models } = await call("models");
    fill("forecast", modelChoices(byId("model"), models, "forecast"), "No forecaster is loaded");
    fill("sentiment", modelChoices(byId("sentiment-model"), models, "sentiment"), "No sentiment model is loaded");
    replace(byId("service"));
    askForKey(null);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 403) askForKey(null);
    else if (error.status === 401) askForKey(error);
    else replace(byId("service"), problemCard(error));
    return error.status === 403;
  }
}

/** Switch a panel off where the service has no model for it. */
function fill(panel, models, words) {
  byId(`${panel}-fields`).disabled = models === 0;
  const place = byId(`${panel}-absent`);
  if (models > 0) replace(place);
  else replace(place, refusalCard(words, "Put one into the models directory of this service, and let it load it; the other panel works without."));
}

const submits = {
  forecast: forecastPanel(asker("forecast")),
  sentiment: sentimentPanel(asker("sentiment")),
};
const panels = tabs();

byId("key-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  setKey(byId("key-input").value);
  byId("key-input").value = "";
  const tried = byId(`${panels.current()}-results`).querySelector(".notice.bad") !== null;
  if (!(await loadModels())) return;
  announce("The key is kept for this tab.");
  if (tried) submits[panels.current()]();
});

byId("forget").addEventListener("click", () => {
  setKey("");
  byId("key").hidden = true;
  announce("The key is forgotten.");
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.tagName === "TEXTAREA") {
    event.preventDefault();
    submits[panels.current()]();
  }
});

loadModels();
