// What is shown of the anomalies among the last readings.

import { codeCard } from "./code.js";
import { h, table } from "./dom.js";
import { problemCard, warningList } from "./notices.js";
import { pointNames } from "./scales.js";
import { count, exact, num, scaled } from "./words.js";

const PRINT = ['for point in answer["points"]:', '    if point["anomaly"]:', '        print(point["index"], point["reading"], "expected", point["expected"])'];

export const MIN_READINGS = 13; // a reading is judged by the twelve before it
export const found = (answer) => answer.points.filter((point) => point.anomaly);

/** The card of an answer, of a Problem, or of too few readings (null). `told` are warnings that stand above already. */
export function anomaliesCard(request, outcome, times, told) {
  const card = (...children) => h("section", { class: "card", "aria-label": "Anomalies" }, h("h3", {}, "Anomalies"), children);
  if (outcome === null) {
    return card(h("p", {}, `A reading is judged by the twelve before it: with ${count(MIN_READINGS, "reading")} or more, this says which of the last ones were not to be expected.`));
  }
  if (!outcome.points) return card(problemCard(outcome));
  const points = found(outcome);
  const judged = outcome.points.length;
  const head = points.length
    ? `${points.length} of the last ${count(judged, "reading")} ${points.length === 1 ? "was" : "were"} not to be expected from those before.`
    : `None of the last ${judged} readings is an anomaly.`;
  const level = `At a level of ${num(request.level)} %, about ${num(100 - request.level)} normal reading in a hundred seems to be one.`;
  return card(
    h("p", {}, head, " ", h("span", { class: "quiet" }, level)),
    points.length > 0 && anomalyTable(points, times),
    warningList(outcome.warnings.filter((each) => !told.some((other) => other.detail === each.detail))),
    h("details", {}, h("summary", {}, "In curl and Python"), codeCard("anomalies", request, PRINT)),
  );
}

function anomalyTable(points, times) {
  const name = pointNames(times);
  const write = scaled(points.flatMap((point) => [point.expected, point.lower, point.upper]));
  const rows = points.map((point) => [
    name(point.index),
    exact(point.reading),
    write(point.expected),
    `${write(point.lower)} to ${write(point.upper)}`,
    share(point.score),
  ]);
  return table("Anomalies", ["When", "Reading", "Expected", "Normal range", "So far off by chance"], rows, [1, 2, 3, 4]);
}

function share(score) {
  if (score === null) return "–";
  return score < 1e-4 ? "under 0.01 %" : `${num(Number((score * 100).toPrecision(2)))} %`;
}
