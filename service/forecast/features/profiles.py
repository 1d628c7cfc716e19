"""Seasonal profiles: what each phase of a season usually adds to the level, from the last seasons of a row."""

import functools
from typing import NamedTuple

import numpy as np

from ...interfaces import Array, Labels

MAX_SEASONS = 16  # a profile is a mean over so many seasons, at most
FAST_DECAY, SLOW_DECAY = 0.65, 0.9  # the weight of a season over the weight of the next one
ONE_SEASON_SHRINKAGE = 0.8  # where a single season cannot show what is noise
SLOPE_SEASONS = 8  # between whose means the slope is taken, at most
MAX_GROWTH = 4.0  # of the level since an older season, in the proportional profile
MAX_LONG_SEASONS = 4
LONG_DECAY = 0.7


class SeasonalProfile(NamedTuple):
    """Profiles by phase from the origin, (rows, 4, season_length), and what they are like, (rows, 1).

    The four are `fast` shrunk by what is noise, `fast`, `slow`, and one that grows with the level.
    """

    by_phase: Array
    strength: Array
    shrinkage: Array
    seasons: Array

    @property
    def base(self) -> Array:
        return self.by_phase[:, 0]

    @property
    def fast(self) -> Array:
        return self.by_phase[:, 1]

    @property
    def slow(self) -> Array:
        return self.by_phase[:, 2]

    @property
    def proportional(self) -> Array:
        return self.by_phase[:, 3]


class LongProfile(NamedTuple):
    """What a longer season adds to each step, zeros without one: (rows, 3, steps) and (rows, 1).

    The three are the mean, shrunk, that of the last season, and the mean.
    """

    by_step: Array
    correlation: Array
    seasons: Array

    @property
    def base(self) -> Array:
        return self.by_step[:, 0]


class _Weights(NamedTuple):
    """By how many whole seasons a row has: weights (…, 3, seasons) of fast, slow and proportional profiles.

    `noise` is the share of unexplained variance that is noise in the fast profile, `ceiling` the highest shrinkage.
    """

    by_season: Array
    noise: Array
    ceiling: Array


@functools.lru_cache(64)
def _weights(used: int) -> _Weights:
    fast, slow = _decaying(FAST_DECAY, used), _decaying(SLOW_DECAY, used)
    effective = 1 / np.maximum(np.square(fast).sum(axis=1), 1e-9)
    noise = 1 / np.maximum(effective - 1, 1e-9)
    noise[:2], ceiling = 0, np.ones(used + 1)  # one season does not show its noise
    ceiling[:2] = 0, ONE_SEASON_SHRINKAGE
    return _Weights(np.stack([fast, slow, slow], axis=1), noise, ceiling)


@functools.lru_cache(64)
def _decaying(decay: float, used: int) -> Array:
    """Weights of the last seasons, which add up to 1, by how many are whole: (used + 1, used)."""
    weights = decay ** np.arange(used - 1, -1, -1.0) * (np.arange(used, 0, -1) <= np.arange(used + 1)[:, None])
    shares: Array = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return shares


