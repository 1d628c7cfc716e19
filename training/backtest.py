"""Backtest on a user's CSV: baselines and served versions on the same origins, and who has looked before.

    python -m training.backtest --data my.csv --baselines quick --models gru,lstm --out report.md

Nothing is trained here but the baselines. Every look at the test part is written to looks.json (see looks.py).
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard
from service.interfaces import Array
from training.data.series import Series, read_series
from training.data.tables import DataError
from training.evaluation import baselines, metrics, rolling, test_log
from training.evaluation.baselines import BASELINE
from training.evaluation.metrics import Ratio, block_length
from training.evaluation.rolling import Method, Predictions, RollingBacktest
from training.evaluation.served import load_method, versions
from training.evaluation.test_log import now
from training.reporting import tables
from training.reporting.tables import Row, markdown


class Result(NamedTuple):
    """One method on the test part: pooled metrics of step 1 and of all steps, every step's, and ratios to the naive."""

    name: str
    seconds: float
    one: dict[str, float]
    pooled: dict[str, float]
    each: dict[str, list[float]]
    ratios: dict[str, Ratio]


class BacktestReport(NamedTuple):
    """All that a report says."""

    about: dict[str, Any]
    results: list[Result]
    failed: dict[str, str]
    warnings: list[str]
    diary: dict[str, list[test_log.LogEntry]]


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        series = read_series(options.data, date_column=options.date_column, value_column=options.value_column)
        done = backtest(series, options)
    except (DataError, ValueError, baselines.BaselineMissing, test_log.TestLogError, bundle.BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    header, rows = table(done)
    tables.show(f"test part: {done.about['test']}, {done.about['origins']} origins", header, rows)
    for line in notes(done):
        print(line)
    if options.out:
        write(options.out, done)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="training.backtest", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a CSV with a date and a value column")
    parser.add_argument("--date-column")
    parser.add_argument("--value-column")
    parser.add_argument("--test-size", type=int, help="readings at the end that are tested (37 %% unless told)")
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--levels", type=float, nargs="*", default=[80, 95], help="of the intervals, in percent")
    parser.add_argument("--baselines", default="quick", help="names with commas between; or naive, quick, all, none")
    parser.add_argument("--models", default="none", help="served models with commas between (name or name/version)")
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--origins-every", type=int, default=1, help="forecast from every k-th reading")
    parser.add_argument("--refit-every", type=int, default=1, help="fit baselines anew at every k-th origin")
    parser.add_argument("--jobs", type=int, default=1, help="processes that fit baselines")
    parser.add_argument("--out", type=Path, help="report.json or report.md")
    parser.add_argument("--looks", type=Path, help="the diary of looks (looks.json beside the report unless told)")
    options = parser.parse_args(arguments)
    if min(options.steps, options.origins_every, options.refit_every, options.jobs) < 1:
        parser.error("--steps, --origins-every, --refit-every and --jobs are at least 1")
    if not all(0 < level < 100 for level in options.levels):
        parser.error("--levels lie between 0 and 100")
    if options.out and options.out.suffix not in (".json", ".md"):
        parser.error("--out ends in .json or .md")
    return options


def backtest(series: Series, options: argparse.Namespace) -> BacktestReport:
    """Every method on the same origins of the test part, and the look written down.

    Raises ValueError where the parts are too small or a name is unknown, BaselineMissing, LooksError or BundleError.
    """
    train_size = split(series, options.test_size, options.steps)
    origins = range(train_size, len(series.readings), options.origins_every)
    names = baselines.resolve_names([word for word in options.baselines.split(",") if word])
    paths = versions(options.models_dir, options.models)
    diary_path = options.looks or (options.out.parent if options.out else Path()) / "looks.json"
    test_log.read(diary_path)  # a damaged diary is told before an hour's work
    walks, seconds, failed = {}, {}, {}
    for name, one in methods(series.season, names, paths, options):
        began = time.perf_counter()
        try:
            walks[name] = rolling.rolling_backtest(series.readings, origins, options.steps, options.levels, one)
        except (baselines.BaselineMissing, bundle.BundleError):
            raise
        except Exception as error:  # a method that cannot answer is told of; the others go on
            failed[name] = f"{type(error).__name__}: {error}"
            continue
        seconds[name] = time.perf_counter() - began
    results = measured(walks, seconds, series, train_size, options.steps, options.origins_every)
    first, last = series.span(train_size, len(series.readings))
    about = {
        "source": series.source,
        "sha256": series.sha256,
        "train": " to ".join(series.span(0, train_size)),
        "test": f"{first} to {last}",
        "split": f"{train_size}:{len(series.readings)}",
        "season": series.season,
        "steps": options.steps,
        "origins": len(origins),
        "origins_every": options.origins_every,
        "refit_every": options.refit_every,
        "block": block_length(series.season, options.steps, options.origins_every),
        "mase_scale": metrics.seasonal_scale(series.readings[:train_size], series.season),
    }
    warnings = [text for path in paths for text in seen(path, series, train_size)]
    return BacktestReport(about, results, failed, warnings, note(diary_path, about, results))


def split(series: Series, test_size: int | None, steps: int) -> int:
    """The size of the training part; it must hold two seasons, and the test part a forecast of all steps."""
    total = len(series.readings)
    size = round(0.37 * total) if test_size is None else test_size
    if size < steps or total - size < max(2 * series.season + 1, 3):
        raise ValueError(
            f"{total} readings with a test part of {size} are too few: the test part needs {steps}, "
            f"the training part {max(2 * series.season + 1, 3)}"
        )
    return total - size


def methods(
    season: int, names: Sequence[str], paths: Sequence[Path], options: argparse.Namespace
) -> Iterator[tuple[str, Method]]:
    """The seasonal naive forecast first, always; then the baselines asked for, then served versions."""
    memory: dict[str, Predictions] = {}
    for name in dict.fromkeys((BASELINE, *names)):
        yield name, remembered(memory, name, season, options)
    for path in paths:
        yield f"{path.parent.name}/{path.name}", load_method(path, season)


def remembered(memory: dict[str, Predictions], name: str, season: int, options: argparse.Namespace) -> Method:
    """A baseline that is fitted once, though the mean wants it too."""

    def answer(histories: list[Array], steps: int, levels: Sequence[float]) -> Predictions:
        if name == "mean":
            parts = [remembered(memory, part, season, options) for part in baselines.MEAN_OF]
            return baselines.mean([part(histories, steps, levels) for part in parts])
        if name not in memory:
            one = baselines.method(name, season, refit_every=options.refit_every, n_jobs=options.jobs)
            memory[name] = one(histories, steps, levels)
        return memory[name]

    return answer


def seen(path: Path, series: Series, train_size: int) -> list[str]:
    """Warnings where a version's card says that it was fitted, or chosen, on dates that are tested here."""
    card = bundle.read(path)[0]
    if not isinstance(card, ForecastCard):
        return []
    first, last = series.span(train_size, len(series.readings))
    name = f"{card.name}/{card.version}"
    found = []
    for part in card.splits:
        if part.name == "test":
            continue
        if part.start is None or part.end is None:
            found.append(f"{name}: its card does not say which dates its {part.name} part has")
        elif part.start <= last and first <= part.end:
            found.append(
                f"{name} HAS SEEN THE TEST PART: its {part.name} part runs from {part.start} to {part.end}, "
                f"what is tested here from {first} to {last}; its figures are no forecast"
            )
    if found and card.data.sha256 != series.sha256:
        found.append(f"{name} was learnt from another file ({card.data.source}); dates count only if it is this series")
    return found


def measured(
    walks: dict[str, RollingBacktest],
    seconds: dict[str, float],
    series: Series,
    train_size: int,
    steps: int,
    every: int,
) -> list[Result]:
    """Metrics of every method, and its ratios to the seasonal naive forecast on the same targets."""
    scale = metrics.seasonal_scale(series.readings[:train_size], series.season)
    block = block_length(series.season, steps, every)
    found = {
        name: [metrics.losses(part.actual, part.predicted) for part in (walk.part(1), walk.part(steps))]
        for name, walk in walks.items()
    }
    results = []
    for name, (one, pooled) in found.items():
        first, theirs = found[BASELINE]
        ratios = {
            "rmse_1": metrics.ratio(one["square"], first["square"], block, root=True),
            f"rmse_1-{steps}": metrics.ratio(pooled["square"], theirs["square"], block, root=True),
            f"mae_1-{steps}": metrics.ratio(pooled["absolute"], theirs["absolute"], block),
        }
        if walks[name].predicted.levels:
            ratios[f"wql_1-{steps}"] = metrics.ratio(pooled["pinball"], theirs["pinball"], block)
        figures = (metrics.metrics(one, scale), metrics.metrics(pooled, scale), metrics.by_step(pooled, scale))
        results.append(Result(name, seconds[name], *figures, ratios))
    return results


def note(path: Path, about: dict[str, Any], results: list[Result]) -> dict[str, list[test_log.LogEntry]]:
    """Write this look down; each method's looks at this test part, this one last."""
    moment = now()
    settings = {name: about[name] for name in ("steps", "origins_every", "refit_every")}
    names = {result.name: test_log.key(about["sha256"], about["split"], result.name) for result in results}
    last = f"1-{about['steps']}"
    new = {}
    for result in results:
        parts = (("1", result.one), (last, result.pooled))
        figures = {f"{name}_{steps}": part[name] for steps, part in parts for name in ("rmse", "mae")}
        new[names[result.name]] = test_log.LogEntry(at=moment, settings=settings, figures=figures)
    diary = test_log.record(path, new)
    return {name: diary[key] for name, key in names.items()}


def table(done: BacktestReport) -> tuple[Row, list[Row]]:
    """A row a method."""
    span = f"1–{done.about['steps']}"
    levels = [name.removeprefix("coverage_") for name in done.results[0].pooled if name.startswith("coverage_")]
    header: Row = ("method", "RMSE 1", "MASE 1", f"RMSE {span}", f"MASE {span}", "sMAPE %", "bias", "WQL")
    header += tuple(f"{level} %: covers / width / score" for level in levels)
    header += ("RMSE 1 / naive", f"RMSE {span} / naive", "looks", "s")
    return header, [_row(result, levels, done) for result in done.results]


def _row(result: Result, levels: list[str], done: BacktestReport) -> Row:
    one, pooled = result.one, result.pooled
    return (
        result.name,
        *(_figure(part.get(m)) for part in (one, pooled) for m in ("rmse", "mase")),
        *(_figure(pooled.get(m)) for m in ("smape", "bias")),
        _figure(pooled["wql"] if any(m.startswith("coverage") for m in pooled) else None, 4),
        *(_band(pooled, level) for level in levels),
        *(_ratio(result.ratios[name]) for name in ("rmse_1", f"rmse_1-{done.about['steps']}")),
        str(len(done.diary[result.name])),
        f"{result.seconds:.1f}",
    )


def _band(pooled: dict[str, float], level: str) -> str:
    if f"coverage_{level}" not in pooled:
        return "–"
    return f"{pooled[f'coverage_{level}']:.3f} / {pooled[f'width_{level}']:.4g} / {pooled[f'winkler_{level}']:.4g}"


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.value:.3f}" + ("" if ratio.low is None else f" [{ratio.low:.2f}, {ratio.high:.2f}]")


