// The picture of a forecast: readings, forecast, bands and anomalies in SVG, with a cursor for mouse, finger and keys.

import { h, s } from "./dom.js";
import { dateTicks, linear, numberTicks, roundTicks } from "./scales.js";
import { exact, num } from "./words.js";

const HEIGHT = 340;
const SMALL = 560;
const RECENT = 120; // readings that are shown at first of a longer series
const RIGHT = 30; // room for half a label
const OFF = 2.5; // an anomaly that would make the picture so many times as high is drawn at its edge

/**
 * A figure. `view` is `{readings, forecast, intervals, anomalies, times, name, write, summary}`: anomalies by their index, times
 * of readings and steps or null, `name` says
 * which point an index is, and `write` how a number is written.
 */
export function chart(view) {
  const total = view.readings.length;
  const canvas = h("div", { class: "canvas" });
  const readout = h("output", { class: "readout" }, "Move over the picture, or use the arrow keys, to read values.");
  const state = { from: total > RECENT * 1.5 ? total - Math.max(RECENT, 3 * view.forecast.length) : 0, at: null, draw: null };
  state.from = Math.max(0, state.from);
  const frame = h(
    "div",
    { class: "plot", tabindex: "0", role: "group", "aria-label": "Picture; left and right arrow keys go from point to point" },
    canvas,
  );
  const redraw = () => (state.draw = draw(canvas, view, state));
  const go = (index) => {
    state.at = Math.min(Math.max(index, state.from), total + view.forecast.length - 1);
    state.draw?.cursor(state.at);
    readout.textContent = pointWords(view, state.at);
  };
  frame.addEventListener("pointermove", (event) => state.draw && go(state.draw.indexAt(event)));
  frame.addEventListener("pointerdown", (event) => state.draw && go(state.draw.indexAt(event)));
  frame.addEventListener("keydown", (event) => {
    const now = state.at ?? total - 1;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: state.from, End: Infinity }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  });
  new ResizeObserver(redraw).observe(canvas);
  return h(
    "figure",
    { class: "chart" },
    h("div", { class: "chart-head" }, legend(view), state.from > 0 && zoom(state, redraw)),
    readout,
    frame,
    h("figcaption", {}, view.summary),
  );
}

function legend(view) {
  const entry = (kind, text) => h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text);
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    entry("readings", "Readings"),
    entry("forecast", "Forecast"),
    view.intervals.map((each, order) => entry(`band band-${shade(view.intervals, order)}`, `${num(each.level)} % interval`)),
    view.anomalies.length > 0 && entry("anomaly", "Anomaly"),
  );
}

function zoom(state, redraw) {
  const recent = state.from;
  const button = h("button", { type: "button", class: "small", "aria-pressed": "false" }, "Show all readings");
  button.addEventListener("click", () => {
    state.from = state.from ? 0 : recent;
    button.setAttribute("aria-pressed", String(state.from === 0));
    redraw();
  });
  return button;
}

/** The wider the band, the lighter: 1 is the lightest of three. */
function shade(intervals, order) {
  const wider = intervals.filter((each) => each.level > intervals[order].level).length;
  return Math.min(3, wider + 1);
}

function pointWords(view, index) {
  const name = view.name(index);
  const total = view.readings.length;
  if (index < total) {
    const reading = view.readings[index];
    const anomaly = view.anomalies.find((each) => each.index === index);
    const judged = anomaly ? `: an anomaly; expected ${view.write(anomaly.lower)} to ${view.write(anomaly.upper)}` : "";
    return `${name} · ${reading === null ? "no reading" : `${exact(reading)}${judged}`}`;
  }
  const step = index - total;
  const bands = view.intervals.map((each) => ` · ${num(each.level)} %: ${view.write(each.lower[step])} to ${view.write(each.upper[step])}`);
  return `${name} · forecast ${view.write(view.forecast[step])}${bands.join("")}`;
}

