// Text as a table of cells: a CSV with any usual delimiter, or readings that somebody typed.

import { isMissing, toNumber } from "./numbers.js";
import { Refusal } from "./refusal.js";

export const MAX_BYTES = 2 * 1024 * 1024;
export const MAX_COLUMNS = 200;
const SAMPLE = 64 * 1024;
const DELIMITERS = ["\t", ";", "|", ",", " "];

/** The text of a file. Raises Refusal for what is no text, or too large. */
export async function fileText(file) {
  if (file.size > MAX_BYTES) {
    throw new Refusal(`${file.name} has ${megabytes(file.size)}; a file may have ${megabytes(MAX_BYTES)} here. Send the rows that matter, or use the API.`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw new Refusal(`${file.name} is a workbook or an archive. Save the sheet as CSV first.`);
  }
  const text = decode(bytes, file.name);
  if (!text.trim()) throw new Refusal(`${file.name} is empty.`);
  return text;
}

const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

function decode(bytes, name) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes.includes(0)) throw new Refusal(`${name} is not a text file. Save it as CSV in UTF-8.`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** `{rows, lines, delimiter, typed}`: cells by row, and the line of the text that each row begins in. Raises Refusal. */
export function readTable(text) {
  if (text.length > MAX_BYTES) {
    throw new Refusal(`This is ${megabytes(text.length)} of text; ${megabytes(MAX_BYTES)} can be read here.`);
  }
  const plain = text.replace(/^\ufeff/, "");
  if (!plain.trim()) throw new Refusal("There is nothing to read yet.");
  const typed = typedCells(plain);
  if (typed !== null) return { rows: typed.map((cell) => [cell]), lines: null, delimiter: "", typed: true };
  const delimiter = detectDelimiter(plain);
  const { rows, lines } = split(plain, delimiter);
  checkWidths(rows, lines, delimiter);
  return { rows, lines, delimiter, typed: false };
}

/** Readings in running text, with spaces, commas or semicolons between them, or as a JSON list; null for anything else. */
function typedCells(text) {
  const trimmed = text.trim();
  const bare = trimmed.replace(/^[[(]\s*/, "").replace(/\s*,?\s*[\])]$/, "");
  const isList = bare !== trimmed;
  const lines = bare.split(/\r?\n/).filter((line) => line.trim());
  const flows = isList || lines.length === 1 || lines.some((line) => /,\s|[^,;\t] +[^ ,;\t]|,$/.test(line.trim()));
  if (!flows) return null;
  const cells = tokens(bare);
  if (cells.at(-1) === "") cells.pop();
  const isReading = (cell) => isMissing(cell) || toNumber(cell, ".") !== undefined || toNumber(cell, ",") !== undefined;
  const wrong = cells.findIndex((cell) => !isReading(cell));
  if (wrong < 0) return cells.length > 1 ? cells : null;
  const isNearly = (isList || lines.length === 1) && cells.filter(isReading).length > cells.length / 2;
  if (isNearly) throw new Refusal(`“${cells[wrong].slice(0, 60)}” is not a number (reading ${wrong + 1}).`);
  return null;
}

function tokens(text) {
  if (/[;\t]/.test(text)) return text.split(/[;\t\n]/).map((cell) => cell.trim());
  if (/,\s|,$/.test(text)) return text.split(/,\s*|\n/).map((cell) => cell.trim());
  const spaced = text.trim().split(/\s+/);
  if (spaced.length === 1 || spaced.some((cell) => cell.split(",").length > 2)) return text.trim().split(/[,\s]+/);
  return spaced;
}

/** The delimiter that cuts most rows into the same number of cells, more than one; "" for a single column. */
function detectDelimiter(text) {
  const sample = text.slice(0, SAMPLE);
  const whole = text.length > SAMPLE ? sample.slice(0, sample.lastIndexOf("\n") + 1) || sample : sample;
  for (const delimiter of DELIMITERS) {
    const widths = split(whole, delimiter).rows.map((row) => row.length);
    const usual = mode(widths);
    const share = widths.filter((width) => width === usual).length / widths.length;
    const isDecimal = delimiter === "," && widths[0] === 1 && usual === 2; // a head of one word over 1,5
    if (usual > 1 && share >= 0.8 && !isDecimal) return delimiter;
  }
  return "";
}

export function mode(values) {
  const counts = new Map();
  let best = values[0];
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.get(value) > counts.get(best)) best = value;
  }
  return best;
}

/** Rows of cells, by RFC 4180: quoted cells may hold delimiters, line ends and doubled quotes. */
function split(text, delimiter) {
  const rows = [];
  const lines = [];
  let row = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let begins = 1;
  const endRow = () => {
    row.push(cell.trim());
    if (row.some((each) => each !== "") && !row[0].startsWith("#")) {
      rows.push(row);
      lines.push(begins);
    }
    row = [];
    cell = "";
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "\n") line++;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (sign === "\n") {
      endRow();
      begins = line;
    } else if (sign === delimiter && !(delimiter === " " && cell === "")) {
      row.push(cell.trim());
      cell = "";
    } else if (sign !== "\r" && !(delimiter === " " && sign === " ")) {
      cell += sign;
    }
  }
  if (quoted) throw new Refusal(`A quote in line ${begins} is never closed.`);
  endRow();
  return { rows, lines };
}

function checkWidths(rows, lines, delimiter) {
  if (rows.length === 0) throw new Refusal("There is nothing to read yet.");
  const width = mode(rows.map((row) => row.length));
  if (width > MAX_COLUMNS) throw new Refusal(`There are ${width} columns; up to ${MAX_COLUMNS} can be read here.`);
  rows.forEach((row, index) => {
    if (row.length > width && row.slice(width).some((cell) => cell !== "")) {
      const name = { "\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", " ": "spaces" }[delimiter] ?? "nothing";
      throw new Refusal(`Line ${lines[index]} has ${row.length} cells and most others have ${width}, if ${name} part them.`);
    }
    row.length = width;
    for (let column = 0; column < width; column++) row[column] ??= "";
  });
}