def notes(done: BacktestReport) -> list[str]:
    """What a reader must know beside the figures."""
    lines = [f"WARNING: {text}" for text in done.warnings]
    lines += [f"no figures of {name}: {error}" for name, error in done.failed.items()]
    for name, made in done.diary.items():
        lines += [
            f"{name}: looks disagree on {figure}: {', '.join(f'{value:.6g}' for value in values)}"
            for figure, values in test_log.disagreements(made).items()
        ]
    most = max(len(made) for made in done.diary.values())
    if most > 1:
        lines.append(f"this test part was looked at up to {most} times: the more looks, the less a good figure means")
    blocks = min((ratio.blocks for r in done.results for ratio in r.ratios.values()), default=0)
    if blocks < 6:
        lines.append(f"only {blocks} blocks of origins: the intervals of the ratios are too narrow, or missing")
    return [*lines, "ratios: 90 % circular block bootstrap over origins; below 1 is better than the seasonal naive"]


def write(path: Path, done: BacktestReport) -> None:
    """The report as JSON or Markdown, by the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        path.write_text(json.dumps(as_json(done), indent=1, allow_nan=False) + "\n", "utf-8")
        return
    about = "".join(f"- {name}: {value}\n" for name, value in done.about.items())
    remarks = "".join(f"- {line}\n" for line in notes(done))
    path.write_text(f"# Backtest\n\n{about}\n{markdown(*table(done))}\n{remarks}", "utf-8")


def as_json(done: BacktestReport) -> dict[str, Any]:
    """The report for machines; what is not a number is null."""
    found = {
        "about": done.about,
        "methods": {r.name: r._asdict() | {"ratios": {k: vars(v) for k, v in r.ratios.items()}} for r in done.results},
        "failed": done.failed,
        "notes": notes(done),
        "looks": {name: [look.model_dump() for look in made] for name, made in done.diary.items()},
    }
    clean: dict[str, Any] = _without_nan(found)
    return clean


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
