// Dates as files have them: their forms, and which one a column is in.

import { DAY, NAMES, stepOf } from "./dates.js";
import { Refusal } from "./refusal.js";

const CLOCK = "(?:,?[T ](\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d+)?)?\\s*([ap]m)?\\s*(Z|[+-]\\d{2}:?\\d{2})?)?";
const YEAR = "(\\d{4}|\\d{2})";
const ISO = new RegExp(`^(\\d{4})[-/](\\d{1,2})[-/](\\d{1,2})${CLOCK}$`, "i");
const DOTTED = new RegExp(`^(\\d{1,2})\\.(\\d{1,2})\\.${YEAR}${CLOCK}$`, "i");
const SLASHED = new RegExp(`^(\\d{1,2})[/-](\\d{1,2})[/-]${YEAR}${CLOCK}$`, "i");
const SHORT_YEAR = new RegExp(`^(\\d{2})([-/.])(\\d{1,2})\\2(\\d{1,2})${CLOCK}$`, "i");
const DAY_NAMED = new RegExp(`^(\\d{1,2})[-/ ]+([a-z]{3})[a-z]*\\.?[-/ ,]+${YEAR}${CLOCK}$`, "i");
const YEAR_NAMED = new RegExp(`^${YEAR}[-/ ]+([a-z]{3})[a-z]*[-/ ]+(\\d{1,2})${CLOCK}$`, "i");
const NAMED_DAY = new RegExp(`^([a-z]{3})[a-z]*\\.? +(\\d{1,2}),? +(\\d{4})${CLOCK}$`, "i");
const NAMED_NUMBER = /^([a-z]{3})-(\d{2})$/i;
const NO_YEAR = "none";
// which part comes first, where forms differ in nothing else; the form; and what it means
const FORMS = [
  ["", ISO, (m) => moment(m[1], m[2], m[3], m.slice(4))],
  ["", /^(\d{4})(\d{2})(\d{2})$/, (m) => moment(m[1], m[2], m[3])],
  ["", /^(\d{4})[-/]?(\d{2})$/, (m) => moment(m[1], m[2], 1)],
  ["", /^(\d{4})[- ]?Q([1-4])$/i, (m) => moment(m[1], m[2] * 3 - 2, 1)],
  ["", /^Q([1-4])[- /]?(\d{4})$/i, (m) => moment(m[2], m[1] * 3 - 2, 1)],
  ["", /^(\d{4})-?W(\d{2})(?:-?([1-7]))?$/i, (m) => week(+m[1], +m[2], +(m[3] ?? 1))],
  ["", /^([a-z]{3})[a-z]*[ -]+(\d{4})$/i, (m) => moment(m[2], monthNamed(m[1]), 1)],
  ["", /^(\d{4})$/, (m) => moment(m[1], 1, 1)],
  ["", NAMED_DAY, (m) => moment(m[3], monthNamed(m[1]), m[2], m.slice(4))],
  ["", NAMED_NUMBER, (m) => moment(m[2], monthNamed(m[1]), 1)],
  [NO_YEAR, NAMED_NUMBER, (m) => moment("2000", monthNamed(m[1]), m[2])],
  ["day", DAY_NAMED, (m) => moment(m[3], monthNamed(m[2]), m[1], m.slice(4))],
  ["day", DOTTED, (m) => moment(m[3], m[2], m[1], m.slice(4))],
  ["month", SLASHED, (m) => moment(m[3], m[1], m[2], m.slice(4))],
  ["day", SLASHED, (m) => moment(m[3], m[2], m[1], m.slice(4))],
  ["year", SHORT_YEAR, (m) => moment(m[1], m[3], m[4], m.slice(5))],
  ["year", YEAR_NAMED, (m) => moment(m[1], monthNamed(m[2]), m[3], m.slice(4))],
];

const monthNamed = (name) => NAMES.indexOf(name.toUpperCase()) + 1; // 0, which is none, for any other word

/**
 * `{time, offset, late}`: milliseconds since 1970 of what the clock shows, the clock's offset, and whether a year of two
 * digits lies ahead in this century; null for no such date.
 */
function moment(written, month, day, [clock = 0, minute = 0, second = 0, half = "", zone = ""] = []) {
  const year = written.length === 2 ? ofTwoDigits(+written) : +written;
  const hour = half ? (clock % 12) + (/p/i.test(half) ? 12 : 0) : +clock;
  if (half && (+clock < 1 || +clock > 12)) return null;
  const time = Date.UTC(year, month - 1, +day, hour, +minute, +second);
  const read = new Date(time);
  // of years below 100, Date.UTC makes those of the last century
  if (year < 100 || read.getUTCMonth() !== month - 1 || read.getUTCDate() !== +day || hour > 23 || +minute > 59) return null;
  const late = written.length === 2 && Date.UTC(2000 + +written, month - 1, +day) > Date.now() + DAY;
  return { time, offset: zone.toUpperCase(), late };
}