function draw(canvas, view, state) {
  const width = Math.max(240, canvas.clientWidth);
  const height = width < SMALL ? HEIGHT * 0.8 : HEIGHT;
  const total = view.readings.length;
  const last = total + view.forecast.length - 1;
  const range = extent(view, state.from);
  const yTicks = roundTicks(range, width < SMALL ? 4 : 6);
  const left = 14 + 7.2 * Math.max(...yTicks.map((tick) => num(tick).length), 2);
  const x = linear([state.from, last], [left, width - RIGHT]);
  const free = linear(range, [height - 30, 12]);
  const y = (value) => Math.min(height - 24, Math.max(4, free(value)));
  const most = Math.max(2, Math.floor((width - left) / 84));
  const xTicks = view.times ? dateTicks(view.times, state.from, last, most) : numberTicks(state.from, last, most);
  const cursor = s("g", { class: "cursor" });
  const picture = s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": view.summary },
    yTicks.map((tick) => [
      s("line", { class: "gridline", x1: left, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
      s("text", { class: "tick", x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, num(tick)),
    ]),
    xTicks.map(([index, label]) => s("text", { class: "tick", x: x(index), y: height - 8, "text-anchor": "middle" }, label)),
    s("line", { class: "now", x1: x(total - 1), x2: x(total - 1), y1: 12, y2: height - 30 }),
    view.intervals.map((each, order) => [shade(view.intervals, order), each]).sort((one, other) => one[0] - other[0])
      .map(([level, each]) => s("path", { class: `band band-${level}`, d: band(view, each, x, y) })),
    s("path", { class: "line readings", d: path(view.readings, state.from, x, y) }),
    s("path", { class: "line forecast", d: joined(view, x, y) }),
    dots(view, state.from, x, y),
    view.anomalies.filter((each) => each.index >= state.from).map((each) => anomaly(each, x, y)),
    cursor,
  );
  canvas.replaceChildren(picture);
  const marks = {
    indexAt: (event) => {
      const at = event.clientX - picture.getBoundingClientRect().left;
      return Math.round(state.from + ((at - left) / (width - RIGHT - left)) * (last - state.from));
    },
    cursor: (index) => {
      const value = index < total ? view.readings[index] : view.forecast[index - total];
      cursor.replaceChildren(
        s("line", { x1: x(index), x2: x(index), y1: 12, y2: height - 30 }),
        ...(value === null ? [] : [s("circle", { cx: x(index), cy: y(value), r: 5 })]),
      );
    },
  };
  if (state.at !== null && state.at >= state.from) marks.cursor(state.at);
  return marks;
}

/** What the y axis spans: everything that is shown, with some room, but for anomalies that would press the rest flat. */
function extent(view, from) {
  const odd = new Set(view.anomalies.map((each) => each.index));
  const usual = view.readings.filter((value, index) => index >= from && value !== null && !odd.has(index));
  const others = [
    ...view.forecast,
    ...view.intervals.flatMap((each) => [...each.lower, ...each.upper]),
    ...view.anomalies.filter((each) => each.index >= from).flatMap((each) => [each.lower, each.upper]),
  ];
  const calm = span([...usual, ...others]);
  const whole = span([...calm, ...view.readings.filter((value, index) => index >= from && value !== null)]);
  const [low, high] = whole[1] - whole[0] > OFF * (calm[1] - calm[0]) ? calm : whole;
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  // a picture of what is never negative does not begin below 0
  return [low >= 0 && low - room < 0 ? Math.min(0, low) : low - room, high + room];
}

const span = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** The line of readings, broken where one is missing. */
function path(values, from, x, y) {
  const parts = [];
  let open = false;
  const many = (values.length - from) / Math.max(1, x(values.length - 1) - x(from)) > 2;
  for (let index = from; index < values.length; index++) {
    if (values[index] === null) open = false;
    else {
      parts.push(`${open ? "L" : "M"}${x(index).toFixed(many ? 0 : 1)} ${y(values[index]).toFixed(1)}`);
      open = true;
    }
  }
  return parts.join("");
}

/** The forecast, joined to the last reading. */
function joined(view, x, y) {
  const total = view.readings.length;
  const points = [[total - 1, view.readings[total - 1]], ...view.forecast.map((value, step) => [total + step, value])];
  return points.map(([index, value], order) => `${order ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
}

/** A band, which begins in the last reading. */
function band(view, { lower, upper }, x, y) {
  const total = view.readings.length;
  const at = (values) => values.map((value, step) => `${x(total + step).toFixed(1)} ${y(value).toFixed(1)}`);
  const begin = `${x(total - 1).toFixed(1)} ${y(view.readings[total - 1]).toFixed(1)}`;
  return `M${[begin, ...at(upper), ...at(lower).reverse()].join("L")}Z`;
}

/** Dots where they do not crowd; a reading between two missing ones always has one. */
function dots(view, from, x, y) {
  const room = x(from + 1) - x(from) >= 7;
  const alone = (index) => (view.readings[index - 1] ?? null) === null && (view.readings[index + 1] ?? null) === null;
  const total = view.readings.length;
  const circle = (kind, index, value) => s("circle", { class: `dot ${kind}`, cx: x(index), cy: y(value), r: room ? 2.4 : 1.6 });
  return [
    ...view.readings.flatMap((value, index) =>
      index >= from && value !== null && (room || alone(index)) ? [circle("readings", index, value)] : [],
    ),
    ...view.forecast.flatMap((value, step) => (room || view.forecast.length === 1 ? [circle("forecast", total + step, value)] : [])),
  ];
}

/** An anomaly: a ring around the reading, and the span where it was expected. */
function anomaly(point, x, y) {
  const at = x(point.index);
  const end = y(point.reading);
  const isOff = end <= 4 || end >= y(-Infinity);
  return s(
    "g",
    { class: "anomaly" },
    s("line", { x1: at, x2: at, y1: y(point.lower), y2: y(point.upper) }),
    s("circle", { cx: at, cy: isOff ? end + (end <= 4 ? 8 : -8) : end, r: 6.5 }),
    isOff && s("text", { x: at - 13, y: end <= 4 ? 16 : end - 4, "text-anchor": "end" }, exact(point.reading)),
  );
}