def seasonal_profile(values: Array, lengths: Labels, season_length: int) -> SeasonalProfile:
    """Return weighted means of the last seasons' deviations from their own means and from the slope between the means.

    values: (rows, time), right-aligned. The shrinkage is the share of the profile's variance that is not noise, as of
    James and Stein: 1 − noise / (seasons × signal).
    """
    count, length = len(values), season_length
    used = min(MAX_SEASONS, values.shape[1] // length)
    if length == 1 or used == 0:
        zero = np.zeros((count, 1))
        return SeasonalProfile(np.zeros((count, 4, length)), zero, zero, zero)
    blocks = values[:, -used * length :].reshape(count, used, length)
    seasons = np.minimum(lengths // length, used)
    means = np.add.reduce(blocks, axis=2) / length
    deviations = _deviations(blocks, means, seasons)
    table = _weights(used)
    weights = table.by_season.take(seasons, axis=0)
    weights[:, 2] *= _growth(means, weights[:, 1])
    by_phase = np.empty((count, 4, length))
    np.matmul(weights, deviations, out=by_phase[:, 1:])
    fast = by_phase[:, 1]
    residuals = deviations - by_phase[:, 1:2]
    explained = np.vecdot(fast, fast)
    unexplained = np.vecdot(np.vecdot(residuals, residuals), weights[:, 0])
    noise = unexplained * table.noise.take(seasons)
    shrinkage = np.maximum(1 - noise / np.maximum(explained, 1e-300), 0.0) * table.ceiling.take(seasons)
    strength = explained / np.maximum(explained + unexplained, 1e-300)
    by_phase[:, 0] = fast * shrinkage[:, None]
    return SeasonalProfile(by_phase, strength[:, None], shrinkage[:, None], seasons[:, None] * 1.0)


def _deviations(blocks: Array, means: Array, seasons: Labels) -> Array:
    """Seasons (rows, seasons, season_length) less their own means and the slope between the last means."""
    count, used, length = blocks.shape
    steps = np.minimum(np.maximum(seasons, 1), SLOPE_SEASONS) - 1
    slope = (means[:, -1] - means[np.arange(count), used - 1 - steps]) / (length * np.maximum(steps, 1))
    deviations = blocks - means[:, :, None]
    deviations -= (slope[:, None] * _positions(length))[:, None]
    return deviations


@functools.lru_cache(64)
def _positions(length: int) -> Array:
    """Where each phase is, from the middle of the season."""
    return np.arange(length, dtype=np.float64) - (length - 1) / 2


def _growth(means: Array, weights: Array) -> Array:
    """The last season's mean over each season's, (rows, seasons); 1 for rows that are not above 0 throughout."""
    is_above = means > 0
    is_above &= (is_above | (weights == 0)).all(axis=1, keepdims=True)
    ratio = np.ones(means.shape)
    np.divide(means[:, -1:], means, out=ratio, where=is_above)
    growth: Array = np.minimum(np.maximum(ratio, 1 / MAX_GROWTH), MAX_GROWTH)
    return growth


def long_profile(deseasonalized: Array, lengths: Labels, long_season: int, steps: int) -> LongProfile:
    """Return what a season of `long_season` readings adds beyond the shorter one; 0 means that there is none.

    deseasonalized: (rows, time), right-aligned. The mean is shrunk by the correlation of the last long season with the
    one before, where two are there.
    """
    count, time = deseasonalized.shape
    used = min(MAX_LONG_SEASONS, time // long_season) if long_season else 0
    by_step, correlation = np.zeros((count, 3, steps)), np.zeros((count, 1))
    if used == 0:
        return LongProfile(by_step, correlation, correlation)
    blocks = deseasonalized[:, -used * long_season :].reshape(count, used, long_season)
    blocks = blocks - np.add.reduce(blocks, axis=2, keepdims=True) / long_season
    seasons = np.minimum(lengths // long_season, used)
    at_steps = blocks.take(np.arange(steps) % long_season, axis=2)
    by_step[:, 1] = at_steps[:, -1] * (seasons > 0)[:, None]
    np.matmul(_decaying(LONG_DECAY, used).take(seasons, axis=0)[:, None], at_steps, out=by_step[:, 2:])
    if used > 1:
        last, before = blocks[:, -1], blocks[:, -2]
        norm = np.sqrt(np.vecdot(last, last) * np.vecdot(before, before))
        found = np.minimum(np.maximum(np.vecdot(last, before) / np.maximum(norm, 1e-300), -1), 1)
        correlation[:, 0] = found * (seasons > 1)
    by_step[:, 0] = np.maximum(correlation, 0.0) * by_step[:, 2]
    return LongProfile(by_step, correlation, seasons[:, None] * 1.0)
