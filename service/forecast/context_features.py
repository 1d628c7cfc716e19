"""Readings of any series → what the universal network sees of them, and back from its quantiles to original units.

Every row is centred on its own recent level and scaled by its own mean seasonal difference, so that level, scale and
units of a series never reach the network. Training makes its inputs here too.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.interfaces import Array, Inputs

CONTEXT = 512  # readings looked at, at most
HORIZON = 64  # steps at once
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
READING_FEATURES = 7
STEP_FEATURES = 18
MAX_SEASONS = 8  # of which the seasonal profile is a mean
SEASON_MEMORY = 0.65  # weight of a season beside the one after it
LEVEL_RATES = (0.2, 0.05, 0.5, 1.0)  # exponential smoothing of the deseasonalised readings; the first is the base's
SLOPE_RATES = (0.3, 0.1, 0.02)


class ContextFeatures(NamedTuple):
    """`readings` (rows, time, 7) and `steps` (rows, steps, 18) for the network; quantiles are base + scale × output."""

    readings: Inputs
    steps: Inputs
    base: Array  # (rows, steps), original units
    scale: Array  # (rows, 1), original units


class _Rows(NamedTuple):
    values: Array  # (rows, time), right-aligned
    there: npt.NDArray[np.bool_]  # False where a row is shorter than the longest
    season: int


def context_features(
    values: Array, lengths: npt.NDArray[np.int64], seen: npt.NDArray[np.bool_], season: int, steps: int
) -> ContextFeatures:
    """Look at rows of one season.

    values: (rows, time), complete, oldest first, each row's `lengths` readings at the right end; seen: False where a
    reading was missing and interpolated. A season that the longest row does not hold once counts as 1.
    """
    time = values.shape[1]
    there = np.arange(time) >= time - lengths[:, None]
    first = np.take_along_axis(values, time - lengths[:, None], axis=1)
    rows = _Rows(np.where(there, values, first), there, season if season < time else 1)
    scale = _scale(rows)
    profile, strength, seasons = _profile(rows)
    phase = np.arange(-time, 0) % rows.season
    level_free = rows.values - profile[:, phase]
    levels = _levels(level_free, there)
    slopes = _slopes(level_free, there)
    ahead = np.arange(steps)
    base = levels[:, :1] + profile[:, ahead % rows.season]
    return ContextFeatures(
        _reading_features(rows, level_free, levels[:, :1], scale, seen),
        _step_features(rows, lengths, level_free, levels, slopes, profile, strength, seasons, base, scale),
        base,
        scale,
    )


def quantiles(seen: ContextFeatures, output: npt.NDArray[np.floating]) -> Array:
    """The network's output (rows, steps, 9) in original units, ascending."""
    return np.sort(seen.base[:, :, None] + seen.scale[:, :, None] * output.astype(np.float64), axis=2)


def _scale(rows: _Rows) -> Array:
    """Mean absolute seasonal difference, or first difference where a row holds no season: (rows, 1), over 0."""
    scale = np.zeros(len(rows.values))
    for lag in dict.fromkeys((rows.season, 1)):
        change = np.abs(rows.values[:, lag:] - rows.values[:, :-lag])
        both = rows.there[:, :-lag]
        mean = (change * both).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
        scale = np.where(scale > 0, scale, mean)
    smallest = np.maximum(np.abs(rows.values[:, -1]), 1e-12) * 1e-9
    return np.maximum(scale, smallest)[:, None]


