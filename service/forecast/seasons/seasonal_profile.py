"""The seasonal part of readings with gaps, by medians: one absurd reading does not move it."""

import warnings

import numpy as np

from ...interfaces import Array, Mask


def seasonal_part(values: Array, observed: Mask, season_length: int, min_seasons: int) -> Array:
    """Return the season of readings (time,), about 0; zeros without a season or with fewer than `min_seasons` whole ones.

    It is the median over the seasons of each phase's distance from the level, which follows the seasons' medians.
    """
    count, seasons = len(values), len(values) // season_length
    if season_length == 1 or seasons < min_seasons:
        return np.zeros(count)
    known = np.where(observed, values, np.nan)
    first = count - seasons * season_length
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a season or a phase without any reading is NaN
        levels = np.nanmedian(known[first:].reshape(seasons, season_length), axis=1)
        rows = np.append(np.full(season_length - first, np.nan), known - _level(levels, season_length, count))
        profile = np.nanmedian(rows.reshape(-1, season_length), axis=0)
    profile = _without_gaps(profile)
    profile -= profile.mean()
    part: Array = np.tile(profile, seasons + 1)[season_length - first :]
    return part


def _level(levels: Array, season_length: int, count: int) -> Array:
    """The level at every reading: lines between the middles of the seasons, and on beyond the outer ones."""
    levels = _without_gaps(levels)
    before, after = 2 * levels[0] - levels[min(1, len(levels) - 1)], 2 * levels[-1] - levels[max(-2, -len(levels))]
    middles = np.arange(-len(levels) - 1, 1) * season_length + (season_length - 1) / 2
    level: Array = np.interp(np.arange(-count, 0), middles, np.concatenate([[before], levels, [after]]))
    return level


def _without_gaps(values: Array) -> Array:
    """Values with NaN interpolated; zeros if all are NaN."""
    known = np.flatnonzero(~np.isnan(values))
    filled: Array = np.interp(np.arange(len(values)), known, values[known]) if known.size else np.zeros(len(values))
    return filled
