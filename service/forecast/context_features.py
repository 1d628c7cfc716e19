"""Readings of any series → the features that the universal network reads, and its quantiles → original units.

Every row is centred on its own recent level and divided by its own mean seasonal difference, so the network never sees
the level, the scale or the units of a series. It reads the history as blocks that are the longer the older they are, and
for each step what simple forecasts give (smoothing.py, profiles.py). Training makes its inputs here too.
"""

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.forecast import smoothing
from service.forecast.profiles import LongProfile, SeasonalProfile, long_profile, seasonal_profile
from service.forecast.smoothing import Smoothed
from service.interfaces import Array, Inputs, Labels, Mask

CONTEXT = 2048  # readings that are read, at most
HORIZON = 64  # steps that are forecast at once, at most
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NEWEST = 16  # readings that are a block each; older blocks are of 2, 4, 8, … readings
BLOCKS = 8  # of each size
READING_FEATURES = 10
STEP_FEATURES = 41
SIMPLE_FORECASTS = 21  # the first features of a step, less the base
LONG_SEASONS = {7: 364, 24: 168, 48: 336, 96: 672, 144: 1008, 288: 2016}  # season → a longer one beside it
SCALE_SEASONS, SCALE_READINGS = 6, 60  # after which the weight of a difference in the scale is 1/e
LAGS = 4  # seasons whose readings a step sees, each by itself


class ContextFeatures(NamedTuple):
    """The network's inputs, `readings` (rows, blocks, 10) and `steps` (rows, steps, 41), and what its output is relative to.

    A quantile in original units is base + scale × output; `base` is (rows, steps) and `scale` (rows, 1).
    """

    readings: Inputs
    steps: Inputs
    base: Array
    scale: Array


class _Rows(NamedTuple):
    """Series of one season length: `values` (rows, time), right-aligned. `is_filled` is False before a short row begins."""

    values: Array
    is_filled: Mask
    lengths: Labels
    season_length: int
    scale: Array


def context_features(
    values: Array, lengths: Labels, observed_mask: Mask, season_length: int, steps: int
) -> ContextFeatures:
    """Return the features of rows of one season length, for forecasts of `steps` steps.

    values: (rows, time) without gaps, oldest first, each row's `lengths` readings at the right end; observed_mask: False
    where a reading is interpolated. A season that is as long as the longest row or longer counts as 1.
    """
    time = values.shape[1]
    season_length = season_length if season_length < time else 1
    is_filled = np.arange(time) >= time - lengths[:, None]
    first = values[np.arange(len(values)), time - lengths][:, None]
    values = np.where(is_filled, values, first)
    rows = _Rows(values, is_filled, lengths, season_length, _scale(values, is_filled, season_length))
    profile = seasonal_profile(values, is_filled, season_length)
    phase = np.arange(-time, 0) % season_length
    deseasonalized = values - profile.base[:, phase]
    smoothed = smoothing.smooth(deseasonalized, is_filled, rows.scale)
    above = long_profile(deseasonalized, lengths, LONG_SEASONS.get(season_length, 0), steps)
    base = smoothed.level + profile.base[:, np.arange(steps) % season_length] + above.base
    return ContextFeatures(
        _reading_features(rows, deseasonalized, smoothed.level, observed_mask),
        _step_features(rows, deseasonalized, smoothed, profile, above, base),
        base,
        rows.scale,
    )


def quantiles(features: ContextFeatures, output: npt.NDArray[np.floating]) -> Array:
    """Return the network's output (rows, steps, 9) in original units, ascending."""
    return np.sort(features.base[:, :, None] + features.scale[:, :, None] * output.astype(np.float64), axis=2)


def _scale(values: Array, is_filled: Mask, season_length: int) -> Array:
    """The mean absolute seasonal difference, recent ones weighing more: (rows, 1), above 0.

    It is the first difference of a row without a whole season.
    """
    scale = np.zeros(len(values))
    for lag in dict.fromkeys((season_length, 1)):
        differences = np.abs(values[:, lag:] - values[:, :-lag])
        weights = is_filled[:, :-lag] * _scale_weights(values.shape[1], season_length)[lag:]
        mean = (differences * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-300)
        scale = np.where(scale > 0, scale, mean)
    least = np.maximum(np.abs(values[:, -1]), 1e-12) * 1e-9
    return np.maximum(scale, least)[:, None]


@functools.lru_cache(64)
def _scale_weights(time: int, season_length: int) -> Array:
    weights: Array = np.exp(-np.arange(time - 1, -1, -1.0) / max(SCALE_SEASONS * season_length, SCALE_READINGS))
    return weights


@functools.lru_cache(64)
def _block_sizes(time: int) -> npt.NDArray[np.int64]:
    """The sizes of the blocks that hold `time` readings, oldest first."""
    sizes: list[int] = [1] * NEWEST
    while sum(sizes) < time:
        sizes = [2 * (sizes[0] if len(sizes) > NEWEST else 1)] * BLOCKS + sizes
    return np.array(sizes)


def block_count(time: int) -> int:
    """Return how many blocks hold `time` readings."""
    return len(_block_sizes(time))