/** Years after the next one are of the last century. */
function ofTwoDigits(year) {
  return year + (2000 + year > new Date().getUTCFullYear() + 1 ? 1900 : 2000);
}

function week(year, number, day) {
  const fourth = new Date(Date.UTC(year, 0, 4)); // always in week 1
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY;
  const thursday = new Date(monday + ((number - 1) * 7 + 3) * DAY); // whose year is the week's
  return number < 1 || thursday.getUTCFullYear() !== year ? null : { time: monday + (number - 1) * 7 * DAY + (day - 1) * DAY, offset: "" };
}

/** The dates of all cells in one form; null if there is none. Raises Refusal if two forms do equally well. */
export function readDates(cells) {
  const texts = cells.map((cell) => cell.trim());
  const readings = FORMS.map((form) => readAll(form, texts)).filter((reading) => reading !== null);
  const ways = readings.filter((one, index) => !readings.slice(0, index).some((other) => same(one.dates, other.dates)));
  if (ways.length < 2 || cells.length < 2) return ways[0]?.dates ?? null;
  ways.forEach(rate);
  if (ways.at(-1).first === NO_YEAR) return areMonths(...ways) ? ways[0].dates : null;
  const likeliest = ways.filter((one) => !ways.some((other) => isBetter(other, one)));
  if (likeliest.length > 1) throw manifold(texts, likeliest);
  return likeliest[0].dates;
}

/** `{first, dates, late}` of all cells in one form, or null. `late`: whether one of them lies ahead. */
function readAll([first, pattern, meaning], texts) {
  const dates = [];
  for (const text of texts) {
    const found = pattern.exec(text);
    const date = found && meaning(found);
    if (!date) return null;
    dates.push(date);
  }
  return dates.length === 0 ? null : { first, dates: onOneClock(dates), late: dates.some((date) => date.late) };
}

/** Dates whose offsets differ (summer time) are told by the first one's clock. */
function onOneClock(dates) {
  const first = minutes(dates[0].offset);
  return dates.map((date) => ({
    time: date.time + (first - minutes(date.offset)) * 60_000,
    offset: dates[0].offset,
  }));
}

function minutes(offset) {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(offset);
  return found ? (found[1] === "-" ? -1 : 1) * (found[2] * 60 + +found[3]) : 0;
}

const same = (one, other) => one.every((date, index) => date.time === other[index].time);

/** Add `gaps`, how many dates lack between the first and the last, and `isOdd`, whether they come as dates seldom do. */
function rate(reading) {
  const times = [...new Set(reading.dates.map((date) => date.time))].sort((one, other) => one - other);
  const step = stepOf(times);
  reading.gaps = step === null ? Infinity : lacking(times, step);
  reading.isOdd = Boolean(step?.months) && !isUsual(step, new Date(times[0]).getUTCDate());
}

function lacking(times, step) {
  const ms = step.ms ?? (step.business ? 1.4 : step.months * 30.44) * DAY;
  return Math.round((times.at(-1) - times[0]) / ms) + 1 - times.length;
}

/** Months, quarters and years are told by their first day or their last one. */
const isUsual = (step, day) => [1, 2, 3, 4, 6, 12].includes(step.months) && (day === 1 || step.atEnd);

/** Whether Jan-20 is a month and its year, not a day without a year. */
function areMonths(month, day) {
  const differ = month.dates.some((date) => new Date(date.time).getUTCMonth() !== new Date(month.dates[0].time).getUTCMonth());
  return differ && !month.isOdd && month.gaps < Infinity && month.gaps <= day.gaps;
}

/** Fewer gaps decide; then what is not ahead, and where the year may come first, what is not odd. They must not disagree. */
function isBetter(one, other) {
  if (one.gaps !== other.gaps) return one.gaps < other.gaps;
  const late = other.late - one.late;
  const odd = one.first === "year" || other.first === "year" ? other.isOdd - one.isOdd : 0;
  return late >= 0 && odd >= 0 && late + odd > 0;
}

function manifold(texts, ways) {
  const index = ways[0].dates.findIndex((date, index) => ways.slice(1).every((way) => way.dates[index].time !== date.time));
  const firsts = ways.map((way) => `the ${way.first}`).sort();
  const list = `${firsts.slice(0, -1).join(", ")} or ${firsts.at(-1)} first`;
  const many = ways.length === 2 ? "two" : "three";
  return new Refusal(`“${texts[Math.max(0, index)]}” can be read as ${many} dates, ${list}. Write dates as 2026-01-31.`);
}
