// The same request in curl and in Python.

import { BASE, hasKey } from "./api.js";
import { copyButton, h } from "./dom.js";

const WIDTH = 72;
const MAX_ARGUMENT = 100_000; // a shell hands no longer argument on

/** Both forms of a POST, one shown at a time, each with a button that copies it. */
export function codeCard(path, body, print) {
  const url = new URL(path, BASE).href;
  const forms = { curl: curl(url, body), Python: python(url, body, print) };
  const code = h("code", {});
  const buttons = Object.keys(forms).map((name) =>
    h("button", { type: "button", class: "choice", "aria-pressed": "false", onclick: () => choose(name) }, name),
  );
  let chosen = "curl";
  function choose(name) {
    chosen = name;
    code.textContent = forms[name];
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === name));
  }
  choose(chosen);
  return h(
    "section",
    { class: "card code-card", "aria-label": `POST /${path} in curl and Python` },
    h(
      "div",
      { class: "card-head" },
      h("h3", {}, "The same request"),
      h("div", { class: "choices", role: "group", "aria-label": "Language" }, buttons),
      copyButton("Copy", () => forms[chosen]),
    ),
    h("pre", { tabindex: "0", role: "region", "aria-label": "Code" }, code),
  );
}

export function curl(url, body) {
  const lines = [`curl ${shell(url)}`, "-H 'Content-Type: application/json'"];
  if (hasKey()) lines.push('-H "Authorization: Bearer $GATECAST_KEY"');
  const sent = pretty(body, JSON.stringify);
  if (sent.length > MAX_ARGUMENT) return `${lines.join(" \\\n  ")} \\\n  --data-binary @- <<'JSON'\n${sent}\nJSON`;
  lines.push(`-d ${shell(sent)}`);
  return lines.join(" \\\n  ");
}

/** A word of a POSIX shell: single quotes keep everything but themselves. */
function shell(text) {
  return /^[A-Za-z0-9:/.@_-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function python(url, body, print) {
  const key = hasKey();
  const headers = ['"Content-Type": "application/json"'];
  if (key) headers.push('"Authorization": f"Bearer {os.environ[\'GATECAST_KEY\']}"');
  return [
    "import json",
    ...(key ? ["import os"] : []),
    "import urllib.request",
    "",
    `body = ${pretty(body, literal)}`,
    "request = urllib.request.Request(",
    `    ${JSON.stringify(url)},`,
    "    json.dumps(body).encode(),",
    `    {${headers.join(", ")}},`,
    ")",
    "with urllib.request.urlopen(request) as reply:",
    "    answer = json.load(reply)",
    ...print,
  ].join("\n");
}

/** A flat object, a member a line; long lists are wrapped. */
function pretty(body, write) {
  const members = Object.entries(body).map(([name, value]) => {
    const written = Array.isArray(value) ? list(value, write) : write(value);
    return `  ${JSON.stringify(name)}: ${written}`;
  });
  return `{\n${members.join(",\n")}\n}`;
}

function list(values, write) {
  const lines = [""];
  values.forEach((value, index) => {
    const part = write(value) + (index < values.length - 1 ? "," : "");
    const last = lines.length - 1;
    if (lines[last].length + part.length > WIDTH) lines.push(part);
    else lines[last] += (lines[last] ? " " : "") + part;
  });
  return lines.length === 1 ? `[${lines[0]}]` : `[\n    ${lines.join("\n    ")}\n  ]`;
}

/** A Python literal. Strings of JSON are strings of Python. */
function literal(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  return JSON.stringify(value);
}
