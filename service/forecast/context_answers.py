"""Forecasts of many series from the quantiles of their rows: intervals, skill and warnings, computed together.

All series have the same horizon, levels and number of earlier origins.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..artifacts.card import SeasonWidths
from ..interfaces import Array, Labels, Notice
from . import feedback
from .backtest import Backtests
from .bounds import NO_BOUNDS
from .context_rows import BACKTEST_STEPS
from .features.context_features import QUANTILES
from .forecaster import COVERAGE_LEVEL, Forecast, PreparedSeries, poor_coverage
from .intervals import Calibration, Interval, IntervalsOfMany

MEDIAN, LOW, HIGH = QUANTILES.index(0.5), 0, len(QUANTILES) - 1
MIN_WIDENING = 0.7


class IntervalRules(NamedTuple):
    """How a network's intervals are made: its calibration, the widths by season, and whether 80 % intervals are checked."""

    calibration: Calibration | None
    widths: Mapping[int, SeasonWidths]
    checks_coverage: bool


class _Local(NamedTuple):
    """What earlier origins say of each series. scores: (series, origins, steps), or None without any earlier origin."""

    scores: Array | None
    skills: Sequence[dict[str, Any] | None]
    warnings: Sequence[list[Notice]]


def answers_of(
    units: Sequence[float],
    items: Sequence[PreparedSeries],
    predictions: Sequence[Array],
    medians: Sequence[Array],
    rules: IntervalRules,
) -> list[Forecast]:
    """Return the forecasts in the units of the readings.

    items: in their own units; predictions: quantiles (rows, steps, 9) of each, the present row first; medians: of all steps.
    """
    horizon, unit = items[0].horizon, np.array(units)[:, None]
    quantiles = np.stack(predictions)
    median = quantiles[:, :, :, MEDIAN]
    least = 1e-12 * np.maximum(np.abs(median), 1e-300)
    below = np.maximum(median - quantiles[:, :, :, LOW], least)
    above = np.maximum(quantiles[:, :, :, HIGH] - median, least)
    local = _local(items, median, below, above, rules)
    values = np.stack([each[:horizon] for each in medians])
    made = _intervals(items, values, below[:, 0], above[:, 0], local.scores, rules)
    intervals = [
        [Interval(level, *bounds) for bounds in zip(*((unit * side).tolist() for side in sides), strict=True)]
        for level, *sides in (_within(items, each) for each in made)
    ]
    of_each = zip(*intervals, strict=True) if intervals else [()] * len(items)
    return [
        Forecast(item_values, list(item_intervals), skill, warnings)
        for item_values, item_intervals, skill, warnings in zip(
            (unit * _clipped(items, values)).tolist(), of_each, local.skills, local.warnings, strict=True
        )
    ]


def _local(items: Sequence[PreparedSeries], median: Array, below: Array, above: Array, rules: IntervalRules) -> _Local:
    """Compare what was forecast from earlier origins with what followed; each (series, rows, steps)."""
    count, rows, _ = median.shape
    if rows == 1:
        return _Local(None, [None] * count, [[] for _ in items])
    steps = min(items[0].horizon, BACKTEST_STEPS)
    earlier = slice(None, 0, -1)  # the present one is first, then the later ones: in order of time
    median, below, above = (each[:, earlier, :steps] for each in (median, below, above))
    backtests = Backtests(*_what_followed(items, rows - 1, steps), median, [item.season_length for item in items])
    errors = backtests.errors
    scores = np.abs(errors) / np.where(errors > 0, above, below)
    warnings = [list[Notice]() for _ in items]
    if rules.calibration is not None and rules.checks_coverage:
        warnings = [poor_coverage(*each) for each in rules.calibration.coverages(scores, COVERAGE_LEVEL)]
    return _Local(scores, backtests.skills(), warnings)


def _what_followed(items: Sequence[PreparedSeries], origins: int, steps: int) -> tuple[Array, Array]:
    """The readings after each earlier origin, NaN where one is missing, and the seasonal naive forecasts of them.

    Each is (series, origins, steps). The origins are `steps` readings apart, so the last readings are what followed.
    """
    last = origins * steps
    actual, naive = np.empty((len(items), last)), np.empty((len(items), last))
    for index, item in enumerate(items):
        readings = np.asarray(item.readings)
        actual[index] = readings[-last:]
        readings.take(_naive_index(origins, steps, item.season_length) + len(readings), out=naive[index], mode="clip")
        if item.observed_mask is not None:
            actual[index][~np.asarray(item.observed_mask)[-last:]] = np.nan
    shape = len(items), origins, steps
    return actual.reshape(shape), naive.reshape(shape)


@functools.lru_cache(256)
def _naive_index(origins: int, steps: int, season_length: int) -> Labels:
    """Where the last season before each origin is, from the end of the readings."""
    starts = steps * np.arange(-origins, 0)[:, None]
    return (starts - season_length + np.arange(steps) % season_length).ravel()


def _intervals(
    items: Sequence[PreparedSeries],
    values: Array,
    below: Array,
    above: Array,
    scores: Array | None,
    rules: IntervalRules,
) -> Iterator[IntervalsOfMany]:
    """The intervals about `values` (series, horizon), of each level; the spreads are (series, steps)."""
    if rules.calibration is None:
        return iter(())
    horizon, levels = items[0].horizon, items[0].levels
    growth = np.zeros(len(items))
    if horizon > rules.calibration.steps:
        growth = np.array([feedback.growth(width) for width in below + above])
    low, high = (feedback.held(side, horizon) for side in (below, above))
    widths = [rules.widths.get(item.season_length) for item in items]
    return rules.calibration.bounds(values, low, high, levels, scores, MIN_WIDENING, growth, widths)


def _within(items: Sequence[PreparedSeries], intervals: IntervalsOfMany) -> IntervalsOfMany:
    level, lower, upper = intervals
    return IntervalsOfMany(level, _clipped(items, lower), _clipped(items, upper))


def _clipped(items: Sequence[PreparedSeries], values: Array) -> Array:
    """Values (series, horizon) within the bounds of each series."""
    if all(item.bounds == NO_BOUNDS for item in items):
        return values
    low, high = np.array([item.bounds for item in items]).T[:, :, None]
    clipped: Array = np.minimum(np.maximum(values, low), high)
    return clipped
