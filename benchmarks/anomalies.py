"""Anomalies on labelled synthetic series: what is found, what is flagged besides, and how long it takes.

    python -m benchmarks.anomalies --model universal/2

Every series has 160 readings: a season, a slope and noise, of which the last 60 are judged at the level of 99. The labelled
ones are spikes, level shifts (their first two readings) and a missing peak of the season. Sizes are in standard deviations
of the noise.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from service.forecast.anomalies import Judgement, check_last
from service.forecast.context_forecaster import ContextForecaster
from service.interfaces import Array
from training.evaluation import served

COUNT, JUDGED, LEVEL = 160, 60, 99.0
NOISE = 2.0
SEASONS = (12, 7, 24)
NEAR = 5  # readings after a shift that may be flagged too

Spoil = Callable[[Generator, Array], set[int]]


class Found(NamedTuple):
    """Labelled readings that were found, all labelled ones, those flagged besides, and all that were judged."""

    found: int
    labelled: int
    others: int
    judged: int

    def row(self) -> str:
        recall = f"{self.found / self.labelled:6.2f}" if self.labelled else "     –"
        precision = f"{self.found / max(self.found + self.others, 1):6.2f}" if self.labelled else "     –"
        return f"{recall} {precision} {100 * self.others / self.judged:7.2f} %"


def series(rng: Generator, season_length: int, memory: float) -> Array:
    """A season, a slope, and noise that remembers a share `memory` of the reading before: (COUNT,)."""
    noise = rng.normal(0, NOISE, COUNT)
    for index in range(1, COUNT):
        noise[index] = memory * noise[index - 1] + np.sqrt(1 - memory**2) * noise[index]
    season: Array = np.resize(rng.normal(0, 8, season_length), COUNT)
    return 100 + season + 0.1 * np.arange(COUNT) + noise


def nothing(rng: Generator, values: Array) -> set[int]:
    del rng, values
    return set()


def spikes(rng: Generator, values: Array, size: float) -> set[int]:
    places = rng.choice(np.arange(COUNT - JUDGED + 4, COUNT - 1, NEAR), 3, replace=False)
    values[places] += size * NOISE * rng.choice([-1, 1], 3)
    return set(places.tolist())


def shift(rng: Generator, values: Array, size: float) -> set[int]:
    place = int(rng.integers(COUNT - JUDGED + 10, COUNT - 10))
    values[place:] += size * NOISE * rng.choice([-1, 1])
    return {place, place + 1}


def missing_peak(rng: Generator, values: Array) -> set[int]:
    place = int(rng.integers(COUNT - JUDGED + 4, COUNT - 1))
    values[place] = values.mean() - 9 * NOISE
    return {place}


KINDS: dict[str, tuple[Spoil, float]] = {
    "nothing": (nothing, 0.0),
    "nothing, autocorrelated": (nothing, 0.6),
    "spikes of 5": (partial(spikes, size=5.0), 0.0),
    "spikes of 5, autocorrelated": (partial(spikes, size=5.0), 0.6),
    "spikes of 8": (partial(spikes, size=8.0), 0.0),
    "shift of 5": (partial(shift, size=5.0), 0.0),
    "shift of 10": (partial(shift, size=10.0), 0.0),
    "missing peak": (missing_peak, 0.0),
}


def judge(forecaster: ContextForecaster, values: Array, season_length: int, last: int) -> set[int]:
    """Return the positions of the anomalies."""
    readings: list[float | None] = values.tolist()
    prepared = forecaster.read(readings, 1, (), season_length)
    judgement = Judgement(readings, prepared, check_last(last, len(readings)), LEVEL, forecaster.deviates)
    while items := judgement.items:
        judgement.update(forecaster.predict(items))
    return {point.position for point in judgement.points() if point.anomaly}


def measure(forecaster: ContextForecaster, spoil: Spoil, memory: float, repeats: int) -> Found:
    """Judge `repeats` series of each season length."""
    rng = np.random.default_rng(12)
    found = labelled = others = 0
    for season_length in SEASONS * repeats:
        values = series(rng, season_length, memory)
        labels = spoil(rng, values)
        flagged = judge(forecaster, values, season_length, JUDGED)
        near = {place + distance for place in labels for distance in range(NEAR)}
        found, labelled, others = found + len(flagged & labels), labelled + len(labels), others + len(flagged - near)
    return Found(found, labelled, others, JUDGED * len(SEASONS) * repeats)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.anomalies", description=str(__doc__).split("\n")[0])
    parser.add_argument("--model", default="universal/2", help="name/version (default: %(default)s)")
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--repeats", type=int, default=24, help="series of each season length (default: %(default)s)")
    options = parser.parse_args(argv)
    forecaster = served.load(options.models_dir / options.model)
    if not isinstance(forecaster, ContextForecaster):
        print(f"error: {options.model} is not a forecaster of any series", file=sys.stderr)
        return 1
    print(f"{'':28} recall precision flagged besides")
    for name, (spoil, memory) in KINDS.items():
        print(f"{name:28} {measure(forecaster, spoil, memory, options.repeats).row()}")
    values = series(np.random.default_rng(0), 12, 0.0)
    start = perf_counter()
    for _ in range(5):
        judge(forecaster, values, 12, 24)
    print(f"the last 24 of {COUNT} readings: {(perf_counter() - start) / 5 * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
