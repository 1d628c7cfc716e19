// What is shown of a forecast: the next reading, who answered, how good it was, the picture, warnings, figures.

import { chart } from "./chart.js";
import { codeCard } from "./code.js";
import { copyButton, h, table } from "./dom.js";
import { warningList } from "./notices.js";
import { pointNames } from "./scales.js";
import { capital, count, exact, num, refusedWords, ruleWords, scaled, skillWords } from "./words.js";

const PRINT = ['for step in zip(answer["timestamps"] or range(1, answer["horizon"] + 1), answer["forecast"]):', "    print(*step)"];

/** All parts, top to bottom. `times` are those of readings and steps, or null. */
export function forecastCards(request, answer, times, anomalies) {
  const name = names(request, answer, times);
  return [
    facts(request, answer, name),
    h("section", { class: "card", "aria-label": "Picture" }, chart(view(request, answer, times, anomalies, name))),
    warningList(answer.warnings),
  ];
}

export function forecastDetails(request, answer, times) {
  const name = names(request, answer, times);
  return [selectionCard(answer), figures(request, answer, name), codeCard("forecast", request, PRINT)];
}

/** Names of readings and steps. Without dates of the readings, steps may still have their timestamps. */
function names(request, answer, times) {
  if (times) return pointNames(times);
  const total = request.readings.length;
  return (index) => {
    if (index < total) return `reading ${index + 1}`;
    return answer.timestamps?.[index - total]?.replace("T00:00:00", "") ?? `step ${index - total + 1}`;
  };
}

const writer = ({ forecast, intervals }) => scaled([...forecast, ...intervals.flatMap(({ lower, upper }) => [...lower, ...upper])]);

function facts(request, answer, name) {
  const write = writer(answer);
  const total = request.readings.length;
  const nearest = answer.intervals[0];
  const range = nearest ? `${num(nearest.level)} % interval ${write(nearest.lower[0])} to ${write(nearest.upper[0])}` : "no interval was asked for";
  const [headline, how] = skillWords(answer.skill);
  const season = answer.season > 1 ? `A season of ${count(answer.season, "reading")}.` : "No season.";
  return h(
    "dl",
    { class: "facts" },
    fact(`Next: ${name(total)}`, write(answer.forecast[0]), capital(range) + "."),
    fact("Answered by", `${answer.model} ${answer.version}`, `${ruleWords(answer.selection, answer.model)} ${season}`),
    fact("How good", headline, how),
  );
}

function fact(term, value, detail) {
  return h("div", { class: "fact" }, h("dt", {}, term), h("dd", {}, h("strong", {}, value), h("span", {}, detail)));
}

function view(request, answer, times, anomalies, name) {
  const { readings } = request;
  const write = writer(answer);
  const known = readings.filter((value) => value !== null);
  const total = readings.length;
  const last = total + answer.horizon - 1;
  const [low, high] = known.reduce(([min, max], value) => [Math.min(min, value), Math.max(max, value)], [Infinity, -Infinity]);
  const found = anomalies.length ? ` ${count(anomalies.length, "anomaly", "anomalies")} among the readings.` : "";
  return {
    readings,
    forecast: answer.forecast,
    intervals: answer.intervals,
    anomalies,
    times,
    name,
    write,
    summary:
      `${count(known.length, "reading")} from ${name(0)} to ${name(total - 1)}, between ${exact(low)} and ${exact(high)}. ` +
      `The forecast has ${count(answer.horizon, "step")}: ${write(answer.forecast[0])} for ${name(total)}` +
      (answer.horizon > 1 ? `, ${write(answer.forecast.at(-1))} for ${name(last)}.` : ".") +
      found,
  };
}

function selectionCard({ selection, model }) {
  if (selection === null || selection.candidates.length < 2) return null;
  const rows = selection.candidates.map((each) => [
    `${each.model} ${each.version}`,
    each.ratio === null ? "–" : num(each.ratio),
    refusedWords(each.refused),
  ]);
  return h(
    "details",
    { class: "card" },
    h("summary", {}, `Why ${model} answers`),
    h("p", {}, ruleWords(selection, model)),
    table("Candidates", ["Model", "Error ÷ seasonal naive’s", "Outcome"], rows, [1]),
  );
}

function figures(request, answer, name) {
  const total = request.readings.length;
  const head = ["Step", "When", "Forecast", ...answer.intervals.flatMap(({ level }) => [`Lower ${num(level)} %`, `Upper ${num(level)} %`])];
  const row = (value, step) => [
    String(step + 1),
    name(total + step),
    value,
    ...answer.intervals.flatMap(({ lower, upper }) => [lower[step], upper[step]]),
  ];
  const whole = answer.forecast.map((value, step) => row(value, step));
  const write = writer(answer);
  const shown = whole.map((cells) => cells.map((cell) => (typeof cell === "number" ? write(cell) : cell)));
  const dated = whole.map((cells, step) => [cells[0], answer.timestamps?.[step] ?? "", ...cells.slice(2)]);
  return h(
    "details",
    { class: "card" },
    h("summary", {}, "The forecast in figures"),
    h("div", { class: "card-tools" }, copyButton("Copy as CSV", () => [head, ...dated].map((cells) => cells.join(",")).join("\n"))),
    table("Forecast", head, shown, head.map((_, column) => column).filter((column) => column !== 1)),
  );
}