def _reading_features(rows: _Rows, deseasonalized: Array, level: Array, observed_mask: Mask) -> Inputs:
    """(rows, blocks, 10): means and spread of every block, what changed since the one before, flags."""
    count, time = rows.values.shape
    length, longer = rows.season_length, LONG_SEASONS.get(rows.season_length, time)
    sizes = _block_sizes(time)
    padding = int(sizes.sum()) - time
    sums = np.zeros((7, count, time + padding))
    distance = (deseasonalized - level) / rows.scale * rows.is_filled
    sums[0, :, padding:] = distance
    sums[1, :, padding:] = (rows.values - level) / rows.scale * rows.is_filled
    sums[2, :, padding + length :] = sums[1, :, padding + length :] - sums[1, :, padding : padding + time - length]
    sums[2, :, padding + length :] *= rows.is_filled[:, : time - length]
    sums[3, :, padding + longer :] = distance[:, longer:] - distance[:, : max(time - longer, 0)]
    sums[3, :, padding + longer :] *= rows.is_filled[:, : max(time - longer, 0)]
    sums[4, :, padding:] = np.square(distance)
    sums[5, :, padding:] = observed_mask & rows.is_filled
    sums[6, :, padding:] = rows.is_filled
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    blocks = np.add.reduceat(sums, starts, axis=2)
    filled = blocks[6]
    blocks[:5] /= np.maximum(filled, 1)
    features = np.zeros((count, len(sizes), READING_FEATURES), np.float32)
    features[:, :, 0:3] = np.arcsinh(np.moveaxis(blocks[0:3], 0, 2))
    features[:, 1:, 3] = np.arcsinh(blocks[0, :, 1:] - blocks[0, :, :-1]) * (filled[:, :-1] > 0)
    features[:, :, 4] = np.arcsinh(np.sqrt(np.maximum(blocks[4] - np.square(blocks[0]), 0)))
    features[:, :, 5] = np.arcsinh(blocks[3])
    features[:, :, 6] = blocks[5] / sizes
    features[:, :, 7] = filled / sizes
    features[:, :, 8] = np.log2(sizes) / 8
    features[:, :, 9] = np.log(length) / 4
    return features


def _step_features(
    rows: _Rows, deseasonalized: Array, smoothed: Smoothed, profile: SeasonalProfile, above: LongProfile, base: Array
) -> Inputs:
    """(rows, steps, 41): simple forecasts of each step, and what kind of series this is."""
    count, steps = base.shape
    length, time = rows.season_length, rows.values.shape[1]
    step = np.arange(steps)
    phase = step % length
    distance = np.arange(1.0, steps + 1)
    features = np.zeros((count, steps, STEP_FEATURES), np.float32)
    simple = np.empty((SIMPLE_FORECASTS, count, steps))
    simple[0:4] = smoothed.slopes.T[:, :, None] * distance
    simple[4:6] = smoothing.trend_forecasts(smoothed, steps) - smoothed.level
    simple[6:9] = (smoothed.levels - smoothed.level).T[:, :, None]
    for lag in range(LAGS):
        index = np.maximum(phase - (lag + 1) * length, -time)
        is_there = (rows.lengths >= (lag + 1) * length)[:, None]
        simple[9 + lag] = np.where(is_there, rows.values[:, index] - base, simple[8 + lag] if lag else 0.0)
    simple[13] = profile.base[:, phase]
    simple[14] = profile.fast[:, phase] - profile.base[:, phase]
    simple[15] = profile.slow[:, phase] - profile.base[:, phase]
    simple[16] = profile.proportional[:, phase] - profile.base[:, phase]
    simple[17:20] = above.base, above.last, above.mean
    simple[20] = smoothed.drift * distance
    features[:, :, :SIMPLE_FORECASTS] = np.moveaxis(np.arcsinh(simple / rows.scale), 0, 2)
    of_row = np.concatenate(_of_row(rows, deseasonalized, smoothed, profile, above), axis=1)
    features[:, :, SIMPLE_FORECASTS:38] = of_row[:, None, :]
    features[:, :, 38] = distance / HORIZON
    features[:, :, 39] = np.sqrt(distance / 8)
    features[:, :, 40] = np.minimum(distance / length, 4) / 4
    return features


def _of_row(
    rows: _Rows, deseasonalized: Array, smoothed: Smoothed, profile: SeasonalProfile, above: LongProfile
) -> list[Array]:
    """17 columns (rows, 1) or more: what kind of series a row is."""
    scale, lengths, filled = rows.scale, rows.lengths[:, None], rows.is_filled
    spread = np.sqrt((np.square(deseasonalized - smoothed.level) * filled).sum(axis=1, keepdims=True) / lengths)
    lowest = np.where(filled, rows.values, np.inf).min(axis=1, keepdims=True)
    highest = np.where(filled, rows.values, -np.inf).max(axis=1, keepdims=True)
    at_lowest = ((rows.values == lowest) & filled).sum(axis=1, keepdims=True) / lengths
    at_highest = ((rows.values == highest) & filled).sum(axis=1, keepdims=True) / lengths
    return [
        np.log(rows.season_length) / 4 + 0 * scale,
        np.log(lengths) / 6,
        profile.seasons / 8,
        profile.strength,
        profile.shrinkage,
        above.seasons / 4,
        above.correlation,
        _log_ratio(scale, spread),
        _log_ratio(scale, np.abs(smoothed.level)),
        np.arcsinh((smoothed.level - lowest) / scale) / 3,
        np.arcsinh((highest - smoothed.level) / scale) / 3,
        at_lowest,
        at_highest,
        _log_ratio(smoothed.errors[:, :1], scale),
        _log_ratio(smoothed.errors[:, 1:2], smoothed.errors[:, :1]),
        smoothed.rate,
        smoothed.autocorrelation,
    ]


def _log_ratio(numerator: Array, denominator: Array) -> Array:
    return (
        np.clip(np.log(np.maximum(numerator, 1e-300) / np.maximum(denominator, 1e-9 * numerator + 1e-300)), -6, 6) / 3
    )
