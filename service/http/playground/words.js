// Numbers, dates and the service's codes in words.

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 12 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

export function num(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (isExtreme(size)) return value.toExponential(3);
  return size >= 1000 ? whole.format(value) : number.format(value);
}

const isExtreme = (size) => size >= 1e15 || (size > 0 && size < 1e-6);

/** A reading as it was sent. */
export const exact = (value) => (isExtreme(Math.abs(value)) ? String(value) : precise.format(value));

/** A way to write numbers of one scale: all with as many decimals as give the largest four digits. */
export function scaled(values) {
  const size = values.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
  if (size === 0 || isExtreme(size)) return num;
  const digits = Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(size))));
  const format = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => (value === null || value === undefined ? "–" : format.format(value));
}

export const pct = (share) => percent.format(share);
export const count = (n, one, many = `${one}s`) => `${whole.format(n)} ${n === 1 ? one : many}`;
export const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

const BASELINES = {
  seasonal_naive: "repeating the last season",
  last_value: "repeating the last reading",
};

/** How good a forecast is, as a headline and a sentence. */
export function skillWords(skill) {
  const baseline = BASELINES[skill.baseline] ?? skill.baseline;
  const where =
    skill.measured_on === "readings"
      ? `Measured on your readings, from ${count(skill.origins ?? 0, "earlier origin")}`
      : "Measured in the backtest of the model’s card";
  const how = `${where}: ${skill.metric.toUpperCase()} over ${count(skill.steps, "step")}`;
  if (skill.ratio === null) return ["No comparison", `${capital(baseline)} makes no error here. ${how}.`];
  const change = Math.round(Math.abs(1 - skill.ratio) * 100);
  const against = `than ${baseline}`;
  if (change === 0) return ["As good", `About as much error as ${baseline}. ${how}, ratio ${num(skill.ratio)}.`];
  const direction = skill.ratio < 1 ? "less" : "more";
  return [`${change} % ${direction} error`, `${capital(against)}. ${how}, ratio ${num(skill.ratio)}.`];
}

export function ruleWords(selection, model) {
  if (selection === null) return "You named the model.";
  const series = selection.series === null ? "a series" : `the series “${selection.series}”`;
  return (
    {
      learnt_series: `The readings continue ${series} that ${model} has learnt, and it was the better one on readings that it had not.`,
      any_series: "The readings continue no series that a network has learnt, so the forecaster of any series answers.",
      no_forecaster_of_any_series: "No forecaster of any series is loaded, so this one answers.",
    }[selection.rule] ?? selection.rule
  );
}

const REFUSED = {
  not_compared: "its card has no comparison",
  not_better: "was not better",
  other_frequency: "learnt another frequency",
  other_season: "learnt another season",
  too_few_readings: "needs more readings",
  no_overlap: "its series does not overlap",
  other_level: "its series has another level",
  other_amplitude: "its series has another amplitude",
  other_shape: "its series has another shape",
  unsuitable: "cannot answer this request",
};

export const refusedWords = (code) => (code === null ? "answers" : (REFUSED[code] ?? code));

export const codeWords = (code) => capital(code.replaceAll("_", " ")).replace("english", "English");

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const FREQUENCIES = {
  MS: "monthly", ME: "monthly, at month ends", P1M: "monthly", P3M: "quarterly", P1Y: "yearly", D: "daily", B: "on working days",
  h: "hourly", min: "every minute",
};
const FAMILIES = [[/^QE-/, "quarterly"], [/^YE-/, "yearly"], [/^W-/, "weekly"], [/^(\d+)min$/, "every $1 minutes"], [/^(\d+)h$/, "every $1 hours"], [/^(\d+)D$/, "every $1 days"], [/^P(\d+)M$/, "every $1 months"]];

export function frequencyWords(frequency) {
  if (FREQUENCIES[frequency]) return FREQUENCIES[frequency];
  const [pattern, words] = FAMILIES.find(([each]) => each.test(frequency)) ?? [/.*/, "at steps of $&"];
  return frequency.replace(pattern, words).replace(/(?<=ly)[A-Z]+$/, "");
}

/** What a text was read as. */
export function seriesWords(series) {
  const missing = series.readings.filter((value) => value === null).length;
  const parts = [count(series.readings.length, "reading")];
  if (series.frequency) parts.push(`${frequencyWords(series.frequency)}, from ${series.start.replace("T", " ")}`);
  if (!series.typed && series.columns.length > 0 && !/^column \d+$/.test(series.column)) parts.push(series.column);
  if (missing) parts.push(`${missing} missing`);
  return parts.join(" · ");
}
