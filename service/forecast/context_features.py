"""Readings of any series → the features that the universal network reads, and its quantiles → original units.

Every row is centred on its own recent level and divided by its own mean seasonal difference, so the network never sees
the level, the scale or the units of a series. Training makes its inputs here too.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.interfaces import Array, Inputs, Labels, Mask

CONTEXT = 512  # readings that are read, at most
HORIZON = 64  # steps that are forecast at once, at most
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
READING_FEATURES = 7
STEP_FEATURES = 18
MAX_SEASONS = 8  # the seasonal profile is a mean over so many seasons, at most
SEASON_DECAY = 0.65  # the weight of a season over the weight of the next one
LEVEL_RATES = (0.2, 0.05, 0.5, 1.0)  # of exponential smoothing, without the season; the first gives the base
SLOPE_RATES = (0.3, 0.1, 0.02)


class ContextFeatures(NamedTuple):
    """The network's inputs, `readings` (rows, time, 7) and `steps` (rows, steps, 18), and what its output is relative to.

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
    season_length: int


class _Profile(NamedTuple):
    """The seasonal profile (rows, season_length) by phase from the origin; its strength and its seasons, (rows, 1)."""

    values: Array
    strength: Array
    seasons: Array


def context_features(
    values: Array, lengths: Labels, observed_mask: Mask, season_length: int, steps: int
) -> ContextFeatures:
    """Return the features of rows of one season length, for forecasts of `steps` steps.

    values: (rows, time) without gaps, oldest first, each row's `lengths` readings at the right end; observed_mask: False
    where a reading is interpolated. A season that is as long as the longest row or longer counts as 1.
    """
    time = values.shape[1]
    is_filled = np.arange(time) >= time - lengths[:, None]
    first = np.take_along_axis(values, time - lengths[:, None], axis=1)
    rows = _Rows(np.where(is_filled, values, first), is_filled, season_length if season_length < time else 1)
    scale = _scale(rows)
    profile = _profile(rows)
    phase = np.arange(-time, 0) % rows.season_length
    deseasonalized = rows.values - profile.values[:, phase]
    levels = _levels(deseasonalized, is_filled)
    slopes = _slopes(deseasonalized, is_filled)
    base = levels[:, :1] + profile.values[:, np.arange(steps) % rows.season_length]
    return ContextFeatures(
        _reading_features(rows, deseasonalized, levels[:, :1], scale, observed_mask),
        _step_features(rows, lengths, deseasonalized, levels, slopes, profile, base, scale),
        base,
        scale,
    )


def quantiles(features: ContextFeatures, output: npt.NDArray[np.floating]) -> Array:
    """Return the network's output (rows, steps, 9) in original units, ascending."""
    return np.sort(features.base[:, :, None] + features.scale[:, :, None] * output.astype(np.float64), axis=2)


def _scale(rows: _Rows) -> Array:
    """The mean absolute seasonal difference, or first difference of a row without a whole season: (rows, 1), above 0."""
    scale = np.zeros(len(rows.values))
    for lag in dict.fromkeys((rows.season_length, 1)):
        differences = np.abs(rows.values[:, lag:] - rows.values[:, :-lag])
        is_known = rows.is_filled[:, :-lag]
        mean = (differences * is_known).sum(axis=1) / np.maximum(is_known.sum(axis=1), 1)
        scale = np.where(scale > 0, scale, mean)
    least = np.maximum(np.abs(rows.values[:, -1]), 1e-12) * 1e-9
    return np.maximum(scale, least)[:, None]


