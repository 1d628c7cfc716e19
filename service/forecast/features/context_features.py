"""Readings of any series → the features that the universal network reads, and its quantiles → original units.

Every row is centred on its own recent level and divided by its own mean seasonal difference, so the network never sees
the level, the scale or the units of a series. It reads the history as blocks that are the longer the older they are, and
for each step what simple forecasts give (smoothing.py, profiles.py). Training makes its inputs here too.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...interfaces import Array, Inputs, Labels, Mask
from . import smoothing
from .profiles import LongProfile, SeasonalProfile, long_profile, seasonal_profile
from .scaled_rows import ScaledRows, scaled_rows
from .smoothing import Smoothed

FORM = 2  # of the features; a network can read those that it was trained with, and no others
CONTEXT = 2048  # readings that are read, at most
HORIZON = 64  # steps that are forecast at once, at most
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NEWEST = 16  # readings that are a block each; older blocks are of 2, 4, 8, … readings
BLOCKS = 8  # of each size
READING_FEATURES = 10
STEP_FEATURES = 41
SIMPLE_FORECASTS = 21  # the first features of a step, less the base
LONG_SEASONS = {7: 364, 24: 168, 48: 336, 96: 672, 144: 1008, 288: 2016}  # season → a longer one beside it
LAGS = 4  # seasons whose readings a step sees, each by itself
_DOWN_AND_UP = np.array([-1.0, 1.0])


class ContextFeatures(NamedTuple):
    """The network's inputs, `readings` (rows, blocks, 10) and `steps` (rows, steps, 41), and what its output is relative to.

    A quantile in original units is base + scale × output; `base` is (rows, steps) and `scale` (rows, 1).
    """

    readings: Inputs
    steps: Inputs
    base: Array
    scale: Array


def context_features(
    values: Array, lengths: Labels, observed_mask: Mask, season_length: int, steps: int
) -> ContextFeatures:
    """Return the features of rows of one season length, for forecasts of `steps` steps.

    values: (rows, time) without gaps, oldest first, each row's `lengths` readings at the right end; observed_mask: False
    where a reading is interpolated. A season that is as long as the longest row or longer counts as 1.
    """
    rows = scaled_rows(values, lengths, season_length)
    length, time = rows.season_length, values.shape[1]
    profile = seasonal_profile(rows.values, lengths, length)
    deseasonalized = rows.values - profile.base.take(_phases(-time, 0, length), axis=1)
    smoothed = smoothing.smooth(deseasonalized, rows.is_filled, lengths, rows.scale)
    above = long_profile(deseasonalized, lengths, LONG_SEASONS.get(length, 0), steps)
    profiles = np.concatenate([profile.by_phase.take(_phases(0, steps, length), axis=2), above.by_step], axis=1)
    base = smoothed.level + profiles[:, 0] + above.base
    each = _of_readings(rows, deseasonalized, smoothed.level, observed_mask)
    return ContextFeatures(
        _reading_features(rows, each),
        _step_features(rows, smoothed, profiles, base, _of_row(rows, each[0], smoothed, profile, above)),
        base,
        rows.scale,
    )


def quantiles(features: ContextFeatures, output: npt.NDArray[np.floating]) -> Array:
    """Return the network's output (rows, steps, 9) in original units, ascending."""
    return np.sort(features.base[:, :, None] + features.scale[:, :, None] * output.astype(np.float64), axis=2)


@functools.lru_cache(256)
def _phases(start: int, stop: int, season_length: int) -> Labels:
    return np.arange(start, stop) % season_length


class _Blocks(NamedTuple):
    """The blocks that hold some readings, oldest first, each (blocks,): `newer` counts the readings after a block."""

    sizes: Labels
    starts: Labels
    newer: Labels
    size_feature: Array
    count_of_readings: int


