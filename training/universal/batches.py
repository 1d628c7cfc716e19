"""Batches of synthetic series for training; batch n depends on (seed, n) alone."""

import queue
import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from service.forecast.features.context_features import HORIZON, LONG_SEASONS, context_features
from service.interfaces import Array
from training.networks.batch import Batch
from training.universal import synthetic

BATCH = 256  # rows
GROUPS = 8  # in a batch, each of one season length
MAX_TARGET = 50.0  # in units of the scale; targets are clipped to it, so that outliers do not dominate the loss
MIN_SEASONS, MAX_SEASONS = 1.2, 40.0  # that a row holds, but for its season's longer one


class Shape(NamedTuple):
    """Rows of up to `time` readings and `steps` steps, and the share of the batches that are so."""

    time: int
    steps: int
    share: float


SHAPES = (
    Shape(16, 8, 0.07), Shape(32, 8, 0.1), Shape(32, 20, 0.03), Shape(64, 8, 0.09), Shape(64, 20, 0.13),
    Shape(128, 20, 0.18), Shape(128, HORIZON, 0.04), Shape(256, 20, 0.08), Shape(256, HORIZON, 0.06),
    Shape(512, 20, 0.05), Shape(512, HORIZON, 0.06), Shape(1024, HORIZON, 0.07), Shape(2048, HORIZON, 0.04),
)  # fmt: skip


def make_batch(seed: int, number: int) -> Batch:
    """Make batch `number`: `BATCH` rows of one shape, in groups of one season length."""
    rng = np.random.default_rng((seed, number))
    shape = SHAPES[rng.choice(len(SHAPES), p=[shape.share for shape in SHAPES])]
    parts = [_group(rng, BATCH // GROUPS, shape.time, shape.steps) for _ in range(GROUPS)]
    return Batch(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def choose_season_length(rng: Generator, time: int) -> int:
    """Choose a season length that rows of `time` // 2 to `time` readings may have."""
    shares = np.array(synthetic.SEASON_SHARES) * [_overlap(length, time) for length in synthetic.SEASONS]
    return int(rng.choice(synthetic.SEASONS, p=shares / shares.sum()))


def _overlap(season_length: int, time: int) -> float:
    """The share of the usual lengths, on a logarithmic scale, that lies between `time` / 2 and `time`."""
    shortest = MIN_SEASONS * season_length if season_length > 1 else 5.0
    longest = max(MAX_SEASONS * season_length, 3.5 * LONG_SEASONS.get(season_length, 0), 300.0)
    low, high = max(time / 2, shortest), min(time, longest)
    return max(0.0, np.log(high / low)) / np.log(longest / shortest) if high > low else 0.0


def _group(rng: Generator, rows: int, time: int, steps: int) -> Batch:
    season_length = choose_season_length(rng, time)
    start = int(rng.integers(0, min(3 * season_length, 600) + 1))  # a series may begin anywhere in its season
    series = synthetic.sample(rng, rows, start + time + steps, season_length)[:, start:]
    stated = _stated_season_length(rng, season_length, time)
    past, future = series[:, :time], series[:, time:]
    lengths = rng.integers(max(5, time // 2), time + 1, rows)
    is_shorter = rng.random(rows) < 0.1
    lengths[is_shorter] = rng.integers(max(4, time // 4), time + 1, is_shorter.sum())
    past, observed = with_gaps(rng, past)
    features = context_features(past, lengths, observed, stated, steps)
    target = np.clip((future - features.base) / features.scale, -MAX_TARGET, MAX_TARGET)
    return Batch(features.readings, features.steps, target.astype(np.float32))


def _stated_season_length(rng: Generator, season_length: int, time: int) -> int:
    """Return the season length that the features use: nearly always the true one."""
    draw = rng.random()
    if season_length > 1 and draw < 0.04:
        return 1
    return choose_season_length(rng, time) if draw < 0.06 else season_length


def with_gaps(rng: Generator, values: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Remove readings from a few rows of `values` (rows, time) and interpolate them, as the service does.

    Some rows lose single readings, others a whole stretch. Returns the values and a mask of the readings that were not
    removed, both (rows, time).
    """
    count, time = values.shape
    observed = np.ones(values.shape, bool)
    with_gap = np.flatnonzero(rng.random(count) < 0.08)
    observed[with_gap] = rng.random((len(with_gap), time)) > rng.uniform(0.02, 0.3, (len(with_gap), 1))
    for row in np.flatnonzero(rng.random(count) < 0.02):
        width = int(rng.integers(2, max(3, time // 3)))
        begin = int(rng.integers(1, max(2, time - width - 1)))
        observed[row, begin : begin + width] = False
    observed[:, [0, -1]] = True
    values = values.copy()
    position = np.arange(time)
    for row in np.flatnonzero(~observed.all(axis=1)):
        kept = observed[row]
        values[row, ~kept] = np.interp(position[~kept], position[kept], values[row, kept])
    return values, observed


def batches(seed: int, first: int, end: int) -> Iterator[Batch]:
    """Yield batches `first` to `end` - 1; a thread makes the next ones during the training."""
    ready: queue.Queue[Batch] = queue.Queue(maxsize=8)

    def make() -> None:
        for number in range(first, end):
            ready.put(make_batch(seed, number))

    threading.Thread(target=make, daemon=True).start()
    for _ in range(first, end):
        yield ready.get()
