"""Seasonal profiles: what each phase of a season usually adds to the level, from the last seasons of a row."""

from typing import NamedTuple

import numpy as np

from service.interfaces import Array, Labels, Mask

MAX_SEASONS = 16  # a profile is a mean over so many seasons, at most
FAST_DECAY, SLOW_DECAY = 0.65, 0.9  # the weight of a season over the weight of the next one
ONE_SEASON_SHRINKAGE = 0.8  # where a single season cannot show what is noise
MAX_GROWTH = 4.0  # of the level since an older season, in the proportional profile
MAX_LONG_SEASONS = 4
LONG_DECAY = 0.7


class SeasonalProfile(NamedTuple):
    """Profiles (rows, season_length) by phase from the origin, and what they are like, (rows, 1).

    `base` is `fast` shrunk by what is noise; `proportional` grows with the level.
    """

    base: Array
    fast: Array
    slow: Array
    proportional: Array
    strength: Array
    shrinkage: Array
    seasons: Array


class LongProfile(NamedTuple):
    """What a longer season adds to each step: (rows, steps), zeros without one. `correlation` and `seasons` are (rows, 1)."""

    base: Array
    last: Array
    mean: Array
    correlation: Array
    seasons: Array


def seasonal_profile(values: Array, is_filled: Mask, season_length: int) -> SeasonalProfile:
    """Return weighted means of the last seasons' deviations from their own means and from the slope between the means.

    values: (rows, time), right-aligned. The shrinkage is the share of the profile's variance that is not noise, as of
    James and Stein: 1 − noise / (seasons × signal).
    """
    count, length = len(values), season_length
    used = min(MAX_SEASONS, values.shape[1] // length)
    if length == 1 or used == 0:
        none, zero = np.zeros((count, length)), np.zeros((count, 1))
        return SeasonalProfile(none, none, none, none, zero, zero, zero)
    blocks = values[:, -used * length :].reshape(count, used, length)
    is_whole = is_filled[:, -used * length :: length]  # a season is whole if its first reading is there
    means = blocks.mean(axis=2)
    seasons = is_whole.sum(axis=1)
    recent = np.minimum(seasons, 8)
    oldest = means[np.arange(count), np.clip(used - recent, 0, used - 1)]
    slope = (means[:, -1] - oldest) / (length * np.maximum(recent - 1, 1))
    position = np.arange(length) - (length - 1) / 2
    deviations = blocks - means[:, :, None] - slope[:, None, None] * position
    age = np.arange(used - 1, -1, -1.0)
    weights = FAST_DECAY**age * is_whole
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    slow_weights = SLOW_DECAY**age * is_whole
    slow_weights /= np.maximum(slow_weights.sum(axis=1, keepdims=True), 1e-9)
    growth = _growth(means, is_whole)
    three = np.stack([weights, slow_weights, slow_weights * growth], axis=1) @ deviations
    fast, slow, proportional = three[:, 0], three[:, 1], three[:, 2]
    unexplained = (np.square(deviations - fast[:, None, :]).mean(axis=2) * weights).sum(axis=1)
    explained = np.square(fast).mean(axis=1)
    effective = 1 / np.maximum(np.square(weights).sum(axis=1), 1e-9)
    strength = explained / np.maximum(explained + unexplained, 1e-300)
    noise = unexplained / np.maximum(effective - 1, 1e-9)
    shrinkage = np.where(seasons > 1, np.clip(1 - noise / np.maximum(explained, 1e-300), 0, 1), ONE_SEASON_SHRINKAGE)
    there = (seasons > 0)[:, None]
    shrinkage = np.where(there, shrinkage[:, None], 0.0)
    return SeasonalProfile(
        fast * shrinkage,
        fast,
        slow,
        proportional,
        np.where(there, strength[:, None], 0.0),
        shrinkage,
        seasons[:, None] * 1.0,
    )


def _growth(means: Array, is_whole: Mask) -> Array:
    """The last season's mean over each season's, (rows, seasons); 1 for rows that are not above 0 throughout."""
    is_positive = ((means > 0) | ~is_whole).all(axis=1, keepdims=True)
    ratio = means[:, -1:] / np.where(means > 0, means, 1.0)
    return np.where(is_positive, np.clip(ratio, 1 / MAX_GROWTH, MAX_GROWTH), 1.0)


def long_profile(deseasonalized: Array, lengths: Labels, long_season: int, steps: int) -> LongProfile:
    """Return what a season of `long_season` readings adds beyond the shorter one; 0 means that there is none.

    deseasonalized: (rows, time), right-aligned. `base` is the mean, shrunk by the correlation of the last long season
    with the one before, where two are there.
    """
    count, time = deseasonalized.shape
    used = min(MAX_LONG_SEASONS, time // long_season) if long_season else 0
    if used == 0:
        none, zero = np.zeros((count, steps)), np.zeros((count, 1))
        return LongProfile(none, none, none, zero, zero)
    blocks = deseasonalized[:, -used * long_season :].reshape(count, used, long_season)
    blocks = blocks - blocks.mean(axis=2, keepdims=True)
    seasons = np.minimum(lengths // long_season, used)
    is_whole = np.arange(used, 0, -1) <= seasons[:, None]
    weights = LONG_DECAY ** np.arange(used - 1, -1, -1.0) * is_whole
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    phase = np.arange(steps) % long_season
    mean = (weights[:, None, :] @ blocks[:, :, phase])[:, 0]
    last = np.where((seasons > 0)[:, None], blocks[:, -1, phase], 0.0)
    correlation = np.zeros(count)
    if used > 1:
        products = (blocks[:, -1] * blocks[:, -2]).sum(axis=1)
        norm = np.sqrt(np.square(blocks[:, -1]).sum(axis=1) * np.square(blocks[:, -2]).sum(axis=1))
        correlation = np.where(seasons > 1, np.clip(products / np.maximum(norm, 1e-300), -1, 1), 0.0)
    shrunk = np.maximum(correlation, 0.0)[:, None] * mean
    return LongProfile(shrunk, last, mean, correlation[:, None], seasons[:, None] * 1.0)
