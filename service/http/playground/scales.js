// Where things stand in a picture, and the ticks of its axes.

import { DAY } from "./dates.js";

const shortMonth = (text) => text.replace("Sept", "Sep"); // the one month of British English with four letters

/** A function from values to pixels. */
export function linear([from, to], [start, end]) {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** About `most` round numbers within a range. */
export function roundTicks([from, to], most) {
  const span = to - from || 1;
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => span / each <= most) ?? 10 * power;
  const begin = Math.ceil(from / step);
  const ticks = Array.from({ length: most + 2 }, (_, place) => (begin + place) * step).filter((tick) => tick <= to + step * 1e-9);
  return [...new Set(ticks)]; // numbers that are next to each other may be the same after rounding
}

// From coarse to fine: what a point must be the first of, and how such a tick is written.
const UNITS = [
  unit((day) => Math.floor(day.getUTCFullYear() / 10), { year: "numeric" }),
  unit((day) => Math.floor(day.getUTCFullYear() / 5), { year: "numeric" }),
  unit((day) => day.getUTCFullYear(), { year: "numeric" }),
  unit((day) => day.getUTCFullYear() * 2 + Math.floor(day.getUTCMonth() / 6), { month: "short", year: "numeric" }),
  unit((day) => day.getUTCFullYear() * 4 + Math.floor(day.getUTCMonth() / 3), { month: "short", year: "numeric" }),
  unit((day) => day.getUTCFullYear() * 12 + day.getUTCMonth(), { month: "short", year: "numeric" }),
  unit((day) => Math.floor((day.getTime() / DAY + 3) / 14), { day: "numeric", month: "short" }),
  unit((day) => Math.floor((day.getTime() / DAY + 3) / 7), { day: "numeric", month: "short" }), // weeks begin on Monday
  unit((day) => Math.floor(day.getTime() / DAY / 2), { day: "numeric", month: "short" }),
  unit((day) => Math.floor(day.getTime() / DAY), { day: "numeric", month: "short" }),
  unit((day) => Math.floor(day.getTime() / DAY * 4), { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  unit((day) => Math.floor(day.getTime() / DAY * 24), { hour: "2-digit", minute: "2-digit" }),
  unit((day) => Math.floor(day.getTime() / 900_000), { hour: "2-digit", minute: "2-digit" }),
  unit((day) => Math.floor(day.getTime() / 60_000), { hour: "2-digit", minute: "2-digit" }),
];

function unit(part, format) {
  const writer = new Intl.DateTimeFormat("en-GB", { ...format, timeZone: "UTC" });
  return { part, write: (time) => shortMonth(writer.format(time)) };
}

/** `[index, label]` of points where a year, month, week, day or hour begins: the finest that leaves room, or some of a finer one. */
export function dateTicks(times, from, to, most) {
  let found = [];
  for (const { part, write } of UNITS) {
    const ticks = [];
    for (let index = Math.max(from, 1); index <= to; index++) {
      if (part(new Date(times[index])) !== part(new Date(times[index - 1]))) ticks.push([index, write(times[index])]);
    }
    if (ticks.length > most) {
      const every = Math.ceil(ticks.length / most);
      return found.length > 2 ? found : ticks.filter((_, place) => place % every === 0);
    }
    if (ticks.length > found.length) found = ticks;
  }
  return found;
}

/** `[index, label]` of points without dates: their numbers. */
export function numberTicks(from, to, most) {
  return roundTicks([from + 1, to + 1], most)
    .filter((number) => Number.isInteger(number) && number >= 1)
    .map((number) => [number - 1, String(number)]);
}

const LONG = {
  months: new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }),
  days: new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
  clock: new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC",
  }),
};

/** How the points of a series are named: by their dates, as fine as they come, or by their numbers. */
export function pointNames(times) {
  if (times === null) return (index) => `reading ${index + 1}`;
  const hasClock = times.some((time) => time % DAY !== 0);
  const begins = times.every((time) => new Date(time).getUTCDate() === 1);
  const writer = hasClock ? LONG.clock : begins && times.length > 1 ? LONG.months : LONG.days;
  return (index) => shortMonth(writer.format(times[index]));
}