def _profile(rows: _Rows) -> tuple[Array, Array, Array]:
    """The seasonal profile (rows, season) by phase from the origin, its strength and the seasons in it, (rows, 1).

    The weighted mean of the last seasons' deviations from their own means and from the slope between those.
    """
    count, season = len(rows.values), rows.season
    used = min(MAX_SEASONS, rows.values.shape[1] // season)
    if season == 1 or used == 0:
        return np.zeros((count, season)), np.zeros((count, 1)), np.zeros((count, 1))
    blocks = rows.values[:, -used * season :].reshape(count, used, season)
    whole = rows.there[:, -used * season :: season]  # a block is there when its first reading is
    means = blocks.mean(axis=2)
    held = whole.sum(axis=1)
    oldest = np.take_along_axis(means, np.minimum(used - held, used - 1)[:, None], axis=1)[:, 0]
    slope = (means[:, -1] - oldest) / (season * np.maximum(held - 1, 1))
    within = np.arange(season) - (season - 1) / 2
    deviations = blocks - means[:, :, None] - slope[:, None, None] * within
    weights = SEASON_MEMORY ** np.arange(used - 1, -1, -1.0) * whole
    total = np.maximum(weights.sum(axis=1), 1e-9)
    profile = (deviations * weights[:, :, None]).sum(axis=1) / total[:, None]
    left = (np.square(deviations - profile[:, None, :]) * weights[:, :, None]).sum(axis=(1, 2)) / total
    explained = np.square(profile).sum(axis=1)
    strength = explained / np.maximum(explained + left, 1e-300)
    return profile, np.where(held > 0, strength, 0.0)[:, None], held[:, None].astype(float)


def _levels(values: Array, there: npt.NDArray[np.bool_]) -> Array:
    """Exponentially weighted means of the readings, (rows, rates)."""
    age = np.arange(values.shape[1] - 1, -1, -1.0)
    weights = (1 - np.minimum(LEVEL_RATES, 1 - 1e-9))[:, None] ** age
    found: Array = (values * there) @ weights.T / (there @ weights.T)
    return found


def _slopes(values: Array, there: npt.NDArray[np.bool_]) -> Array:
    """Slopes by exponentially weighted least squares, per step, (rows, rates)."""
    age = np.arange(values.shape[1] - 1, -1, -1.0)
    weights = (1 - np.array(SLOPE_RATES))[:, None] ** age
    last = values[:, -1:]
    centred = (values - last) * there
    w, wx, wxx = there @ weights.T, there @ (weights * -age).T, there @ (weights * age**2).T
    y, xy = centred @ weights.T, centred @ (weights * -age).T
    spread = w * wxx - wx * wx
    return np.where(spread > 1e-6, (w * xy - wx * y) / np.maximum(spread, 1e-6), 0.0)


def _reading_features(
    rows: _Rows, level_free: Array, level: Array, scale: Array, seen: npt.NDArray[np.bool_]
) -> Inputs:
    """(rows, time, 7): distance to the level with and without season, seasonal and first differences, flags."""
    season = rows.season
    seasonal, change = np.zeros_like(rows.values), np.zeros_like(rows.values)
    seasonal[:, season:] = (rows.values[:, season:] - rows.values[:, :-season]) * rows.there[:, :-season]
    change[:, 1:] = (level_free[:, 1:] - level_free[:, :-1]) * rows.there[:, :-1]
    columns = [rows.values - level, level_free - level, seasonal, change]
    scaled = np.arcsinh(np.stack(columns, axis=2) / scale[:, :, None])
    flags = np.stack([seen & rows.there, rows.there, np.full(rows.there.shape, np.log(season) / 4)], axis=2)
    return np.concatenate([scaled * rows.there[:, :, None], flags], axis=2).astype(np.float32)


def _step_features(
    rows: _Rows,
    lengths: npt.NDArray[np.int64],
    level_free: Array,
    levels: Array,
    slopes: Array,
    profile: Array,
    strength: Array,
    seasons: Array,
    base: Array,
    scale: Array,
) -> Inputs:
    """(rows, steps, 18): what simple forecasts say of each step, and what kind of series this is."""
    count, steps = base.shape
    season = rows.season
    ahead = np.arange(steps)
    time = rows.values.shape[1]
    last = rows.values[:, ahead % season - season]
    before = rows.values[:, np.maximum(ahead % season - 2 * season, -time)]
    twice = (lengths >= 2 * season)[:, None]
    distance = np.arange(1.0, steps + 1)
    moving = [
        *((slopes[:, i : i + 1] * distance) for i in range(slopes.shape[1])),
        last - base,
        np.where(twice, before - base, last - base),
        np.broadcast_to(profile[:, ahead % season], base.shape),
        *(np.broadcast_to(levels[:, i : i + 1] - levels[:, :1], base.shape) for i in range(1, levels.shape[1])),
    ]
    scaled = np.arcsinh(np.stack(moving, axis=2) / scale[:, :, None])
    spread = np.sqrt((np.square(level_free - levels[:, :1]) * rows.there).sum(axis=1) / lengths)[:, None]
    size = np.abs(levels[:, :1])
    fixed = [
        np.log(season) / 4 + 0 * scale,
        np.log(lengths)[:, None] / 6,
        seasons / MAX_SEASONS,
        strength,
        _log_ratio(scale, spread),
        _log_ratio(scale, size),
    ]
    per_row = np.broadcast_to(np.concatenate(fixed, axis=1)[:, None, :], (count, steps, len(fixed)))
    position = np.stack([distance / HORIZON, np.sqrt(distance / 8), np.minimum(distance / season, 4) / 4], axis=1)
    per_step = np.broadcast_to(position, (count, steps, 3))
    return np.concatenate([scaled, per_row, per_step], axis=2).astype(np.float32)


def _log_ratio(above: Array, below: Array) -> Array:
    return np.clip(np.log(above / np.maximum(below, 1e-9 * above)), -6, 6) / 3
