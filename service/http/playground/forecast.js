// The forecast panel: readings from a text, a file or an example, options, and the two requests.

import { anomaliesCard, found, MIN_READINGS } from "./anomalies_result.js";
import { Problem } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { SERIES } from "./examples.js";
import { forecastCards, forecastDetails } from "./forecast_result.js";
import { announce, problemCard, refusalCard } from "./notices.js";
import { levelsOf, modelOf, numberOf } from "./options.js";
import { fileText } from "./csv.js";
import { Refusal } from "./refusal.js";
import { readSeries } from "./series.js";
import { timesOf } from "./timeline.js";
import { num, seriesWords } from "./words.js";

const READ_AFTER_MS = 150; // a pause in typing
const LEVEL = 99; // of anomalies
const LONG_PASTE = 5_000; // characters; browsers take seconds to insert thousands of lines as if they were typed
let series = null; // what the text was read as; null if it cannot be, or was not read since it changed
let timer = 0;

/** Wire the panel. `ask(work)` runs one piece of work at a time; it is given `call` for requests. */
export function forecastPanel(ask) {
  const submit = () => ask(run);
  byId("forecast-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byId("readings").addEventListener("input", () => {
    clearTimeout(timer);
    series = null;
    timer = setTimeout(() => read(), READ_AFTER_MS);
  });
  byId("readings").addEventListener("paste", pasteLong);
  const readAgain = () => read({ column: byId("column").value, decimal: byId("decimal").value });
  byId("column").addEventListener("change", readAgain);
  byId("decimal").addEventListener("change", readAgain);
  byId("file").addEventListener("change", () => byId("file").files[0] && takeFile(byId("file").files[0]));
  replace(byId("series-examples"), SERIES.map((each) => exampleButton(each, submit)));
  dropZone(byId("forecast-form"));
  return submit;
}

function exampleButton(example, submit) {
  const choose = () => {
    byId("readings").value = example.text;
    for (const name of ["start", "frequency", "season", "minimum", "horizon"]) byId(name).value = example[name] ?? "";
    byId("levels").value = "80, 95";
    byId("model").value = "";
    read();
    submit();
  };
  return h("button", { type: "button", class: "chip", onclick: choose }, example.name);
}

function pasteLong(event) {
  const text = event.clipboardData.getData("text/plain");
  if (text.length < LONG_PASTE) return;
  event.preventDefault();
  const { selectionStart, selectionEnd } = event.target;
  event.target.setRangeText(text, selectionStart, selectionEnd, "end");
  read();
}

/** Read the text again, and show what it was read as. Returns the refusal in words, or null. */
function read({ column = "", decimal = "" } = {}) {
  clearTimeout(timer);
  let refusal = null;
  try {
    series = readSeries(byId("readings").value, column, decimal);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    series = null;
    refusal = error;
  }
  showReading(refusal);
  return refusal?.message ?? null;
}

function showReading(refusal) {
  const isEmpty = byId("readings").value.trim() === "";
  const notes = series ? [seriesWords(series), ...series.notes] : isEmpty ? [] : [refusal.message];
  const place = byId("reading");
  replace(place, notes.map((note) => h("p", {}, note)));
  place.classList.toggle("refused", !series && !isEmpty);
  byId("readings").setAttribute("aria-invalid", String(!series && !isEmpty));
  tellDate("start", series?.start ?? "");
  tellDate("frequency", series?.frequency ?? "");
  const { columns, column } = series ?? refusal;
  options(byId("column"), columns, column);
  byId("column-field").hidden = columns.length < 2;
  byId("decimal-field").hidden = !series?.unclear;
  if (series) byId("decimal").value = series.decimal;
}

/** Show what the dates say. What was typed into the field stays for readings without dates. */
function tellDate(id, value) {
  const field = byId(id);
  if (value || field.value === (field.dataset.told ?? "")) field.value = value;
  field.dataset.told = value;
}

function options(select, names, chosen) {
  replace(select, names.map((name) => h("option", { value: name, selected: name === chosen }, name)));
}

async function takeFile(file) {
  try {
    byId("readings").value = await fileText(file);
    read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    replace(byId("reading"), h("p", {}, error.message));
    byId("reading").classList.add("refused");
    announce(error.message);
  }
  byId("file").value = "";
}

/** Files and texts may be dropped anywhere on the panel; elsewhere a file does not replace the page. */
function dropZone(zone) {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => event.preventDefault());
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData("text/plain");
    if (file) takeFile(file);
    else if (text) {
      byId("readings").value = text;
      read();
    }
  });
}

/** The body of POST /forecast. Raises Refusal for options that cannot be sent. */
function body() {
  const request = { readings: series.readings };
  const start = byId("start").value.trim();
  const frequency = byId("frequency").value.trim();
  if (start) request.start = start;
  if (frequency) request.frequency = frequency;
  for (const [name, label] of [["horizon", "Horizon"], ["season", "Season"], ["minimum", "Minimum"]]) {
    const value = numberOf(byId(name).value, label);
    if (value !== null) request[name] = value;
  }
  request.levels = levelsOf(byId("levels").value);
  return Object.assign(request, modelOf(byId("model").value));
}

/** Ask for the forecast and the anomalies, and show them. */
function run() {
  const refusal = series ? null : read();
  const results = byId("forecast-results");
  if (refusal !== null) return show(results, refusalCard("This cannot be read as readings", refusal));
  let request;
  try {
    request = body();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return show(results, refusalCard("An option cannot be sent", error.message));
  }
  const judged = { readings: request.readings, level: LEVEL };
  for (const name of ["start", "frequency", "season"]) if (name in request) judged[name] = request[name];
  return async (call) => {
    const asked = request.readings.length < MIN_READINGS ? null : call("anomalies", judged);
    const [forecast, anomalies] = await Promise.allSettled([call("forecast", request), asked]);
    present(results, request, judged, settled(forecast), settled(anomalies));
  };
}

/** The answer, or the Problem that came instead. Anything else that was thrown is thrown again. */
function settled({ value, reason }) {
  if (reason !== undefined && !(reason instanceof Problem)) throw reason;
  return reason ?? value;
}

function present(results, request, judged, forecast, anomalies) {
  if (forecast instanceof Problem) {
    announce(`${forecast.title}. ${forecast.detail}`);
    replace(results, problemCard(forecast));
    throw forecast;
  }
  const times = timesOf(series, request, forecast);
  const marks = anomalies?.points ? found(anomalies) : [];
  replace(
    results,
    forecastCards(request, forecast, times, marks),
    anomaliesCard(judged, anomalies, times, forecast.warnings),
    forecastDetails(request, forecast, times),
  );
  announce(`Forecast of ${forecast.horizon} steps by ${forecast.model}; the next is ${num(forecast.forecast[0])}.`);
}

function show(results, card) {
  replace(results, card);
  return null;
}