def _profile(rows: _Rows) -> _Profile:
    """The weighted mean of the last seasons' deviations from their own means and from the slope between the means."""
    count, length = len(rows.values), rows.season_length
    used = min(MAX_SEASONS, rows.values.shape[1] // length)
    if length == 1 or used == 0:
        return _Profile(np.zeros((count, length)), np.zeros((count, 1)), np.zeros((count, 1)))
    blocks = rows.values[:, -used * length :].reshape(count, used, length)
    is_whole = rows.is_filled[:, -used * length :: length]  # a season is whole if its first reading is there
    means = blocks.mean(axis=2)
    seasons = is_whole.sum(axis=1)
    oldest = np.take_along_axis(means, np.minimum(used - seasons, used - 1)[:, None], axis=1)[:, 0]
    slope = (means[:, -1] - oldest) / (length * np.maximum(seasons - 1, 1))
    position = np.arange(length) - (length - 1) / 2
    deviations = blocks - means[:, :, None] - slope[:, None, None] * position
    weights = SEASON_DECAY ** np.arange(used - 1, -1, -1.0) * is_whole
    total = np.maximum(weights.sum(axis=1), 1e-9)
    profile = (deviations * weights[:, :, None]).sum(axis=1) / total[:, None]
    unexplained = (np.square(deviations - profile[:, None, :]) * weights[:, :, None]).sum(axis=(1, 2)) / total
    explained = np.square(profile).sum(axis=1)
    strength = explained / np.maximum(explained + unexplained, 1e-300)
    return _Profile(profile, np.where(seasons > 0, strength, 0.0)[:, None], seasons[:, None].astype(float))


def _levels(values: Array, is_filled: Mask) -> Array:
    """Exponentially weighted means of the readings, (rows, rates)."""
    age = np.arange(values.shape[1] - 1, -1, -1.0)
    weights = (1 - np.minimum(LEVEL_RATES, 1 - 1e-9))[:, None] ** age
    levels: Array = (values * is_filled) @ weights.T / (is_filled @ weights.T)
    return levels


def _slopes(values: Array, is_filled: Mask) -> Array:
    """Slopes per step by exponentially weighted least squares, (rows, rates)."""
    age = np.arange(values.shape[1] - 1, -1, -1.0)
    weights = (1 - np.array(SLOPE_RATES))[:, None] ** age
    last = values[:, -1:]
    centred = (values - last) * is_filled
    w, wx, wxx = is_filled @ weights.T, is_filled @ (weights * -age).T, is_filled @ (weights * age**2).T
    y, xy = centred @ weights.T, centred @ (weights * -age).T
    determinant = w * wxx - wx * wx
    return np.where(determinant > 1e-6, (w * xy - wx * y) / np.maximum(determinant, 1e-6), 0.0)


def _reading_features(rows: _Rows, deseasonalized: Array, level: Array, scale: Array, observed_mask: Mask) -> Inputs:
    """(rows, time, 7): distance to the level with and without season, seasonal and first differences, flags."""
    length = rows.season_length
    seasonal, change = np.zeros_like(rows.values), np.zeros_like(rows.values)
    seasonal[:, length:] = (rows.values[:, length:] - rows.values[:, :-length]) * rows.is_filled[:, :-length]
    change[:, 1:] = (deseasonalized[:, 1:] - deseasonalized[:, :-1]) * rows.is_filled[:, :-1]
    columns = [rows.values - level, deseasonalized - level, seasonal, change]
    scaled = np.arcsinh(np.stack(columns, axis=2) / scale[:, :, None])
    log_length = np.full(rows.is_filled.shape, np.log(length) / 4)
    flags = np.stack([observed_mask & rows.is_filled, rows.is_filled, log_length], axis=2)
    return np.concatenate([scaled * rows.is_filled[:, :, None], flags], axis=2).astype(np.float32)


def _step_features(
    rows: _Rows,
    lengths: Labels,
    deseasonalized: Array,
    levels: Array,
    slopes: Array,
    profile: _Profile,
    base: Array,
    scale: Array,
) -> Inputs:
    """(rows, steps, 18): simple forecasts of each step, and what kind of series this is."""
    count, steps = base.shape
    length = rows.season_length
    step = np.arange(steps)
    time = rows.values.shape[1]
    last = rows.values[:, step % length - length]
    before = rows.values[:, np.maximum(step % length - 2 * length, -time)]
    has_two_seasons = (lengths >= 2 * length)[:, None]
    distance = np.arange(1.0, steps + 1)
    per_step_and_row = [
        *((slopes[:, i : i + 1] * distance) for i in range(slopes.shape[1])),
        last - base,
        np.where(has_two_seasons, before - base, last - base),
        np.broadcast_to(profile.values[:, step % length], base.shape),
        *(np.broadcast_to(levels[:, i : i + 1] - levels[:, :1], base.shape) for i in range(1, levels.shape[1])),
    ]
    scaled = np.arcsinh(np.stack(per_step_and_row, axis=2) / scale[:, :, None])
    squares = np.square(deseasonalized - levels[:, :1]) * rows.is_filled
    spread = np.sqrt(squares.sum(axis=1) / lengths)[:, None]
    of_row = [
        np.log(length) / 4 + 0 * scale,
        np.log(lengths)[:, None] / 6,
        profile.seasons / MAX_SEASONS,
        profile.strength,
        _log_ratio(scale, spread),
        _log_ratio(scale, np.abs(levels[:, :1])),
    ]
    per_row = np.broadcast_to(np.concatenate(of_row, axis=1)[:, None, :], (count, steps, len(of_row)))
    position = np.stack([distance / HORIZON, np.sqrt(distance / 8), np.minimum(distance / length, 4) / 4], axis=1)
    per_step = np.broadcast_to(position, (count, steps, 3))
    return np.concatenate([scaled, per_row, per_step], axis=2).astype(np.float32)


def _log_ratio(numerator: Array, denominator: Array) -> Array:
    return np.clip(np.log(numerator / np.maximum(denominator, 1e-9 * numerator)), -6, 6) / 3
