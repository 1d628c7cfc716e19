"""Forecasters on sets of series: reads them, scores every method on each, counts evaluations on test sets, reports."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from service.errors import InvalidRequest
from training.data import sets, tsf
from training.data.sets import SeriesSet
from training.data.tables import DataError
from training.evaluation import baselines, served, set_methods, set_scores, test_log
from training.evaluation.set_scores import QuantileForecast, SetScore
from training.zero_shot import default_choice, printed, report
from training.zero_shot.options import ZeroShotOptions
from training.zero_shot.report import Outcome

DEFAULT = "default"  # no model is named: the service chooses


def run(options: ZeroShotOptions) -> None:
    """Score and report. Raises DataError, ValueError, BaselineMissing, BundleError and TestLogError."""
    found = read_sets(options)
    forecasts = dict(methods(options))
    validation = {name.lower() for name in (*printed.read().validation, *options.validation)}
    test_log.read(options.log_path)  # a damaged log is an error now, not after the last set
    outcomes: list[Outcome] = []
    for series_set in found:
        scores = {
            name: score(name, forecast, series_set.first(options.limit), options)
            for name, forecast in forecasts.items()
        }
        looks = None
        if series_set.name.lower() not in validation:
            looks = record(options, series_set, scores)
        outcomes.append(Outcome(series_set.name, series_set.season_length, scores, looks))
        print(f"{series_set.name}: done", file=sys.stderr)
    if options.out:
        report.write(options.out, outcomes, printed.read(), settings(options))
    report.show(outcomes, printed.read())


def read_sets(options: ZeroShotOptions) -> list[SeriesSet]:
    """Return the sets of all files, or those that are named. Raises DataError for a name that none has."""
    found: dict[str, SeriesSet] = {}
    for file in sets.find_files(options.data):
        for each in _read_file(file, options.horizon):
            if each.name in found:
                raise DataError(f"{file}: a set '{each.name}' was in a file before; read them one by one")
            found[each.name] = each
    missing = [name for name in options.sets if name not in found]
    if missing:
        raise DataError(f"no set is named '{missing[0]}'; there are {', '.join(found)}")
    return [each for each in found.values() if not options.sets or each.name in options.sets]


def _read_file(file: Path, horizon: int | None) -> list[SeriesSet]:
    return [tsf.read_tsf(file, horizon)] if ".tsf" in file.name.lower() else sets.read_json(file)


def methods(options: ZeroShotOptions) -> Iterator[tuple[str, QuantileForecast]]:
    """Yield the baselines, then the models by name and version. Raises ValueError for an unknown name, BundleError."""
    for name in dict.fromkeys((baselines.BASELINE, *baselines.resolve_names(options.baselines))):
        if name == baselines.BASELINE:
            yield name, set_scores.seasonal_naive
        else:
            yield name, set_methods.from_method(name, options.jobs)
    for word in options.models.split(","):
        if word == DEFAULT:
            yield word, _wrapped(default_choice.load(options.models_dir), options)
            continue
        for path in served.versions(options.models_dir, word):
            forecast = set_methods.as_quantiles(served.load(path))
            yield f"{path.parent.name}/{path.name}", _wrapped(forecast, options)


def _wrapped(forecast: QuantileForecast, options: ZeroShotOptions) -> QuantileForecast:
    return set_methods.with_negated(forecast) if options.negated else forecast


def score(name: str, forecast: QuantileForecast, series_set: SeriesSet, options: ZeroShotOptions) -> SetScore | str:
    """Return the scores on one set, or why there are none. The seasonal naive forecast is that of MASE, with its lag."""
    if name == baselines.BASELINE:
        series_set = replace(series_set, season_length=series_set.lag)
    try:
        return set_scores.score_set(forecast, series_set, context=options.context, batch=options.batch)
    except InvalidRequest as error:
        return error.detail


def settings(options: ZeroShotOptions) -> dict[str, str | int | float]:
    """Return what the figures depend on, besides the data and the methods; 0 for what has no limit."""
    return {"context": options.context or 0, "limit": options.limit or 0, "negated": int(options.negated)}


def record(options: ZeroShotOptions, series_set: SeriesSet, scores: Mapping[str, SetScore | str]) -> dict[str, int]:
    """Add the evaluations on a test set, or on a part of it, to the log; return how often each method was evaluated."""
    now, data = test_log.now(), series_set.sha256()
    keys = {
        name: test_log.key(data, series_set.name, name) for name, each in scores.items() if isinstance(each, SetScore)
    }
    entries = {}
    for name, key in keys.items():
        figures = _figures(scores[name], ("mase", "wql", "coverage_80"))
        entries[key] = test_log.LogEntry(at=now, settings=settings(options), figures=figures)
    log = test_log.record(options.log_path, entries)
    return {name: len(log[key]) for name, key in keys.items()}


def _figures(score: SetScore | str, names: Sequence[str]) -> dict[str, float]:
    """The figures that are numbers."""
    values = {name: float(getattr(score, name)) for name in names}
    return {name: value for name, value in values.items() if value == value}
