// The sentiment panel: a text or an example, and the request.

import { byId, h, replace } from "./dom.js";
import { TEXTS } from "./examples.js";
import { announce, problemCard, refusalCard } from "./notices.js";
import { Problem } from "./api.js";
import { modelOf } from "./options.js";
import { sentimentCards } from "./sentiment_result.js";
import { pct } from "./words.js";

/** Wire the panel. `ask(work)` runs one piece of work at a time. */
export function sentimentPanel(ask) {
  const submit = () => ask(run);
  byId("sentiment-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  replace(
    byId("text-examples"),
    TEXTS.map((example) => {
      const choose = () => {
        byId("text").value = example.text;
        submit();
      };
      return h("button", { type: "button", class: "chip", onclick: choose }, example.name);
    }),
  );
  return submit;
}

function run() {
  const results = byId("sentiment-results");
  const text = byId("text").value;
  if (text.trim() === "") {
    replace(results, refusalCard("There is nothing to read yet", "Paste or type a text, or choose an example."));
    return null;
  }
  const request = { text, explain: true, sentences: true, ...modelOf(byId("sentiment-model").value) };
  return async (call) => {
    try {
      const answer = await call("sentiment", request);
      replace(results, sentimentCards(request, answer));
      announce(`${answer.label}, ${pct(answer.confidence)}${answer.uncertain ? ", uncertain" : ""}.`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      announce(`${error.title}. ${error.detail}`);
      replace(results, problemCard(error));
      throw error;
    }
  };
}
