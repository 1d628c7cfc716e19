"""Batches of synthetic series, made from (seed, number) alone."""

import queue
import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from service import interfaces
from service.forecast.context_features import CONTEXT, HORIZON, context_features
from training.networks.universal import Batch
from training.universal import synthetic

BATCH = 128
GROUPS = 4  # of one season each, in a batch
LENGTHS = (12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, CONTEXT)
LENGTH_SHARES = (0.06, 0.07, 0.09, 0.1, 0.11, 0.12, 0.13, 0.12, 0.09, 0.06, 0.03, 0.02)  # the long cost the most
MAX_TARGET = 50.0  # in units of the scale; what lies further teaches no more


def make_batch(seed: int, number: int) -> Batch:
    """One batch, of one length and one number of steps, and of a few seasons."""
    chance = np.random.default_rng((seed, number))
    time_ = int(chance.choice(LENGTHS, p=LENGTH_SHARES))
    steps = int(chance.choice([8, 16, 24, HORIZON], p=[0.3, 0.4, 0.2, 0.1]))
    parts = [_group(chance, BATCH // GROUPS, time_, min(steps, max(8, time_))) for _ in range(GROUPS)]
    return Batch(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _group(chance: np.random.Generator, rows: int, time_: int, steps: int) -> Batch:
    season = synthetic.choose_season(chance)
    early = int(chance.integers(0, 3 * season + 1))  # where in the season a series begins
    series = synthetic.sample(chance, rows, early + time_ + steps, season)[:, early:]
    told = _stated_season(chance, season)
    known, future = series[:, :time_], series[:, time_:]
    lengths = np.full(rows, time_)
    shorter = chance.random(rows) < 0.3
    lengths[shorter] = chance.integers(max(4, time_ // 3), time_ + 1, shorter.sum())
    known, seen = with_gaps(chance, known)
    made = context_features(known, lengths, seen, told, steps)
    target = np.clip((future - made.base) / made.scale, -MAX_TARGET, MAX_TARGET)
    return Batch(made.readings, made.steps, target.astype(np.float32))


def _stated_season(chance: np.random.Generator, season: int) -> int:
    """The season that the network is told: nearly always the true one."""
    draw = chance.random()
    if season > 1 and draw < 0.06:
        return 1
    return synthetic.choose_season(chance) if draw < 0.09 else season


def with_gaps(chance: np.random.Generator, values: interfaces.Array) -> tuple[interfaces.Array, npt.NDArray[np.bool_]]:
    """Take out readings here and there, and interpolate them as the service does."""
    seen = np.ones(values.shape, bool)
    gappy = chance.random(len(values)) < 0.08
    seen[gappy] = chance.random((gappy.sum(), values.shape[1])) > chance.uniform(0.02, 0.2, (gappy.sum(), 1))
    seen[:, [0, -1]] = True
    values = values.copy()
    position = np.arange(values.shape[1])
    for row in np.flatnonzero(gappy):
        there = seen[row]
        values[row, ~there] = np.interp(position[~there], position[there], values[row, there])
    return values, seen


def batches(seed: int, first: int, end: int) -> Iterator[Batch]:
    """Batches `first` to `end`, made on a thread beside the training."""
    made: queue.Queue[Batch] = queue.Queue(maxsize=4)

    def make() -> None:
        for number in range(first, end):
            made.put(make_batch(seed, number))

    threading.Thread(target=make, daemon=True).start()
    for _ in range(first, end):
        yield made.get()
