"""Forecasters on many series that they have never seen, beside baselines refitted at every origin.

    python -m training.zero_shot --data directory/ --models universal --names a-m    # needs the backtest environment

Every CSV of the directory is one series. Forecasts are made from origins spread evenly over the last third of it,
and from the last one that leaves room for all steps. A method's figure is the geometric mean, over the series, of
its error over the seasonal naive's; looks are written down as `make backtest` does.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from service.artifacts import bundle
from service.interfaces import Array
from training.data.series import Series, read_series
from training.data.tables import DataError
from training.evaluation import baselines, metrics, rolling, served, test_log
from training.evaluation.rolling import Method, RollingBacktest
from training.reporting import tables

LEVELS = (20.0, 40.0, 60.0, 80.0)  # the deciles but for the median
STEPS = {1: 6, 4: 8, 12: 18, 52: 13, 7: 14, 5: 10}  # those of the M4 competition; a season of what is finer
ORIGINS = 12
TESTED_SHARE = 1 / 3


class Measured(NamedTuple):
    """One method on one series; `last` is of the last origin alone. What needs intervals is NaN without any."""

    mase: float
    wql: float
    last_mase: float
    coverage: float


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        files = chosen(options.data, options.names)
        found = {file.stem: measured(read_series(file, fill=True), options) for file in files}
    except (DataError, ValueError, baselines.BaselineMissing, bundle.BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    header, rows = table(found)
    tables.show(f"{len(found)} series, geometric means over them", header, rows)
    if options.looks:
        looked = record(options, files, rows, header)
        print(f"looked at these series with the same methods {looked} times")
    if options.out:
        plain = {
            name: {m: {k: None if np.isnan(v) else v for k, v in f._asdict().items()} for m, f in methods.items()}
            for name, methods in found.items()
        }
        options.out.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="training.zero_shot", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a directory of CSVs, one series each")
    parser.add_argument("--names", default="a-z", help="first letters of the files' names (default: %(default)s)")
    parser.add_argument("--models", default="universal", help="served models with commas between")
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--baselines", default="theta,ets", help="beside the seasonal naive; or none")
    parser.add_argument("--origins", type=int, default=ORIGINS, help="at most, a series (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="processes that fit baselines")
    parser.add_argument("--out", type=Path, help="every series' figures, as JSON")
    parser.add_argument("--looks", type=Path, help="a diary of looks, to which this one is added")
    return parser.parse_args(arguments)


def chosen(directory: Path, names: str) -> list[Path]:
    """The series whose names begin with a letter of the range 'a-m'."""
    first, _, last = names.partition("-")
    found = [file for file in sorted(directory.glob("*.csv")) if first <= file.stem[0].lower() <= (last or first)]
    if not found:
        raise ValueError(f"{directory} holds no CSV whose name begins with {names}")
    return found


def measured(series: Series, options: argparse.Namespace) -> dict[str, Measured]:
    """Every method's figures on one series."""
    season, readings = series.season, series.readings
    steps = min(STEPS.get(season, season), len(readings) // 5)
    first = max(round(len(readings) * (1 - TESTED_SHARE)), 2 * season + 1)
    origins = np.unique(np.linspace(first, len(readings) - steps, options.origins).astype(int))
    scale = metrics.seasonal_scale(readings[:first], season)
    target = np.where(series.filled, np.nan, readings)
    return {
        name: _figures(
            _seen(rolling.rolling_backtest(readings, origins.tolist(), steps, LEVELS, method), target), scale
        )
        for name, method in methods(season, options)
    }


def methods(season: int, options: argparse.Namespace) -> Iterator[tuple[str, Method]]:
    """The seasonal naive forecast first, then the baselines asked for, then the models."""
    for name in dict.fromkeys((baselines.BASELINE, *baselines.resolve_names(options.baselines.split(",")))):
        yield name, baselines.method(name, season, n_jobs=options.jobs)
    for path in served.versions(options.models_dir, options.models):
        yield path.parent.name, served.load_method(path, season)


def _seen(walk: RollingBacktest, target: Array) -> RollingBacktest:
    """The walk, with no target where a reading was interpolated."""
    steps = walk.actual.shape[1]
    return RollingBacktest(
        walk.origins, np.stack([target[o : o + steps] for o in walk.origins]), walk.predicted, walk.readings
    )


def _figures(walk: RollingBacktest, scale: float) -> Measured:
    every = metrics.metrics(metrics.losses(walk.actual, walk.predicted), scale)
    end = np.arange(len(walk.origins)) == len(walk.origins) - 1
    steps = walk.actual.shape[1]
    last = metrics.metrics(metrics.losses(walk.actual[end], walk.predicted.select(end, steps)), scale)
    if not walk.predicted.levels:
        return Measured(every["mase"], np.nan, last["mase"], np.nan)
    return Measured(every["mase"], every["wql"], last["mase"], every[f"coverage_{LEVELS[-1]:g}"])


def table(found: dict[str, dict[str, Measured]]) -> tuple[tables.Row, list[tables.Row]]:
    """A row a method: geometric means of ratios to the seasonal naive, and how often the 80 % interval held."""
    header: tables.Row = ("method", "MASE", "MASE / naive", "WQL / naive", "last window's MASE / naive", "80 % covers")
    names = list(next(iter(found.values())))
    naive = {field: [getattr(of[baselines.BASELINE], field) for of in found.values()] for field in Measured._fields}
    rows = []
    for name in names:
        ours = {field: [getattr(of[name], field) for of in found.values()] for field in Measured._fields}
        ratios = [geometric(np.divide(ours[field], naive[field])) for field in ("mase", "wql", "last_mase")]
        figures = [geometric(np.array(ours["mase"])), *ratios, float(np.mean(ours["coverage"]))]
        rows.append((name, *("–" if np.isnan(figure) else f"{figure:.3f}" for figure in figures)))
    return header, rows


def geometric(values: Array) -> float:
    """The geometric mean."""
    return float(np.exp(np.mean(np.log(values))))


def record(options: argparse.Namespace, files: Sequence[Path], rows: Sequence[tables.Row], header: tables.Row) -> int:
    """Write this look down; how many there were of the method that was most looked at."""
    data = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    figures = {
        row[0]: {name: float(cell) for name, cell in zip(header[1:], row[1:], strict=True) if cell != "–"}
        for row in rows
    }
    diary = test_log.record(
        options.looks,
        {
            test_log.key(data, options.names, name): test_log.LogEntry(
                at=test_log.now(), settings={"origins": options.origins}, figures=each
            )
            for name, each in figures.items()
        },
    )
    return max(len(diary[test_log.key(data, options.names, name)]) for name in figures)


if __name__ == "__main__":
    sys.exit(main())
