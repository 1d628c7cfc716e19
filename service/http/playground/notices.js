// Problems and warnings as they are, and what a screen reader is told.

import { byId, h } from "./dom.js";
import { codeWords, count } from "./words.js";

/** Tell assistive technology what happened. */
export function announce(text) {
  byId("status").textContent = text;
}

/** A refusal: its title and status, its detail, each fault with its pointer, and when to try again. */
export function problemCard(problem) {
  const status = problem.status ? h("span", { class: "code" }, String(problem.status)) : null;
  return h(
    "div",
    { class: "notice bad", role: "alert" },
    h("h3", {}, problem.title, " ", status),
    h("p", {}, problem.detail),
    faults(problem),
    retry(problem),
    problem.requestId && h("p", { class: "quiet" }, "Request ", h("code", {}, problem.requestId)),
  );
}

function faults(problem) {
  if (problem.errors.length === 0) return null;
  return h(
    "ul",
    { class: "faults" },
    problem.errors.map((fault) =>
      h("li", {}, h("code", {}, String(fault.pointer || "request")), " ", String(fault.detail ?? "")),
    ),
  );
}

function retry(problem) {
  if (problem.retryAfter === null) return null;
  const seconds = Number(problem.retryAfter);
  const when = Number.isFinite(seconds) ? `in ${count(seconds, "second")}` : `after ${problem.retryAfter}`;
  return h("p", {}, h("strong", {}, `Try again ${when}.`));
}

/** A refusal of this page itself, before anything is sent. */
export function refusalCard(title, detail) {
  return h("div", { class: "notice bad", role: "alert" }, h("h3", {}, title), h("p", {}, detail));
}

export function warningList(warnings) {
  if (warnings.length === 0) return null;
  return h(
    "ul",
    { class: "warnings", "aria-label": "Warnings" },
    warnings.map((each) =>
      h("li", { class: "notice caution" }, h("strong", {}, codeWords(each.code)), h("span", {}, each.detail)),
    ),
  );
}
