// How often dates come, and the dates of a series, all in UTC or at one offset from it.

import { mode } from "./csv.js";
import { Refusal } from "./refusal.js";

export const DAY = 86_400_000;
export const NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const MAX_POINTS = 200_000;
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

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
