"""Forecasters of any series on one core, without HTTP: a lone request, and batches; versions in turn.

    python -m benchmarks.forecaster_speed --models universal/1,universal/2 --models-dir models

A lone request is 14 steps from 120 readings. A batch is 48 steps from 512 readings each, with intervals. Both are timed from
the readings to the forecasts (prepare and predict). In each round every version has its turn, so that what else the
machine does meets all of them; a ratio is the median over the rounds of the first version's time over that of another.
"""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks import machine
from benchmarks.files import write_json
from service.forecast.forecaster import Forecaster
from training.evaluation import served

LONE_READINGS, LONE_STEPS, LONE_CALLS = 120, 14, 20
BATCH_READINGS, BATCH_STEPS = 512, 48
LEVELS = (80.0, 95.0)
LONE = "lone, ms"

Seconds = dict[str, dict[str, list[float]]]  # version → case → a time for each round


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.forecaster_speed`."""

    models: tuple[str, ...]
    models_dir: Path
    batches: tuple[int, ...]
    rounds: int
    core: int
    out: Path | None


def series(count: int, length: int) -> list[list[float]]:
    """Different series with a season of 12, a slope and noise."""
    rng, t = np.random.default_rng(0), np.arange(length)
    slopes, phases = rng.normal(0, 0.2, (count, 1)), rng.uniform(0, 12, (count, 1))
    values = 100 + slopes * t + 10 * np.sin((t + phases) * np.pi / 6) + rng.normal(0, 2, (count, length))
    rows: list[list[float]] = values.round(3).tolist()
    return rows


def ask(forecaster: Forecaster, readings: Sequence[Sequence[float]], steps: int) -> None:
    """Forecast all series, as the service does for one batch of requests."""
    levels = [level for level in LEVELS if level in forecaster.levels(None)]
    items = [forecaster.prepare(each, min(steps, forecaster.card.max_horizon), levels) for each in readings]
    for indices in forecaster.make_batches(items):
        forecaster.predict([items[index] for index in indices])


def cases(forecaster: Forecaster, batches: Sequence[int]) -> dict[str, Callable[[], float]]:
    """Return name → a function that measures once, in seconds: of a lone request, and of each batch."""
    lone = series(1, LONE_READINGS)
    found: dict[str, Callable[[], float]] = {
        LONE: lambda: median(_timed(forecaster, lone, LONE_STEPS) for _ in range(LONE_CALLS))
    }
    for size in batches:
        readings = series(size, BATCH_READINGS)
        found[f"batch of {size}, series/s"] = partial(_timed, forecaster, readings, BATCH_STEPS)
    return found


def _timed(forecaster: Forecaster, readings: Sequence[Sequence[float]], steps: int) -> float:
    start = perf_counter()
    ask(forecaster, readings, steps)
    return perf_counter() - start


def measure(forecasters: Mapping[str, Forecaster], batches: Sequence[int], rounds: int) -> Seconds:
    """Return the times of every version in every round. Rounds alternate which version comes first."""
    measured = {name: cases(forecaster, batches) for name, forecaster in forecasters.items()}
    for each in measured.values():
        each[LONE]()  # the first calls are slower
    seconds: Seconds = {name: {case: [] for case in each} for name, each in measured.items()}
    for number in range(rounds):
        for case in next(iter(measured.values())):
            for name in list(measured)[:: 1 if number % 2 == 0 else -1]:
                seconds[name][case].append(measured[name][case]())
    return seconds


def table(seconds: Seconds) -> list[str]:
    """Return a line for each case: every version's median, and its speed over that of the first one."""
    first = next(iter(seconds))
    lines = ["".join([f"{'':24}", *(f"{name:>24}" for name in seconds)])]
    for case, base in seconds[first].items():
        cells = []
        for each in seconds.values():
            speed = median(one / other for one, other in zip(base, each[case], strict=True))
            cells.append(f"{figure(case, each[case]):,.1f} (×{speed:.2f})")
        lines.append("".join([f"{case:24}", *(f"{cell:>24}" for cell in cells)]))
    return lines


def figure(case: str, seconds: Sequence[float]) -> float:
    """Return the median in the case's unit."""
    typical = median(seconds)
    return 1000 * typical if case == LONE else int(case.split()[2].rstrip(",")) / typical


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="forecasters of any series on one core, without HTTP")
    add = parser.add_argument
    add("--models", default="universal", help="name/version, or name for its newest; commas between")
    add("--models-dir", type=Path, default=Path("models"))
    add("--batches", default="1,16,64,256")
    add("--rounds", type=int, default=7)
    add("--core", type=int, default=int(machine.SERVER_CORE))
    add("--out", type=Path, help="all times, as JSON")
    values = vars(parser.parse_args(arguments))
    values["models"] = tuple(values["models"].split(","))
    values["batches"] = tuple(int(size) for size in values["batches"].split(","))
    return Options(**values)


def find(options: Options) -> dict[str, Path]:
    """Return name/version → its directory. Raises ValueError for one that is not there."""
    paths = served.versions(options.models_dir, ",".join(options.models))
    return {f"{path.parent.name}/{path.name}": path for path in paths}


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_options(arguments)
    os.sched_setaffinity(0, {options.core})
    forecasters = {name: served.load(path) for name, path in find(options).items()}
    seconds = measure(forecasters, options.batches, options.rounds)
    print("\n".join(table(seconds)))
    if options.out:
        write_json(options.out, {"machine": machine.describe(), "core": options.core, "seconds": seconds})


if __name__ == "__main__":
    main()
