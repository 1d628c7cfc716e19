"""Rows of readings of any length side by side: padded with their first reading, and the scale of each."""

import functools
from typing import NamedTuple

import numpy as np

from ...interfaces import Array, Labels, Mask

SCALE_SEASONS, SCALE_READINGS = 6, 60  # after which the weight of a difference in the scale is 1/e


class ScaledRows(NamedTuple):
    """Series of one season length: `values` (rows, time), right-aligned. `is_filled` is False before a short row begins.

    `differences`, (rows, time − season_length), are seasonal ones; `scale` (rows, 1) is their mean size.
    """

    values: Array
    is_filled: Mask
    lengths: Labels
    season_length: int
    differences: Array
    scale: Array


def scaled_rows(values: Array, lengths: Labels, season_length: int) -> ScaledRows:
    """Return rows (rows, time), right-aligned, of `lengths` readings. A season that is as long as a row counts as 1."""
    count, time = values.shape
    season_length = season_length if season_length < time else 1
    begins = time - lengths
    is_filled = np.arange(time) >= begins[:, None]
    first = values[np.arange(count), begins][:, None]
    values = np.where(is_filled, values, first)
    differences = _differences(values, is_filled, season_length)
    scale = _scale(values, is_filled, lengths, season_length, differences)
    return ScaledRows(values, is_filled, lengths, season_length, differences, scale)


def _scale(values: Array, is_filled: Mask, lengths: Labels, season_length: int, differences: Array) -> Array:
    """The mean absolute seasonal difference, recent ones weighing more: (rows, 1), above 0.

    It is the first difference of a row without a whole season.
    """
    time = values.shape[1]
    weights, totals = _scale_weights(time, season_length, season_length)
    scale = np.abs(differences) @ weights / totals.take(lengths)
    if season_length > 1 and not scale.all():
        weights, totals = _scale_weights(time, season_length, 1)
        first = np.abs(_differences(values, is_filled, 1)) @ weights / totals.take(lengths)
        scale = np.where(scale > 0, scale, first)
    least = np.maximum(np.abs(values[:, -1]), 1e-12) * 1e-9
    return np.maximum(scale, least)[:, None]


def _differences(values: Array, is_filled: Mask, lag: int) -> Array:
    """Readings less the ones `lag` before: (rows, time − lag), 0 where that one is not there."""
    differences = values[:, lag:] - values[:, :-lag]
    differences *= is_filled[:, :-lag]
    return differences


@functools.lru_cache(64)
def _scale_weights(time: int, season_length: int, lag: int) -> tuple[Array, Array]:
    """The weights of differences, (time − lag,), oldest first, and the sum of those that a row of some length has."""
    weights = np.exp(-np.arange(time - lag - 1, -1, -1.0) / max(SCALE_SEASONS * season_length, SCALE_READINGS))
    return weights, np.concatenate([np.full(lag + 1, 1e-300), np.cumsum(weights[::-1])])
