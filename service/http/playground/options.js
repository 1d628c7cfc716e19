// Options of a request, from what stands in the fields.

import { h, replace } from "./dom.js";
import { toNumber } from "./numbers.js";
import { Refusal } from "./refusal.js";

/** The number in a field; null for an empty one. Whether it is allowed is for the service to say. */
export function numberOf(text, label) {
  if (text.trim() === "") return null;
  const value = toNumber(text, ".") ?? toNumber(text, ",");
  if (value === null || value === undefined) throw new Refusal(`${label}: “${text.trim().slice(0, 60)}” is not a number.`);
  return value;
}

export function levelsOf(text) {
  return text.split(/[\s,;%]+/).filter(Boolean).map((part) => numberOf(part, "Levels"));
}

/** The fields of a chosen model. */
export function modelOf(value) {
  if (value === "") return {};
  const [model, version] = value.split("/");
  return version ? { model, version } : { model };
}

/** Fill a select with the models of a task: the newest version of each by its name, then older versions. */
export function modelChoices(select, models, task) {
  const own = models.filter((model) => model.task === task);
  const newest = own.filter((model) => model.default).map((model) => [model.name, model.name]);
  const older = own.filter((model) => !model.default).map((model) => [`${model.name}/${model.version}`, `${model.name}, version ${model.version}`]);
  const chosen = select.value;
  const choices = [["", "Automatic"], ...newest, ...older];
  replace(select, choices.map(([value, label]) => h("option", { value }, label)));
  select.value = choices.some(([value]) => value === chosen) ? chosen : "";
  return own.length;
}
