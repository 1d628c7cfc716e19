"""Backtest on a user's CSV: baselines and served versions on the same origins, each evaluation noted in a log.

    python -m training.backtest --data my.csv --baselines quick --models gru,lstm --out report.md

Only the baselines are fitted here. Every evaluation on the test set is added to looks.json (see evaluation/test_log.py).
What the report looks like is decided in reporting/backtest_report.py.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.artifacts import bundle
from service.artifacts.card import ForecastCard
from service.interfaces import Array
from training.data import understanding
from training.data.options import SeriesOptions, add_series_options, series_options
from training.data.series import Series, read_panel, read_series
from training.data.tables import DataError
from training.evaluation import baselines, metrics, rolling, served, test_log
from training.evaluation.baselines import BASELINE
from training.evaluation.metrics import block_length
from training.evaluation.rolling import Method, Predictions, RollingBacktest
from training.reporting import backtest_report, tables
from training.reporting.backtest_report import BacktestReport, Result

TEST_SHARE = 0.37  # of the readings


@dataclass(frozen=True)
class BacktestOptions:
    """What to forecast, with what, and where to write the results."""

    data: Path
    series: SeriesOptions
    test_size: int | None
    steps: int
    levels: tuple[float, ...]
    baselines: tuple[str, ...]
    models: str
    models_dir: Path
    origins_every: int
    refit_every: int
    jobs: int
    out: Path | None
    looks: Path | None

    @property
    def log_path(self) -> Path:
        """The test-set log: as given, or beside the report."""
        return self.looks or (self.out.parent if self.out else Path()) / "looks.json"


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        options = parse_options(arguments)
        if options.series.dry_run:
            understanding.show_dry_run(read_panel(options.data, options.series), reads_one=True)
            return 0
        series = read_series(options.data, options.series)
        report = backtest(series, options)
    except (DataError, ValueError, baselines.BaselineMissing, test_log.TestLogError, bundle.BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    understanding.show(series.understood)
    header, rows = backtest_report.table(report)
    tables.show(f"test set: {report.about['test']}, {report.about['origins']} origins", header, rows)
    for line in backtest_report.notes(report):
        print(line)
    if options.out:
        backtest_report.write(options.out, report)
    return 0


def parse_options(arguments: Sequence[str] | None) -> BacktestOptions:
    parser = argparse.ArgumentParser(prog="training.backtest", description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, help="a file with dates and readings")
    add("--test-size", type=int, help=f"last readings kept for the test set (default: {TEST_SHARE:.0%}%)")
    add("--steps", type=int, default=14)
    add("--levels", type=float, nargs="*", default=[80, 95], help="of the intervals, in percent")
    add("--baselines", default="quick", help="comma-separated names; or naive, quick, all, none")
    add("--models", default="none", help="comma-separated served models (name or name/version)")
    add("--models-dir", type=Path, default=Path("models"))
    add("--origins-every", type=int, default=1, help="forecast from every k-th reading")
    add("--refit-every", type=int, default=1, help="fit baselines anew at every k-th origin")
    add("--jobs", type=int, default=1, help="processes that fit baselines")
    add("--out", type=Path, help="report.json or report.md")
    add("--looks", type=Path, help="the log of evaluations on test sets (default: looks.json beside the report)")
    add_series_options(parser)
    values = vars(parser.parse_args(arguments))
    values["levels"] = tuple(values["levels"])
    values["baselines"] = tuple(word for word in values["baselines"].split(",") if word)
    values["series"] = series_options(values)
    options = BacktestOptions(**values)
    if min(options.steps, options.origins_every, options.refit_every, options.jobs) < 1:
        parser.error("--steps, --origins-every, --refit-every and --jobs are at least 1")
    if not all(0 < level < 100 for level in options.levels):
        parser.error("--levels lie between 0 and 100")
    if options.out and options.out.suffix not in (".json", ".md"):
        parser.error("--out ends in .json or .md")
    return options


def backtest(series: Series, options: BacktestOptions) -> BacktestReport:
    """Evaluate every method on the same origins of the test set, and add the evaluations to the log.

    Raises ValueError for a training or test set that is too small or an unknown name, BaselineMissing, TestLogError and
    BundleError.
    """
    train_size = training_size(series, options.test_size, options.steps)
    origins = range(train_size, len(series.readings), options.origins_every)
    names = baselines.resolve_names(options.baselines)
    paths = served.versions(options.models_dir, options.models)
    test_log.read(options.log_path)  # a damaged log is an error now, not after an hour of fitting
    backtests, seconds, failed = {}, {}, {}
    for name, method in methods(series.season_length, names, paths, options):
        start = time.perf_counter()
        try:
            backtests[name] = rolling.rolling_backtest(series.readings, origins, options.steps, options.levels, method)
        except (baselines.BaselineMissing, bundle.BundleError):
            raise
        except Exception as error:  # the report names a method that fails; the others go on
            failed[name] = f"{type(error).__name__}: {error}"
            continue
        seconds[name] = time.perf_counter() - start
    results = evaluate(backtests, seconds, series, train_size, options)
    about = describe(series, train_size, len(origins), options)
    warnings = [warning for path in paths for warning in leakage_warnings(path, series, train_size)]
    return BacktestReport(about, results, failed, warnings, record(options.log_path, about, results))


def describe(series: Series, train_size: int, origins: int, options: BacktestOptions) -> dict[str, Any]:
    """Describe the data and the settings of a backtest, as the report names them."""
    season_length = series.season_length
    return {
        "source": series.source,
        "sha256": series.sha256,
        "train": " to ".join(series.span(0, train_size)),
        "test": " to ".join(series.span(train_size, len(series.readings))),
        "split": f"{train_size}:{len(series.readings)}",
        "season": season_length,
        "baseline": baselines.naive_name(season_length),
        "steps": options.steps,
        "origins": origins,
        "origins_every": options.origins_every,
        "refit_every": options.refit_every,
        "block": block_length(season_length, options.steps, options.origins_every),
        "mase_scale": metrics.seasonal_scale(series.readings[:train_size], season_length),
    }


def training_size(series: Series, test_size: int | None, steps: int) -> int:
    """Return the size of the training set. Raises ValueError unless it and the test set are large enough."""
    total, least = len(series.readings), max(2 * series.season_length + 1, 3)
    size = round(TEST_SHARE * total) if test_size is None else test_size
    if size < steps or total - size < least:
        raise ValueError(
            f"{total} readings with a test set of {size} are too few: the test set needs {steps}, "
            f"the training set {least}"
        )
    return total - size


def methods(
    season_length: int, names: Sequence[str], paths: Sequence[Path], options: BacktestOptions
) -> Iterator[tuple[str, Method]]:
    """Yield the naive forecast first, always; then the other baselines, then the served versions."""
    cache: dict[str, Predictions] = {}
    baseline = baselines.naive_name(season_length)
    for name in dict.fromkeys((baseline, *(name for name in names if season_length > 1 or name != BASELINE))):
        yield name, _cached_baseline(cache, name, season_length, options)
    for path in paths:
        yield f"{path.parent.name}/{path.name}", served.load_method(path, season_length)


def _cached_baseline(cache: dict[str, Predictions], name: str, season_length: int, options: BacktestOptions) -> Method:
    """A baseline that is fitted once, although the mean of baselines needs it too."""

    def predict(histories: list[Array], steps: int, levels: Sequence[float]) -> Predictions:
        if name == "mean":
            parts = [_cached_baseline(cache, part, season_length, options) for part in baselines.MEAN_OF]
            return baselines.mean([part(histories, steps, levels) for part in parts])
        if name not in cache:
            method = baselines.method(name, season_length, refit_every=options.refit_every, n_jobs=options.jobs)
            cache[name] = method(histories, steps, levels)
        return cache[name]

    return predict


def leakage_warnings(path: Path, series: Series, train_size: int) -> list[str]:
    """Warn if a version's card says that it was fitted, or chosen, on dates of the test set."""
    card = bundle.read(path)[0]
    if not isinstance(card, ForecastCard):
        return []
    first, last = series.span(train_size, len(series.readings))
    name = f"{card.name}/{card.version}"
    warnings = []
    for part in card.splits:
        if part.name == "test":
            continue
        if part.start is None or part.end is None:
            warnings.append(f"{name}: its card does not say which dates its {part.name} part has")
        elif part.start <= last and first <= part.end:
            warnings.append(
                f"{name} HAS SEEN THE TEST SET: its {part.name} part runs from {part.start} to {part.end}, "
                f"the test set from {first} to {last}; its figures do not measure forecasts"
            )
    if warnings and card.data.sha256 != series.sha256:
        warnings.append(
            f"{name} was trained on another file ({card.data.source}); the dates matter only if it is the same series"
        )
    return warnings


