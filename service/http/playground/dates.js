// Dates as files have them, how often they come, and the dates of a series, all in UTC or at one offset from it.

import { mode } from "./csv.js";
import { Refusal } from "./refusal.js";

export const DAY = 86_400_000;
const MAX_POINTS = 200_000;
const NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const CLOCK = "(?:,?[T ](\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d+)?)?\\s*([ap]m)?\\s*(Z|[+-]\\d{2}:?\\d{2})?)?";
const YEAR = "(\\d{4}|\\d{2})";
const ISO = new RegExp(`^(\\d{4})[-/](\\d{1,2})[-/](\\d{1,2})${CLOCK}$`, "i");
const DOTTED = new RegExp(`^(\\d{1,2})\\.(\\d{1,2})\\.${YEAR}${CLOCK}$`, "i");
const SLASHED = new RegExp(`^(\\d{1,2})[/-](\\d{1,2})[/-]${YEAR}${CLOCK}$`, "i");
const DAY_NAMED = new RegExp(`^(\\d{1,2})[-/ ]+([a-z]{3})[a-z]*\\.?[-/ ,]+${YEAR}${CLOCK}$`, "i");
const NAMED_DAY = new RegExp(`^([a-z]{3})[a-z]*\\.? +(\\d{1,2}),? +(\\d{4})${CLOCK}$`, "i");
const FORMS = [
  (text) => match(ISO, text, (m) => moment(m[1], m[2], m[3], m.slice(4))),
  (text) => match(/^(\d{4})(\d{2})(\d{2})$/, text, (m) => moment(m[1], m[2], m[3])),
  (text) => match(/^(\d{4})[-/]?(\d{2})$/, text, (m) => moment(m[1], m[2], 1)),
  (text) => match(/^(\d{4})[- ]?Q([1-4])$/i, text, (m) => moment(m[1], m[2] * 3 - 2, 1)),
  (text) => match(/^Q([1-4])[- /]?(\d{4})$/i, text, (m) => moment(m[2], m[1] * 3 - 2, 1)),
  (text) => match(/^(\d{4})-?W(\d{2})(?:-?([1-7]))?$/i, text, (m) => week(+m[1], +m[2], +(m[3] ?? 1))),
  (text) => match(/^([a-z]{3})[a-z]*[ -]+(\d{4})$/i, text, (m) => moment(m[2], monthNamed(m[1]), 1)),
  (text) => match(/^([a-z]{3})-(\d{2})$/i, text, (m) => moment(m[2], monthNamed(m[1]), 1)),
  (text) => match(DAY_NAMED, text, (m) => moment(m[3], monthNamed(m[2]), m[1], m.slice(4))),
  (text) => match(NAMED_DAY, text, (m) => moment(m[3], monthNamed(m[1]), m[2], m.slice(4))),
  (text) => match(/^(\d{4})$/, text, (m) => moment(m[1], 1, 1)),
  (text) => match(DOTTED, text, (m) => moment(m[3], m[2], m[1], m.slice(4))),
  (text) => match(SLASHED, text, (m) => moment(m[3], m[1], m[2], m.slice(4))),
  (text) => match(SLASHED, text, (m) => moment(m[3], m[2], m[1], m.slice(4))),
];

const monthNamed = (name) => NAMES.indexOf(name.toUpperCase()) + 1; // 0, which is none, for any other word

function match(pattern, text, read) {
  const found = pattern.exec(text);
  return found && read(found);
}

/** `{time, offset}`: milliseconds since 1970 of what the clock shows, and the clock's offset; null for no such date. */
function moment(written, month, day, [clock = 0, minute = 0, second = 0, half = "", zone = ""] = []) {
  const year = written.length === 2 ? +written + (+written < 70 ? 2000 : 1900) : +written;
  const hour = half ? (clock % 12) + (/p/i.test(half) ? 12 : 0) : +clock;
  if (half && (+clock < 1 || +clock > 12)) return null;
  const time = Date.UTC(year, month - 1, +day, hour, +minute, +second);
  const read = new Date(time);
  // of years below 100, Date.UTC makes those of the last century
  if (year < 100 || read.getUTCMonth() !== month - 1 || read.getUTCDate() !== +day || hour > 23 || +minute > 59) return null;
  return { time, offset: zone.toUpperCase() };
}

