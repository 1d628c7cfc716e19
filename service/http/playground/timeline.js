// The dates of readings and steps, for the picture and the tables.

import { readDates } from "./date_forms.js";
import { dateAt, stepNamed, timeOf } from "./dates.js";

/** Times of all readings and steps; null without dates, or where ours are not those of the service. */
export function timesOf(series, request, answer) {
  const { timestamps } = answer;
  if (timestamps === null) return null;
  const total = request.readings.length;
  const isRead = request.start === series.start && request.frequency === series.frequency && series.times !== null;
  const first = isRead ? series.times[0] : firstTime(request.start);
  const step = isRead ? series.step : first === null ? null : stepNamed(request.frequency, first);
  if (step === null || first === null) return null;
  const times = Array.from({ length: total }, (_, index) => dateAt(first, step, index));
  const next = dateAt(first, step, total);
  return next === timeOf(timestamps[0]) ? [...times, ...timestamps.map(timeOf)] : null;
}

function firstTime(start) {
  try {
    return readDates([start])?.[0].time ?? null;
  } catch {
    return null;
  }
}
