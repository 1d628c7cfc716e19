"""Rows of one model call: the readings known at each origin of a series, and the features of all rows at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..interfaces import Array, Labels, Mask
from .features.context_features import ContextFeatures, context_features
from .forecaster import PreparedSeries

BACKTEST_STEPS = 16  # steps, at most, whose errors are measured
MAX_ORIGINS = 3  # earlier ones
ENOUGH_ERRORS = 6  # of earlier origins: as many origins as these take, so that of longer horizons one is enough


class Row(NamedTuple):
    """Readings (time,) without gaps, their mask or None if all were observed, and the readings in a season."""

    readings: Array
    observed: Mask | None
    season_length: int


def origins(item: PreparedSeries) -> list[int]:
    """Return how many readings are known at the origins to forecast from: the present one first, then earlier ones."""
    count = len(item.readings)
    return list(item.origins) or [
        count,
        *(count - d for d in origin_distances(count, item.season_length, item.horizon)),
    ]


def origin_distances(count: int, season_length: int, horizon: int) -> list[int]:
    """Return how many readings before the end each earlier origin is; at least half of the readings come before it."""
    stride = min(horizon, BACKTEST_STEPS)
    most = count - max(count // 2, 2 * season_length, 8)
    enough = min(MAX_ORIGINS, -(-ENOUGH_ERRORS // stride))
    return list(range(stride, most + 1, stride))[:enough]


def rows_of(item: PreparedSeries) -> list[Row]:
    """Return a row for each origin of a series."""
    readings = np.asarray(item.readings)
    observed = None if item.observed_mask is None else np.asarray(item.observed_mask)
    return [
        Row(readings[:known], None if observed is None else observed[:known], item.season_length)
        for known in origins(item)
    ]


def row_after(item: PreparedSeries, medians: Array, time: int) -> Row:
    """Return the row for the steps after `medians`, which count as readings."""
    readings = np.concatenate([item.readings, medians])[-time:]
    if item.observed_mask is None:
        return Row(readings, None, item.season_length)
    observed = np.concatenate([item.observed_mask, np.ones(len(medians), dtype=bool)])[-time:]
    return Row(readings, observed, item.season_length)


def features_of(rows: Sequence[Row], time: int, steps: int) -> ContextFeatures:
    """Return the features of rows, padded on the left to `time` readings, in their order.

    Rows of one season length are computed together.
    """
    by_season: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        by_season.setdefault(row.season_length, []).append(index)
    parts = [
        _features([rows[index] for index in indices], length, time, steps) for length, indices in by_season.items()
    ]
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate(list(by_season.values())))
    return ContextFeatures(*(np.concatenate(arrays)[order] for arrays in zip(*parts, strict=True)))


def _features(rows: Sequence[Row], season_length: int, time: int, steps: int) -> ContextFeatures:
    values, observed = np.zeros((len(rows), time)), np.ones((len(rows), time), dtype=bool)
    for index, row in enumerate(rows):
        values[index, time - len(row.readings) :] = row.readings
        if row.observed is not None:
            observed[index, time - len(row.readings) :] = row.observed
    lengths: Labels = np.array([len(row.readings) for row in rows])
    return context_features(values, lengths, observed, season_length, steps)
