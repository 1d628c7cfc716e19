"""Forecasters on a directory of CSVs, one series each, from several origins of each series.

Forecasts are made from origins spread evenly over the last third of a series, up to the last origin that leaves room for
all steps. A method's figure is the geometric mean, over the series, of its error divided by the seasonal naive forecast's.
With --looks the evaluation is added to a log, as in a backtest.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from service.interfaces import Array
from training.data import understanding
from training.data.series import Series, one_series, read_series
from training.evaluation import baselines, metrics, rolling, served, test_log
from training.evaluation.rolling import Method, RollingBacktest
from training.reporting import tables
from training.zero_shot.options import ZeroShotOptions

LEVELS = (20.0, 40.0, 60.0, 80.0)  # the deciles but for the median
STEPS = {1: 6, 4: 8, 12: 18, 52: 13, 7: 14, 5: 10}  # season length → steps of the M4 competition; otherwise a season
TEST_SHARE = 1 / 3


class SeriesMetrics(NamedTuple):
    """One method on one series; `last_mase` is of the last origin alone. Without intervals, wql and coverage are NaN."""

    mase: float
    wql: float
    last_mase: float
    coverage: float


def run(options: ZeroShotOptions) -> None:
    """Evaluate and print. Raises DataError, ValueError, BaselineMissing, BundleError and TestLogError."""
    files = select_files(options.data[0], options.names)
    results = {file.stem: evaluate(read_series(file, replace(options.series, fill=True)), options) for file in files}
    header, rows = table(results)
    tables.show(f"{len(results)} series, geometric means over them", header, rows)
    if options.looks:
        count = record(options.looks, options, files, header, rows)
        print(f"these series were used as a test set of the same methods {count} times")
    if options.out:
        options.out.write_text(json.dumps(to_json(results), indent=1) + "\n", "utf-8")


def dry_run(options: ZeroShotOptions) -> None:
    """Print what was understood of each file of series, without a forecast. Raises DataError and ValueError."""
    for file in select_files(options.data[0], options.names):
        print(f"\n{file.name}")
        understanding.show_dry_run(one_series(read_series(file, replace(options.series, fill=True))))


def select_files(directory: Path, names: str) -> list[Path]:
    """Return the CSVs whose names begin with a letter of the range 'a-m'. Raises ValueError if there are none."""
    first, _, last = names.partition("-")
    files = [file for file in sorted(directory.glob("*.csv")) if first <= file.stem[0].lower() <= (last or first)]
    if not files:
        raise ValueError(f"{directory} holds no CSV whose name begins with {names}")
    return files


def evaluate(series: Series, options: ZeroShotOptions) -> dict[str, SeriesMetrics]:
    """Return every method's metrics on one series. Raises ValueError for an unknown name, and BundleError."""
    season_length, readings = series.season_length, series.readings
    steps = min(STEPS.get(season_length, season_length), len(readings) // 5)
    first = max(round(len(readings) * (1 - TEST_SHARE)), 2 * season_length + 1)
    origins = np.unique(np.linspace(first, len(readings) - steps, options.origins).astype(int)).tolist()
    scale = metrics.seasonal_scale(readings[:first], season_length)
    observed = np.where(series.filled, np.nan, readings)
    results = {}
    for name, method in methods(season_length, options):
        backtest = rolling.rolling_backtest(readings, origins, steps, LEVELS, method)
        results[name] = _metrics(_with_targets(backtest, observed), scale)
    return results


def methods(season_length: int, options: ZeroShotOptions) -> Iterator[tuple[str, Method]]:
    """Yield the seasonal naive forecast first, then the other baselines, then the models."""
    for name in dict.fromkeys((baselines.BASELINE, *baselines.resolve_names(options.baselines))):
        yield name, baselines.method(name, season_length, n_jobs=options.jobs)
    for path in served.versions(options.models_dir, options.models):
        yield f"{path.parent.name}/{path.name}", served.load_method(path, season_length)


def _with_targets(backtest: RollingBacktest, readings: Array) -> RollingBacktest:
    """Take the targets from other readings, which are NaN where a value was interpolated."""
    steps = backtest.actual.shape[1]
    actual = np.stack([readings[origin : origin + steps] for origin in backtest.origins])
    return RollingBacktest(backtest.origins, actual, backtest.predicted, backtest.readings)


def _metrics(backtest: RollingBacktest, scale: float) -> SeriesMetrics:
    pooled = metrics.metrics(metrics.losses(backtest.actual, backtest.predicted), scale)
    is_last = np.arange(len(backtest.origins)) == len(backtest.origins) - 1
    predicted = backtest.predicted.select(is_last, backtest.actual.shape[1])
    last = metrics.metrics(metrics.losses(backtest.actual[is_last], predicted), scale)
    if not backtest.predicted.levels:
        return SeriesMetrics(pooled["mase"], np.nan, last["mase"], np.nan)
    return SeriesMetrics(pooled["mase"], pooled["wql"], last["mase"], pooled[f"coverage_{LEVELS[-1]:g}"])


def table(results: Mapping[str, Mapping[str, SeriesMetrics]]) -> tuple[tables.Row, list[tables.Row]]:
    """Return a header and a row per method: geometric means of ratios to the seasonal naive, and the coverage."""
    header: tables.Row = ("method", "MASE", "MASE / naive", "WQL / naive", "last window's MASE / naive", "80 % covers")
    by_method = {name: _by_metric(results, name) for name in next(iter(results.values()))}
    naive = by_method[baselines.BASELINE]
    rows = []
    for name, values in by_method.items():
        ratios = [geometric_mean(values[metric] / naive[metric]) for metric in ("mase", "wql", "last_mase")]
        figures = [geometric_mean(values["mase"]), *ratios, float(np.mean(values["coverage"]))]
        rows.append((name, *("–" if np.isnan(figure) else f"{figure:.3f}" for figure in figures)))
    return header, rows


def _by_metric(results: Mapping[str, Mapping[str, SeriesMetrics]], method: str) -> dict[str, Array]:
    """Return a method's values of each metric, (series,)."""
    columns = np.array([by_method[method] for by_method in results.values()]).T
    return dict(zip(SeriesMetrics._fields, columns, strict=True))


def geometric_mean(values: Array) -> float:
    return float(np.exp(np.mean(np.log(values))))


def record(
    log_path: Path, options: ZeroShotOptions, files: Sequence[Path], header: tables.Row, rows: Sequence[tables.Row]
) -> int:
    """Add this evaluation to the log; return how often the method with the most entries was evaluated."""
    data = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    now, settings = test_log.now(), {"origins": options.origins}
    entries = {}
    for name, *cells in rows:
        figures = {column: float(cell) for column, cell in zip(header[1:], cells, strict=True) if cell != "–"}
        entries[test_log.key(data, options.names, name)] = test_log.LogEntry(at=now, settings=settings, figures=figures)
    log = test_log.record(log_path, entries)
    return max(len(log[key]) for key in entries)


def to_json(results: Mapping[str, Mapping[str, SeriesMetrics]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return the results as plain values; a value that is not a number becomes null."""
    return {
        series: {
            method: {name: None if np.isnan(value) else value for name, value in values._asdict().items()}
            for method, values in methods.items()
        }
        for series, methods in results.items()
    }
