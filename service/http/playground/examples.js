// Examples to click. Each is text as somebody would paste it; the options stand beside it.

import { DAY, dateAt, iso } from "./dates.js";

const HOUR = { ms: DAY / 24 };
const DAILY = { ms: DAY };
const MONTHLY = { months: 1 };

const clock = (at) => new Date(at).toISOString().slice(0, 16).replace("T", " ");

function csv(head, first, step, readings, leaveOut = () => false) {
  const time = Date.parse(`${first}Z`);
  const rows = readings.map((reading, index) => [dateAt(time, step, index), reading, index]);
  const lines = rows.filter((row) => !leaveOut(row[2])).map(([at, reading]) => `${step === HOUR ? clock(at) : iso(at, "")},${reading}`);
  return [head, ...lines].join("\n");
}

// US electric and gas utilities production, 2015-02 to 2018-01 (Federal Reserve, IPG2211A2N). The others are made up.
const PRODUCTION = [
  116.3788, 104.4706, 89.7461, 91.093, 102.6495, 111.6354, 110.5925, 101.9204, 91.5959, 93.0628, 103.2203, 117.0837,
  106.6688, 95.3548, 89.3254, 90.7369, 104.0375, 114.5397, 115.5159, 102.7637, 91.4867, 92.89, 112.7694, 114.8505,
  99.4901, 101.0396, 88.353, 92.0805, 102.1532, 112.1538, 108.9312, 98.6154, 93.6137, 97.3359, 114.7212, 129.4048,
];
const VISITORS = [
  332, 362, 367, 395, 445, 539, 447, 349, 377, 382, 416, 477, 514, 450, 357, 375, 357, 384, 462, 553, 447, 354, 382, 381,
  429, 499, 558, 485, 371, 401, 388, 417, 491, 582, 470, 372, 379, 389, 428, 536, 574, 469, 381, 368, 413, 473, 471, 596,
  470, 367, 409, 418, 424, 544, 634, 501, 413, 413, 429, 434, 548, 608, 478, 371, 396, 423, 496, 494, 595, 501, 426, 431,
  404, 425, 559, 624, 479, 424, 448, 450, 488, 570, 704, 526, 422, 444, 423, 520, 231, 681, 475, 407, 457, 425, 494, 603,
  637, 567,
];
const ORDERS = [
  48, 50, 56, 59, 55, 57, 45, 42, 44, 39, 38, 48, 56, 52, 51, 58, 57, 53, 57, 42, 48, 38, 41, 50, 58, 61, 62, 63, 62, 61,
  53, 50, 49, 45, 50, 53, 66, 62, 61, 63, 64, 66, 55, 54, 58, 38, 45, 54, 60, 64, 640, 72, 69, 61, 74, 57, 50, 51, 52, 56,
];
const DEGREES = [
  8.4, 8.4, 8.4, 7.5, 8.1, 9.1, 9.9, 11.2, 11.4, 13.3, 14.7, 16.3, 17.6, 17.1, 19, 18.3, 18.9, 17.7, 17.5, 16.8, 15.1,
  13.9, 12.8, 11.4, 10.2, 10, 9.3, 8.7, 10, 9.1, 10.7, 11.4, 12.8, 14.4, 15.6, 17, 17.3, 18.2, 19.4, 19.1, 18.9, 18.2,
  18.3, 17.1, 16.1, 13.9, 12.8, 11.2, 10.8, 10.2, 8.8, 9.5, 9.4, 9.5, 9.7, 12, 12.7, 13.8, 15.5, 16.7, 18.2, 18.1, 19.3,
  19.6, 19.4, 18.2, 17.2, 16.7, 15.1, 13.7, 12.8, 10.9, 9.1, 8.9, 7.8, 8.5, 8.5, 8.6, 9.6, 11, 11.9, 13.6, 14.5, 16.1,
  17.2, 18.1, 17.7, 18.4, 17.2, 16.9, 15.8, 15.7, 13.6, 12.6, 11.2, 10, 8.6, 8.1, 8, 7.2, 7.5, 8.2, 8.5, 9.2, 10.7, 12.6,
  12.9, 14.5, 16.1, 16.9, 17.1, 17.5, 17.1, 16.1, 15.1, 14.3, 13.6, 11.7, 10.2, 9, 7.6, 7.3, 6.4, 6.7, 6, 7.4, 7.9, 8.5,
  10.7, 11.7, 12.4, 14.1, 15.6, 16.2, 17.1, 17.3, 17.1, 16.5, 16, 14.7, 13.4, 11.2, 10.9, 9.8, 8.2, 7.4, 7.7, 6.3, 7.3,
  8.5, 8.2, 9.9, 11.6, 12.3, 13.9, 15.3, 15.8, 16.9, 17.6, 18, 17.6, 17, 16, 15.2, 14.4, 12.8, 11.2, 10, 10.2, 8.9, 8.2,
  6.9, 8.3, 8.8, 10.1, 10.8, 11.9, 13.5, 14, 16.4, 17.2, 17.7, 19, 19.4, 18.1, 17.9, 17.4, 16.4, 14.9, 13.4, 13.2, 11.6,
];

export const SERIES = [
  { name: "Monthly", text: csv("month,production", "2015-02-01", MONTHLY, PRODUCTION) },
  { name: "Daily", text: csv("date,visitors", "2026-03-02", DAILY, VISITORS), minimum: "0" },
  { name: "Typing slip", text: csv("month,orders", "2021-01-01", MONTHLY, ORDERS), minimum: "0" },
  {
    name: "Gap",
    text: csv("time,degrees", "2026-06-01T00:00:00", HOUR, DEGREES, (index) => index >= 118 && index < 127),
    horizon: "24",
  },
];

export const TEXTS = [
  {
    name: "Positive",
    text:
      "I expected little and got a lot: the cast is wonderful, the pacing tight, and the last scene left the whole room in " +
      "tears of joy. One of the best films this year.",
  },
  {
    name: "Negative",
    text:
      "Dull, lifeless and far too long. The jokes fall flat, the plot makes no sense, and I wanted my money back after " +
      "twenty minutes.",
  },
  {
    name: "Mixed",
    text:
      "The acting is superb and the music is beautiful. But the story is dull, the dialogue is awful, and the ending is " +
      "terrible.",
  },
  { name: "Neutral", text: "The parcel arrived on Tuesday. It holds four cables, a charger and a printed manual." },
  { name: "German", text: "Ein wunderbarer Film: Ich habe sehr gelacht und am Ende sogar geweint." },
];