@functools.lru_cache(64)
def _blocks(time: int) -> _Blocks:
    sizes = [1] * NEWEST
    while sum(sizes) < time:
        sizes = [2 * (sizes[0] if len(sizes) > NEWEST else 1)] * BLOCKS + sizes
    each: Labels = np.array(sizes)
    ends: Labels = np.cumsum(each)
    return _Blocks(each, ends - each, ends[-1] - ends, np.log2(each) / 8, sum(sizes))


def block_count(time: int) -> int:
    """Return how many blocks hold `time` readings."""
    return len(_blocks(time).sizes)


def _of_readings(rows: ScaledRows, deseasonalized: Array, level: Array, observed_mask: Mask) -> Array:
    """What blocks are sums of, (6, rows, time), padded on the left to whole blocks, and 0 before a row begins.

    In units of the scale: readings without and with their season, less the level; seasonal differences; squares of the
    first; its differences of a longer season. The last is 1 where a reading is observed.
    """
    count, time = rows.values.shape
    length, longer = rows.season_length, LONG_SEASONS.get(rows.season_length) or time
    padded = np.zeros((6, count, _blocks(time).count_of_readings))
    each = padded[:, :, -time:]
    np.subtract(deseasonalized, level, out=each[0])
    np.subtract(rows.values, level, out=each[1])
    each[2, :, length:] = rows.differences
    each[:3] /= rows.scale
    each[:2] *= rows.is_filled
    np.square(each[0], out=each[3])
    if longer < time:
        np.subtract(each[0, :, longer:], each[0, :, :-longer], out=each[4, :, longer:])
        each[4, :, longer:] *= rows.is_filled[:, :-longer]
    np.logical_and(observed_mask, rows.is_filled, out=each[5])
    return padded


def _reading_features(rows: ScaledRows, each: Array) -> Inputs:
    """(rows, blocks, 10): means and spread of every block, what changed since the one before, flags."""
    count, blocks = len(rows.values), _blocks(rows.values.shape[1])
    filled = np.minimum(np.maximum(rows.lengths[:, None] - blocks.newer, 0), blocks.sizes)
    sums = np.add.reduceat(each, blocks.starts, axis=2)
    means = sums[:5] / np.maximum(filled, 1)
    change = np.zeros((count, len(blocks.sizes)))
    change[:, 1:] = (means[0, :, 1:] - means[0, :, :-1]) * (filled[:, :-1] > 0)
    means[3] = np.sqrt(np.maximum(means[3] - np.square(means[0]), 0))  # the spread
    means = np.arcsinh(means, out=means).transpose(1, 2, 0)
    features = np.empty((count, len(blocks.sizes), READING_FEATURES), np.float32)
    features[:, :, 0:3] = means[:, :, 0:3]
    features[:, :, 3] = np.arcsinh(change)
    features[:, :, 4:6] = means[:, :, 3:5]
    features[:, :, 6] = sums[5] / blocks.sizes
    features[:, :, 7] = filled / blocks.sizes
    features[:, :, 8] = blocks.size_feature
    features[:, :, 9] = math.log(rows.season_length) / 4
    return features


def _step_features(rows: ScaledRows, smoothed: Smoothed, profiles: Array, base: Array, of_row: Array) -> Inputs:
    """(rows, steps, 41): simple forecasts of each step, and what kind of series this is."""
    count, steps = base.shape
    distance = np.arange(1.0, steps + 1)
    simple = np.empty((count, SIMPLE_FORECASTS, steps))
    simple[:, 0:4] = smoothed.slopes[:, :, None] * distance
    simple[:, 4:6] = smoothing.trend_forecasts(smoothed, steps)
    simple[:, 6:9] = smoothed.levels[:, :, None]
    simple[:, 4:9] -= smoothed.level[:, :, None]
    simple[:, 9:13] = _lagged(rows, base)
    simple[:, 13:20] = profiles
    simple[:, 14:17] -= profiles[:, :1]
    simple[:, 20] = simple[:, 3] / 2  # half the slope of all readings, as in the theta method
    simple /= rows.scale[:, :, None]
    features = np.empty((count, steps, STEP_FEATURES), np.float32)
    features[:, :, :SIMPLE_FORECASTS] = np.arcsinh(simple, out=simple).transpose(0, 2, 1)
    features[:, :, SIMPLE_FORECASTS:38] = of_row[:, None]
    features[:, :, 38:] = _of_step(steps, rows.season_length)
    return features


