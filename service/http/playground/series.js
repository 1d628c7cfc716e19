// A table as a series: which column is dates and which is readings, on an even grid of dates, oldest first.

import { MAX_COLUMNS, readTable } from "./csv.js";
import { readDates } from "./date_forms.js";
import { dateAt, iso, positions, stepOf } from "./dates.js";
import { decimalMark, isMissing, toNumber } from "./numbers.js";
import { Refusal } from "./refusal.js";
import { count } from "./words.js";

export const MAX_READINGS = 10_000;
const NEARLY = 0.8; // a column with so many dates is meant as dates
const OF_TIME = /year|month|date|day|time|period|jahr|datum|ann/i;
const TIME = /^(?:unix|epoch|t|time|timestamp|date|datetime|year|month|day)$/i;
const MOSTLY = 0.5; // a column with fewer numbers is not offered; any other cell of the chosen one is refused by its place

/**
 * `{readings, times, step, offset, start, frequency, columns, column, decimal, unclear, notes}` of a text. `column` names
 * the one that is wanted, `decimal` is the mark that was chosen; empty for our own choice. Raises Refusal.
 */
export function readSeries(text, column = "", decimal = "") {
  const { rows, lines, delimiter, typed } = readTable(text);
  const found = decimalMark(rows.flat(), delimiter);
  const mark = decimal || found.mark;
  const header = !typed && isHeader(rows, mark) ? rows[0] : null;
  const body = header ? rows.slice(1) : rows;
  if (body.length === 0) throw new Refusal("There is one line of words, and no reading under it.");
  const names = nameColumns(header, body[0].length);
  const line = (index) => (lines ? `line ${lines[index + (header ? 1 : 0)]}` : `reading ${index + 1}`);
  const dateColumn = typed ? -1 : findDates(body, names, mark);
  if (dateColumn < 0 && !typed) checkNearlyDates(body, names, mark, line);
  const numeric = numericColumns(body, dateColumn, mark);
  if (numeric.length === 0) throw noNumbers(body, names, dateColumn, lines, header);
  const chosen = numeric.find((index) => names[index] === column) ?? usualColumn(body, numeric, mark, names);
  const columns = numeric.map((index) => names[index]);
  const values = readings(body, chosen, mark, line, columns, names[chosen]);
  const dates = dateColumn < 0 ? null : readDates(body.map((row) => row[dateColumn]));
  const series = dates ? onGrid(dates, values, line) : { readings: values, times: null, step: null, offset: "", notes: [] };
  trim(series);
  const unread = header && !dates ? names.find((name, index) => TIME.test(name) && !numeric.includes(index)) : undefined;
  if (unread) series.notes.push(`The column ${clip(unread)} was not read as dates; write them as 2026-01-31.`);
  return {
    ...series,
    start: series.times ? iso(series.times[0], series.offset) : "",
    frequency: series.step?.frequency ?? "",
    columns,
    column: names[chosen],
    decimal: mark,
    unclear: found.unclear,
    typed,
  };
}

function nameColumns(header, width) {
  const names = [];
  for (let index = 0; index < Math.min(width, MAX_COLUMNS); index++) {
    const name = header?.[index] || `column ${index + 1}`;
    names.push(names.includes(name) ? `${name} (${index + 1})` : name);
  }
  return names;
}

/** Whether the first row has words where the rows under it have numbers or dates. */
function isHeader(rows, mark) {
  const isWord = (cell) => !isMissing(cell) && toNumber(cell, mark) === undefined && !isDate(cell);
  if (!rows[0].some(isWord)) return false;
  if (rows.length === 1) return true;
  return rows[0].some((cell, column) => {
    const below = rows.slice(1, 50).map((row) => row[column]);
    return isWord(cell) && below.some((each) => !isMissing(each) && !isWord(each));
  });
}

const isDate = (cell) => areRead([cell]);

/** The first column whose cells are all dates; −1 without one. Dates that are numbers count by the column's name. */
function findDates(body, names, mark) {
  for (let column = 0; column < names.length; column++) {
    const cells = body.map((row) => row[column]);
    if (cells.some((cell) => !cell) || !isDate(cells[0]) || !isDate(cells.at(-1))) continue;
    const isNumber = cells.every((cell) => toNumber(cell, mark) !== undefined);
    if (isNumber && !(names.length > 1 && areDates(cells, names[column]))) continue;
    if (readDates(cells) !== null) return column;
  }
  return -1;
}

/** Raise Refusal if something else stands among the dates of the first column or one called a time, such as the word before a sum. */
function checkNearlyDates(body, names, mark, line) {
  names.forEach((name, column) => {
    if (column > 0 && !TIME.test(name)) return;
    const cells = body.map((row) => row[column]);
    const good = cells.map((cell) => cell !== "" && toNumber(cell, mark) === undefined && isDate(cell));
    const dates = cells.filter((_, index) => good[index]);
    if (dates.length < 3 || dates.length === cells.length || dates.length < NEARLY * cells.length || !areRead(dates)) return;
    const row = good.indexOf(false);
    const what = cells[row] ? `“${clip(cells[row])}” is not a date like the others` : "There is no date";
    throw new Refusal(`${what} (${line(row)}, ${clip(name)}). Leave out rows that are no readings, such as sums.`);
  });
}

function areRead(cells) {
  try {
    return readDates(cells) !== null;
  } catch {
    return true; // in two ways
  }
}

