// Numbers as people and programs write them: 1234.5, 1,234.5, 1.234,5, 1 234,5, 12e3; and what stands for a missing one.

const MISSING = /^(?:|-+|–|—|\.|\?|#?n\/?a|nan|null|none|missing)$/i;
const GROUPS = " '’\u00a0\u202f";
const POINT = pattern("\\.", `,${GROUPS}`);
const COMMA = pattern(",", `.${GROUPS}`);

function pattern(mark, groups) {
  return new RegExp(`^[+-]?(?:(?:\\d{1,3}(?:[${groups}]\\d{3})+|\\d+)(?:${mark}\\d*)?|${mark}\\d+)(?:e[+-]?\\d+)?$`, "i");
}

export const isMissing = (cell) => MISSING.test(cell.trim());

/** The number that a cell holds; null for a missing one, undefined for anything else. `decimal` is "." or ",". */
export function toNumber(cell, decimal) {
  const text = cell.trim().replace(/^−/, "-");
  if (MISSING.test(text)) return null;
  if (!(decimal === "," ? COMMA : POINT).test(text)) return undefined;
  const groups = decimal === "," ? /[. '’\u00a0\u202f]/g : /[, '’\u00a0\u202f]/g;
  const value = Number(text.replace(groups, "").replace(",", "."));
  return Number.isFinite(value) ? value : undefined;
}

/** The decimal mark of some cells, and whether it is only the likelier of two. */
export function decimalMark(cells, delimiter) {
  let unclear = false;
  for (const cell of cells) {
    const text = cell.trim();
    if (!/^[+\-−]?[\d.,\s'’]+(?:e[+-]?\d+)?$/i.test(text) || !text.includes(",")) {
      if (/^[+\-−]?\d{1,3}(?:\.\d{3}){2,}$/.test(text)) return { mark: ",", unclear: false };
      continue;
    }
    if (text.includes(".")) return { mark: text.lastIndexOf(",") > text.lastIndexOf(".") ? "," : ".", unclear: false };
    if (/^[^,]*\d{1,3}(?:,\d{3}){2,}$/.test(text)) return { mark: ".", unclear: false };
    if (!/^[+\-−]?\d{1,3},\d{3}$/.test(text)) return { mark: ",", unclear: false };
    unclear = true;
  }
  if (unclear) return delimiter === ";" ? { mark: ",", unclear: true } : { mark: ".", unclear: true };
  return { mark: ".", unclear: false };
}
