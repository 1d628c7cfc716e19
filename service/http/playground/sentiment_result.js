// What is shown of a sentiment: the classes, each word's weight in the text, the sentences, what was read.

import { codeCard } from "./code.js";
import { h, s, table } from "./dom.js";
import { warningList } from "./notices.js";
import { capital, count, pct, signed } from "./words.js";

const PRINT = ['print(answer["label"], answer["probabilities"])'];
const SHADES = 5;
const FULL = 1; // the least weight that has the strongest shade

export function sentimentCards(request, answer) {
  return [
    verdict(answer),
    warningList(answer.warnings),
    wordsCard(request.text, answer),
    sentencesCard(request.text, answer),
    codeCard("sentiment", request, PRINT),
  ];
}

function verdict(answer) {
  const { tokens } = answer;
  const read =
    `${tokens.read === tokens.total ? `All ${count(tokens.total, "token")}` : `${tokens.read} of ${count(tokens.total, "token")}`} read` +
    `${tokens.unknown ? `, ${tokens.unknown} of them not in the vocabulary` : ", all of them in the vocabulary"}.`;
  return h(
    "section",
    { class: "card verdict", "aria-label": "Verdict" },
    h(
      "div",
      { class: "verdict-head" },
      h("p", { class: "label" }, h("strong", {}, capital(answer.label)), h("span", {}, pct(answer.confidence))),
      h(
        "ul",
        { class: "badges" },
        answer.uncertain && h("li", { class: "badge caution" }, "Uncertain"),
        answer.mixed && h("li", { class: "badge" }, "Mixed"),
        answer.score !== null && h("li", { class: "badge plain" }, `Score ${signed(answer.score)}`),
      ),
    ),
    bars(answer),
    h("p", { class: "quiet" }, `${read} Answered by ${answer.model} ${answer.version}.`),
    answer.mixed && h("p", {}, "One sentence speaks for the positive class and another for the negative one."),
    answer.uncertain && h("p", {}, "The model would rather not be relied on here: treat the label as a guess."),
  );
}

/** The probability of each class, as a bar in SVG: its width is an attribute, which needs no style. */
function bars(answer) {
  const rows = Object.entries(answer.probabilities).map(([label, probability]) =>
    h(
      "li",
      { class: label === answer.label ? "bar chosen" : "bar" },
      h("span", { class: "bar-label" }, capital(label)),
      s(
        "svg",
        { class: "bar-track", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
        s("rect", { class: "track", width: 100, height: 8 }),
        s("rect", { class: "share", width: Math.max(0.4, probability * 100), height: 8 }),
      ),
      h("span", { class: "bar-value" }, pct(probability)),
    ),
  );
  return h("ul", { class: "bars", "aria-label": "Probability of each class" }, rows);
}

function wordsCard(text, answer) {
  if (!answer.explanation?.length) return null;
  const readout = h("output", { class: "readout" }, "Point at a word to read its weight.");
  const say = (reason) => (readout.textContent = `“${reason.text}” ${signed(reason.weight)} · ${side(reason, answer.label)}`);
  const rows = [...answer.explanation]
    .sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
    .map((reason) => [reason.text, signed(reason.weight), side(reason, answer.label)]);
  return h(
    "section",
    { class: "card", "aria-label": "Words" },
    h("h3", {}, "What each word adds"),
    h(
      "ul",
      { class: "legend", "aria-label": "Legend" },
      h("li", {}, h("span", { class: "swatch for", "aria-hidden": "true" }), `Speaks for ${answer.label}`),
      h("li", {}, h("span", { class: "swatch against", "aria-hidden": "true" }), "Speaks against it"),
    ),
    h("p", { class: "words" }, marked(text, answer, say)),
    readout,
    h("details", {}, h("summary", {}, "Each word in figures"), table("Weights of words", ["Word", "Weight", ""], rows, [1])),
  );
}

const side = (reason, label) => (reason.weight < 0 ? `against ${label}` : `for ${label}`);

/** The text with a shade behind each word that was read. Positions are in code points. Of a long text, what was not read is pale. */
function marked(text, answer, say) {
  const points = Array.from(text);
  const full = Math.max(FULL, ...answer.explanation.map((reason) => Math.abs(reason.weight)));
  const isCut = answer.tokens.read < answer.tokens.total;
  const between = (from, to) => {
    const rest = points.slice(from, to).join("");
    return isCut && /[\p{L}\p{N}]/u.test(rest) ? h("span", { class: "unread" }, rest) : rest;
  };
  const parts = [];
  let at = 0;
  for (const reason of answer.explanation) {
    if (reason.start > at) parts.push(between(at, reason.start));
    const shade = Math.round((Math.abs(reason.weight) / full) * SHADES);
    const kind = shade === 0 ? "word" : `word ${reason.weight < 0 ? "against" : "for"} shade-${shade}`;
    const told = () => say(reason);
    parts.push(h("span", { class: kind, onpointerenter: told, onpointerdown: told }, points.slice(reason.start, reason.end).join("")));
    at = Math.max(at, reason.end);
  }
  return [...parts, between(at, points.length)];
}

function sentencesCard(text, answer) {
  if (!answer.sentences?.length) return null;
  const points = Array.from(text);
  const rows = answer.sentences.map((sentence) =>
    h(
      "li",
      {},
      h("span", { class: `pill is-${poleOf(sentence.label)}` }, capital(sentence.label), " ", h("span", {}, pct(sentence.confidence))),
      h("span", { class: "sentence" }, points.slice(sentence.start, sentence.end).join("").trim()),
    ),
  );
  return h(
    "section",
    { class: "card", "aria-label": "Sentences" },
    h("h3", {}, "Each sentence, read alone"),
    h("ol", { class: "sentences" }, rows),
  );
}

/** Classes have names of their own; the usual ones have a colour. */
const poleOf = (label) => (["positive", "negative"].includes(label) ? label : "other");
