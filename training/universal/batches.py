"""Batches of synthetic series for training; batch n depends on (seed, n) alone."""

import queue
import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from service.forecast.context_features import CONTEXT, HORIZON, context_features
from service.interfaces import Array
from training.networks.batch import Batch
from training.universal import synthetic

BATCH = 128  # rows
GROUPS = 4  # in a batch, each of one season length
LENGTHS = (12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, CONTEXT)
LENGTH_SHARES = (0.06, 0.07, 0.09, 0.1, 0.11, 0.12, 0.13, 0.12, 0.09, 0.06, 0.03, 0.02)  # long ones take most time
MAX_TARGET = 50.0  # in units of the scale; targets are clipped to it, so that outliers do not dominate the loss


def make_batch(seed: int, number: int) -> Batch:
    """Make batch `number`: `BATCH` rows of one length and one number of steps, in groups of one season length."""
    rng = np.random.default_rng((seed, number))
    time = int(rng.choice(LENGTHS, p=LENGTH_SHARES))
    steps = int(rng.choice([8, 16, 24, HORIZON], p=[0.3, 0.4, 0.2, 0.1]))
    parts = [_group(rng, BATCH // GROUPS, time, min(steps, max(8, time))) for _ in range(GROUPS)]
    return Batch(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _group(rng: Generator, rows: int, time: int, steps: int) -> Batch:
    season_length = synthetic.choose_season_length(rng)
    start = int(rng.integers(0, 3 * season_length + 1))  # a series may begin anywhere in its season
    series = synthetic.sample(rng, rows, start + time + steps, season_length)[:, start:]
    stated = _stated_season_length(rng, season_length)
    past, future = series[:, :time], series[:, time:]
    lengths = np.full(rows, time)
    is_shorter = rng.random(rows) < 0.3
    lengths[is_shorter] = rng.integers(max(4, time // 3), time + 1, is_shorter.sum())
    past, observed = with_gaps(rng, past)
    features = context_features(past, lengths, observed, stated, steps)
    target = np.clip((future - features.base) / features.scale, -MAX_TARGET, MAX_TARGET)
    return Batch(features.readings, features.steps, target.astype(np.float32))


def _stated_season_length(rng: Generator, season_length: int) -> int:
    """Return the season length that the features use: nearly always the true one."""
    draw = rng.random()
    if season_length > 1 and draw < 0.06:
        return 1
    return synthetic.choose_season_length(rng) if draw < 0.09 else season_length


def with_gaps(rng: Generator, values: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Remove readings from a few rows of `values` (rows, time) and interpolate them, as the service does.

    Returns the values and a mask of the readings that were not removed, both (rows, time).
    """
    observed = np.ones(values.shape, bool)
    has_gaps = rng.random(len(values)) < 0.08
    observed[has_gaps] = rng.random((has_gaps.sum(), values.shape[1])) > rng.uniform(0.02, 0.2, (has_gaps.sum(), 1))
    observed[:, [0, -1]] = True
    values = values.copy()
    position = np.arange(values.shape[1])
    for row in np.flatnonzero(has_gaps):
        kept = observed[row]
        values[row, ~kept] = np.interp(position[~kept], position[kept], values[row, kept])
    return values, observed


def batches(seed: int, first: int, end: int) -> Iterator[Batch]:
    """Yield batches `first` to `end` - 1; a thread makes the next ones during the training."""
    ready: queue.Queue[Batch] = queue.Queue(maxsize=4)

    def make() -> None:
        for number in range(first, end):
            ready.put(make_batch(seed, number))

    threading.Thread(target=make, daemon=True).start()
    for _ in range(first, end):
        yield ready.get()