@functools.lru_cache(256)
def _of_step(steps: int, season_length: int) -> Array:
    """(steps, 3): how far each step is."""
    distance = np.arange(1.0, steps + 1)
    return np.stack([distance / HORIZON, np.sqrt(distance / 8), np.minimum(distance / season_length, 4) / 4], axis=1)


def _lagged(rows: ScaledRows, base: Array) -> Array:
    """Readings of the last seasons less the base, (rows, 4, steps); the oldest one there is, where it is shorter."""
    steps = base.shape[1]
    seasons = np.minimum(rows.lengths // rows.season_length, LAGS)
    index = _lag_index(rows.values.shape[1], rows.season_length, steps).take(seasons, axis=0)
    index += np.arange(0, rows.values.size, rows.values.shape[1])[:, None, None]
    lagged = rows.values.take(index)
    lagged -= base[:, None]
    lagged *= (seasons > 0)[:, None, None]
    return lagged


@functools.lru_cache(256)
def _lag_index(time: int, season_length: int, steps: int) -> Labels:
    """Where the readings of the last seasons are, by how many there are: (LAGS + 1, LAGS, steps)."""
    lag = np.minimum(np.arange(1, LAGS + 1), np.maximum(np.arange(LAGS + 1), 1)[:, None])
    index: Labels = np.maximum(time + np.arange(steps) % season_length - lag[:, :, None] * season_length, 0)
    return index


def _of_row(
    rows: ScaledRows, distance: Array, smoothed: Smoothed, profile: SeasonalProfile, above: LongProfile
) -> Array:
    """(rows, 17): what kind of series a row is. `distance` (rows, time) is 0 before a row begins."""
    level = smoothed.level / rows.scale
    extremes = np.empty((2, len(level)))
    rows.values.min(axis=1, out=extremes[0])
    rows.values.max(axis=1, out=extremes[1])
    is_extreme = (rows.values == extremes[:, :, None]) & rows.is_filled
    ratios = _log_ratios(np.vecdot(distance, distance) / rows.lengths, level, smoothed.errors)
    columns = np.empty((len(level), 17))
    columns[:, 0] = math.log(rows.season_length) / 4
    columns[:, 1] = np.log(rows.lengths) / 6
    columns[:, 2:3], columns[:, 3:4], columns[:, 4:5] = profile.seasons / 8, profile.strength, profile.shrinkage
    columns[:, 5:6], columns[:, 6:7] = above.seasons / 4, above.correlation
    columns[:, 7:9], columns[:, 13:15] = ratios[:, :2], ratios[:, 2:]
    columns[:, 9:11] = np.arcsinh((extremes.T / rows.scale - level) * _DOWN_AND_UP) / 3
    columns[:, 11:13] = (is_extreme.sum(axis=2) / rows.lengths).T
    columns[:, 15:16], columns[:, 16:17] = smoothed.rate, smoothed.autocorrelation
    return columns


def _log_ratios(variance: Array, level: Array, errors: Array) -> Array:
    """Logarithms of the scale over the spread and over the level, and of errors over the scale and one another: (rows, 4)."""
    sizes = np.empty((len(level), 4))
    np.sqrt(variance, out=sizes[:, 0])
    np.abs(level, out=sizes[:, 1:2])
    sizes[:, 2:] = errors
    logs = np.log(np.maximum(sizes, 1e-9, out=sizes), out=sizes)
    logs[:, 3] -= logs[:, 2]
    logs[:, :2] *= -1
    ratios: Array = np.minimum(np.maximum(logs, -6), 6) / 3
    return ratios