function areDates(cells, name) {
  const isNamed = OF_TIME.test(name);
  const years = cells.map(Number);
  const areYears = years.every((year) => Number.isInteger(year) && year >= 1500 && year <= 2200);
  const climb = years.every((year, index) => index === 0 || Math.abs(year - years[index - 1]) === 1);
  return areYears ? climb || isNamed : isNamed && cells.every((cell) => /^(?:\d{6}|\d{8})$/.test(cell));
}

function numericColumns(body, dateColumn, mark) {
  const columns = [];
  for (let column = 0; column < body[0].length; column++) {
    const cells = body.map((row) => row[column]).filter((cell) => !isMissing(cell));
    const numbers = cells.filter((cell) => toNumber(cell, mark) !== undefined).length;
    if (column !== dateColumn && numbers > 0 && numbers >= MOSTLY * cells.length) columns.push(column);
  }
  return columns;
}

/** The first column that does not merely number the rows, nor is called a time. */
function usualColumn(body, numeric, mark, names) {
  const counts = (column) =>
    body.length > 1 &&
    body.every((row, index) => index === 0 || toNumber(row[column], mark) - toNumber(body[index - 1][column], mark) === 1);
  return numeric.find((column) => !counts(column) && !TIME.test(names[column])) ?? numeric.find((column) => !TIME.test(names[column])) ?? numeric[0];
}

function noNumbers(body, names, dateColumn, lines, header) {
  const column = names.findIndex((_, index) => index !== dateColumn);
  if (column < 0) return new Refusal("There are dates, but no column of readings beside them.");
  const row = Math.max(0, body.findIndex((each) => !isMissing(each[column])));
  const line = lines ? `Line ${lines[row + (header ? 1 : 0)]}` : "The text";
  const hint = /\d/.test(body[row][column]) ? " Leave units and words out." : "";
  return new Refusal(`No column has numbers. ${line} has “${clip(body[row][column])}” in ${clip(names[column])}.${hint}`);
}

function readings(body, chosen, mark, line, columns, column) {
  try {
    return body.map((row, index) => reading(row[chosen], mark, `${line(index)}, ${column}`));
  } catch (error) {
    throw Object.assign(error, { columns, column });
  }
}

function reading(cell, mark, where) {
  const value = toNumber(cell, mark);
  if (value === undefined) {
    const hint = /[^\d.,\s]/.test(cell) ? " Leave units and words out; an empty cell is a missing reading." : "";
    throw new Refusal(`“${clip(cell)}” is not a number (${where}).${hint}`);
  }
  return value;
}

const clip = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Readings at every date from the first to the last; those that are not there are missing. */
function onGrid(dates, values, line) {
  const notes = [];
  const order = dates.map((_, index) => index).sort((one, other) => dates[one].time - dates[other].time);
  if (order.length > 1 && order.some((index, place) => index !== place)) notes.push("The rows were put in order of their dates.");
  const times = order.map((index) => dates[index].time);
  const twice = times.findIndex((time, place) => place > 0 && time === times[place - 1]);
  if (twice > 0) {
    const both = [order[twice - 1], order[twice]].sort((one, other) => one - other).map(line);
    throw new Refusal(
      `The date ${iso(times[twice], dates[0].offset)} is there twice (${both.join(" and ")}). If the file holds several ` +
        "series below each other, keep one; if clocks were set back, write the UTC offset.",
    );
  }
  if (times.length === 1) return { readings: values, times: null, step: null, offset: "", notes };
  const step = stepOf(times);
  if (step === null) throw uneven(times, dates[0].offset);
  const places = positions(times, step);
  if (places.some((place) => place === undefined)) throw uneven(times, dates[0].offset);
  const readings = new Array(places.at(-1) + 1).fill(null);
  places.forEach((place, index) => (readings[place] = values[order[index]]));
  const absent = readings.length - times.length;
  if (absent > times.length) throw uneven(times, dates[0].offset);
  if (absent) notes.push(`${count(absent, "date")} not in the file; read as missing.`);
  const grid = readings.map((_, index) => dateAt(times[0], step, index));
  return { readings, times: grid, step, offset: dates[0].offset, notes };
}

function uneven(times, offset) {
  const steps = times.slice(1).map((time, index) => time - times[index]);
  const usual = steps.slice().sort((one, other) => one - other)[Math.floor(steps.length / 2)];
  const at = Math.max(0, steps.findIndex((step) => step !== usual));
  return new Refusal(
    `The dates do not come evenly: ${iso(times[at], offset)} is followed by ${iso(times[at + 1], offset)}. ` +
      "Sum or average them per day, week or month first.",
  );
}

/** Leave out missing readings at both ends, and all but the last that a request may have. */
function trim(series) {
  const { readings, times, notes } = series;
  const first = readings.findIndex((value) => value !== null);
  if (first < 0) throw new Refusal("Every reading is missing.");
  const last = readings.findLastIndex((value) => value !== null);
  const ends = first + readings.length - 1 - last;
  if (ends) notes.push(`${count(ends, "missing reading")} at the ${first && last < readings.length - 1 ? "ends" : first ? "beginning" : "end"} ${ends === 1 ? "was" : "were"} left out.`);
  let from = first;
  if (last + 1 - from > MAX_READINGS) {
    from = last + 1 - MAX_READINGS;
    while (readings[from] === null) from++;
    notes.push(`The last ${count(last + 1 - from, "reading")} are taken; a request has no more.`);
  }
  series.readings = readings.slice(from, last + 1);
  series.times = times && times.slice(from, last + 1);
}