function week(year, number, day) {
  const fourth = new Date(Date.UTC(year, 0, 4)); // always in week 1
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY;
  const thursday = new Date(monday + ((number - 1) * 7 + 3) * DAY); // whose year is the week's
  return number < 1 || thursday.getUTCFullYear() !== year ? null : { time: monday + (number - 1) * 7 * DAY + (day - 1) * DAY, offset: "" };
}

/** The dates of all cells in one form, or null. Of two orders of day and month, the one that leaves fewer gaps. */
export function readDates(cells) {
  const readable = FORMS.map((form) => readAll(form, cells)).filter((dates) => dates !== null);
  if (readable.length < 2 || same(readable[0], readable[1])) return readable[0] ?? null;
  const [one, other] = readable.map(gaps);
  if (one !== other) return readable[one < other ? 0 : 1];
  throw new Refusal(`“${cells[0]}” can be read as two dates, the day or the month first. Write dates as 2026-01-31.`);
}

function readAll(form, cells) {
  const dates = [];
  for (const cell of cells) {
    const date = form(cell.trim());
    if (date === null) return null;
    dates.push(date);
  }
  return dates.length === 0 ? null : onOneClock(dates);
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

/** How many dates lack between the first and the last. */
function gaps(dates) {
  const times = sorted(dates);
  const step = stepOf(times);
  if (step === null) return Infinity;
  const span = times.at(-1) - times[0];
  const ms = step.ms ?? (step.business ? 1.4 : step.months * 30.44) * DAY;
  return Math.round(span / ms) + 1 - times.length;
}

const same = (one, other) => one.every((date, index) => date.time === other[index].time);
const sorted = (dates) => dates.map((date) => date.time).sort((one, other) => one - other);

/** How often dates in ascending order come: `{frequency, months}`, `{frequency, ms}` or `{frequency, business}`; null if they do not come evenly. */
export function stepOf(times) {
  if (times.length < 2) return null;
  return calendarStep(times) ?? businessStep(times) ?? clockStep(times);
}

function calendarStep(times) {
  const days = times.map((time) => new Date(time));
  const atEnd = days.every((day) => new Date(day.getTime() + DAY).getUTCDate() === 1);
  if (times.some((time) => time % DAY !== 0)) return null;
  if (!atEnd && days.some((day) => day.getUTCDate() !== days[0].getUTCDate())) return null;
  const gaps = differences(days.map((day) => day.getUTCFullYear() * 12 + day.getUTCMonth()));
  const months = mode(gaps);
  if (months < 1 || gaps.some((gap) => gap % months !== 0 || gap < 1)) return null;
  return { months, atEnd: atEnd && days.some((day) => day.getUTCDate() > 28), frequency: calendarName(months, days[0], atEnd) };
}

function calendarName(months, first, atEnd) {
  const anchor = NAMES[first.getUTCMonth()];
  if (atEnd && months === 3) return `QE-${anchor}`;
  if (atEnd && months === 12) return `YE-${anchor}`;
  if (atEnd) return months === 1 ? "ME" : `${months}ME`;
  if (months === 1 && first.getUTCDate() === 1) return "MS";
  return months % 12 === 0 ? `P${months / 12}Y` : `P${months}M`;
}

function businessStep(times) {
  if (times.some((time) => time % DAY !== 0 || isWeekend(time))) return null;
  const gaps = differences(times).map((gap) => gap / DAY);
  if (mode(gaps) !== 1 || !gaps.some((gap) => gap > 2)) return null;
  return { business: true, frequency: "B" };
}

function clockStep(times) {
  const gaps = differences(times);
  const ms = mode(gaps);
  if (ms < 1000 || gaps.some((gap) => gap % ms !== 0 || gap < 1)) return null;
  return { ms, frequency: clockName(ms, times[0]) };
}

function clockName(ms, first) {
  const many = (n, unit) => (n === 1 ? unit : `${n}${unit}`);
  if (ms % (7 * DAY) === 0) return many(ms / 7 / DAY, `W-${WEEKDAYS[new Date(first).getUTCDay()]}`);
  if (ms % DAY === 0) return many(ms / DAY, "D");
  if (ms % 3_600_000 === 0) return many(ms / 3_600_000, "h");
  return ms % 60_000 === 0 ? many(ms / 60_000, "min") : many(ms / 1000, "s");
}

const differences = (values) => values.slice(1).map((value, index) => value - values[index]);
const isWeekend = (time) => [0, 6].includes(new Date(time).getUTCDay());

/** The position of each date on the grid that begins with the first one. Raises Refusal if it has too many points. */
export function positions(times, step) {
  const places = new Map();
  const last = times.at(-1);
  for (let index = 0; ; index++) {
    const time = dateAt(times[0], step, index);
    places.set(time, index);
    if (time >= last) break;
    if (index >= MAX_POINTS) throw new Refusal(`From the first date to the last there are over ${MAX_POINTS} steps.`);
  }
  return times.map((time) => places.get(time));
}

/** The date `index` steps after the first one. */
export function dateAt(first, step, index) {
  if (step.ms) return first + index * step.ms;
  if (step.business) return first + businessDays(new Date(first).getUTCDay(), index) * DAY;
  const day = new Date(first);
  const month = day.getUTCMonth() + index * step.months;
  if (step.atEnd) return Date.UTC(day.getUTCFullYear(), month + 1, 0);
  return Date.UTC(day.getUTCFullYear(), month, day.getUTCDate());
}

function businessDays(weekday, index) {
  const after = weekday - 1 + index;
  return Math.floor(after / 5) * 7 + (after % 5) - (weekday - 1);
}

/** A date for the API: a day where the clock shows midnight and there is no offset. */
export function iso(time, offset) {
  const text = new Date(time).toISOString();
  return time % DAY === 0 && !offset ? text.slice(0, 10) : text.slice(0, 19) + offset;
}

/** The time of a date that the API sent, as its clock shows it. */
export const timeOf = (text) => Date.parse(`${text.replace(/(Z|[+-]\d{2}:?\d{2})$/, "")}Z`);

/** The step that a frequency stands for, for the usual ones; null for the others. */
export function stepNamed(frequency, first) {
  const found = /^(\d*)(MS|ME|M|QS|QE|Q|YS|YE|Y|A|B|D|W|h|H|min|T|s|S)(?:-[A-Z]{3})?$/.exec(frequency.trim());
  const period = /^P(?:(\d+)([YMWD])|T(\d+)([HMS]))$/.exec(frequency.trim());
  if (!found && !period) return null;
  const n = +((found ? found[1] : (period[1] ?? period[3])) || 1);
  const unit = found ? found[2] : period[1] ? period[2] : `T${period[4]}`;
  const months = { Y: 12, A: 12, Q: 3, M: 1 }[unit[0]];
  if (months && unit !== "min") {
    const end = unit.endsWith("E") && new Date(first + DAY).getUTCDate() === 1;
    return { months: n * months, atEnd: end };
  }
  if (unit === "B") return n === 1 ? { business: true } : null;
  const ms = { D: DAY, W: 7 * DAY, h: 3_600_000, H: 3_600_000, TH: 3_600_000, min: 60_000, T: 60_000, TM: 60_000, s: 1000, S: 1000, TS: 1000 };
  return { ms: n * ms[unit] };
}