def evaluate(
    backtests: Mapping[str, RollingBacktest],
    seconds: Mapping[str, float],
    series: Series,
    train_size: int,
    options: BacktestOptions,
) -> list[Result]:
    """Return the metrics of every method, and its ratios to the seasonal naive forecast on the same targets."""
    steps, block = options.steps, block_length(series.season_length, options.steps, options.origins_every)
    scale = metrics.seasonal_scale(series.readings[:train_size], series.season_length)
    losses = {
        name: [metrics.losses(part.actual, part.predicted) for part in (result.part(1), result.part(steps))]
        for name, result in backtests.items()
    }
    naive_first, naive_pooled = losses[baselines.naive_name(series.season_length)]
    results = []
    for name, (first, pooled) in losses.items():
        ratios = {
            "rmse_1": metrics.ratio(first["square"], naive_first["square"], block, root=True),
            f"rmse_1-{steps}": metrics.ratio(pooled["square"], naive_pooled["square"], block, root=True),
            f"mae_1-{steps}": metrics.ratio(pooled["absolute"], naive_pooled["absolute"], block),
        }
        if backtests[name].predicted.levels:
            ratios[f"wql_1-{steps}"] = metrics.ratio(pooled["pinball"], naive_pooled["pinball"], block)
        results.append(
            Result(
                name,
                seconds[name],
                metrics.metrics(first, scale),
                metrics.metrics(pooled, scale),
                metrics.by_step(pooled, scale),
                ratios,
            )
        )
    return results


def record(path: Path, about: Mapping[str, Any], results: list[Result]) -> dict[str, list[test_log.LogEntry]]:
    """Add these evaluations to the log; return each method's evaluations on this test set, the newest last."""
    now = test_log.now()
    settings = {name: about[name] for name in ("steps", "origins_every", "refit_every")}
    keys = {result.name: test_log.key(about["sha256"], about["split"], result.name) for result in results}
    entries = {}
    for result in results:
        parts = {"1": result.first_step, f"1-{about['steps']}": result.pooled}
        figures = {f"{name}_{steps}": part[name] for steps, part in parts.items() for name in ("rmse", "mae")}
        entries[keys[result.name]] = test_log.LogEntry(at=now, settings=settings, figures=figures)
    log = test_log.record(path, entries)
    return {name: log[key] for name, key in keys.items()}


if __name__ == "__main__":
    sys.exit(main())
