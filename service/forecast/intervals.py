"""Prediction intervals: split conformal scores of a model, widened by its recent errors on the caller's own readings.

A score is the distance of a reading from its forecast, divided by the forecast's spread on that side (1 for a model
without spreads). The score below which a given share of the calibration scores lies is the multiplier of an interval
(Vovk et al., 2005; Lei et al., 2018, for the finite-sample rank).
"""

import math
from collections.abc import Iterator, Sequence
from operator import sub
from typing import NamedTuple

import numpy as np

from ..artifacts.card import SeasonWidths
from ..interfaces import Array, Notice

PRIOR_ORIGINS = 24  # with so many origins, the local scores count as much as the calibration
MAX_WIDENING = 4.0
WIDE_LEVEL = 80.0  # percent; of the intervals up to this level the widest is judged, or the narrowest if all are wider
FEW = 24  # readings: so few have spanned about half of what the series spans
MAX_KEPT = 256  # levels and horizons whose multipliers are kept
GROWTH = 0.5  # the power of the step that the spread of a random walk grows with


class Interval(NamedTuple):
    """Bounds of every step, in the readings' units; `level` is in percent."""

    level: float
    lower: list[float]
    upper: list[float]


class IntervalsOfMany(NamedTuple):
    """Bounds of every step of many series, (series, horizon) each; `level` is in percent."""

    level: float
    lower: Array
    upper: Array


def is_supported(level: float, count: int) -> bool:
    """Whether `count` scores are enough for an interval of `level` percent: count ≥ level / (100 − level)."""
    return rank(level, count) <= count


def highest_level(count: int) -> float:
    """The highest level, in percent, for which `count` scores are enough."""
    return math.floor(1000 * count / (count + 1)) / 10


def rank(level: float, count: int) -> int:
    """The rank of the score that bounds a share of `level` percent of new scores: ⌈(count + 1) · level⌉."""
    return math.ceil(round((count + 1) * level / 100, 9))


class Calibration:
    """Sorted conformal scores by step, and the multipliers of intervals that follow from them."""

    def __init__(self, scores: Sequence[Sequence[float]]) -> None:
        """scores: (steps, n), each row ascending."""
        self._scores = np.array(scores, dtype=np.float64)
        self._kept: dict[tuple[tuple[float, ...], int], Array] = {}  # by levels and horizon
        self._multipliers: dict[int, Array] = {}  # by rank: callers send any level, but ranks are as few as scores

    @property
    def count(self) -> int:
        return int(self._scores.shape[1])

    @property
    def steps(self) -> int:
        return int(self._scores.shape[0])

    def multipliers(self, level: float) -> Array:
        """Return the multipliers of a supported level in percent: (steps,), never decreasing with the step."""
        index = rank(level, self.count)
        multipliers = self._multipliers.get(index)
        if multipliers is None:
            multipliers = self._multipliers[index] = np.maximum.accumulate(self._scores[:, index - 1])
        return multipliers

    def widening(self, local_scores: Array, level: float, min_widening: float) -> float:
        """Return by what factor the intervals must be wider, given the scores on the caller's own readings.

        local_scores: (origins, steps), NaN where a reading is not known. The factor is the quantile `level` of the local
        scores over the multipliers, shrunk towards 1 while there are few origins.
        """
        return float(self.widenings(local_scores[None], level, min_widening)[0])

    def widenings(self, local_scores: Array, level: float, min_widening: float) -> Array:
        """Return the widening of each series, (series,); local_scores: (series, origins, steps)."""
        series, origins, _ = local_scores.shape
        steps = min(local_scores.shape[2], self.steps)
        ratios = local_scores[:, :, :steps] / np.maximum(self.multipliers(level)[:steps], 1e-300)
        ratios = np.sort(ratios.reshape(series, origins * steps), axis=1)  # NaN comes last
        counts = [ratios.shape[1]] * series
        if series and np.isnan(ratios[:, -1]).any():
            counts = (~np.isnan(ratios)).sum(axis=1).tolist()
        ranks = {count: max(min(rank(level, count), count), 1) for count in set(counts)}
        quantile = ratios[np.arange(series), [ranks[count] - 1 for count in counts]]
        weight = origins / (origins + PRIOR_ORIGINS)
        widening = np.exp(weight * np.log(np.maximum(quantile, 1e-3)))
        widening = np.minimum(np.maximum(widening, min_widening), MAX_WIDENING)
        return np.where(np.array(counts) > 0, widening, 1.0)

    def intervals(
        self,
        values: Array,
        below: Array,
        above: Array,
        levels: Sequence[float],
        local_scores: Array | None,
        min_widening: float,
        growth: float = GROWTH,
        widths: SeasonWidths | None = None,
    ) -> list[Interval]:
        """Return an interval for each level, about `values` (horizon,) with spreads `below` and `above` (horizon,).

        Intervals never get narrower with the step, and an interval contains those of lower levels. `local_scores`
        (origins, steps) widen them, or narrow them down to the factor `min_widening`. After the calibrated steps they grow
        with that power of the step. `widths` are those of the series' season length.
        """
        local_scores = None if local_scores is None else local_scores[None]
        return [
            Interval(each.level, each.lower[0].tolist(), each.upper[0].tolist())
            for each in self.bounds(
                values[None], below[None], above[None], levels, local_scores, min_widening, np.array([growth]), [widths]
            )
        ]

    def bounds(
        self,
        values: Array,
        below: Array,
        above: Array,
        levels: Sequence[float],
        local_scores: Array | None,
        min_widening: float,
        growth: Array,
        widths: Sequence[SeasonWidths | None],
    ) -> Iterator[IntervalsOfMany]:
        """Yield the intervals of many series for each level; see `intervals`.

        values, below, above: (series, horizon); local_scores: (series, origins, steps); growth: (series,); widths: of each
        series.
        """
        lower, upper = np.full(values.shape, np.inf), np.full(values.shape, -np.inf)
        for level in levels:
            multipliers = self._extended_multipliers(level, values.shape[1], growth)
            if local_scores is not None:
                multipliers = multipliers * self.widenings(local_scores, level, min_widening)[:, None]
            if any(widths):
                factors = [1.0 if each is None else _width(each, level) for each in widths]
                multipliers = multipliers * np.array(factors)[:, None]
            lower = np.minimum(lower, values - np.maximum.accumulate(below * multipliers, axis=1))
            upper = np.maximum(upper, values + np.maximum.accumulate(above * multipliers, axis=1))
            yield IntervalsOfMany(level, lower, upper)

    def plain_bounds(self, values: Array, unit: Array, levels: tuple[float, ...]) -> tuple[Array, Array]:
        """Return the lower and the upper bounds of many series of which no earlier errors are known: (series, levels, horizon).

        values, unit: (series, horizon); levels ascend. They are those of `bounds` with equal spreads on both sides: multipliers
        never decrease with the level, so the intervals of a higher level contain those of a lower one as they are.
        """
        reach = unit[:, None] * self._multipliers_of(levels, values.shape[1])
        np.maximum.accumulate(reach, axis=2, out=reach)
        values = values[:, None]
        return values - reach, values + reach

    def _multipliers_of(self, levels: tuple[float, ...], horizon: int) -> Array:
        """The multipliers of each step, (levels, horizon). They are kept: requests ask for few levels and horizons."""
        key = levels, horizon
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            growth = np.array([GROWTH])
            kept = np.concatenate([self._extended_multipliers(level, horizon, growth) for level in levels])
            self._kept[key] = kept
        return kept

    def _extended_multipliers(self, level: float, horizon: int, growth: Array) -> Array:
        """The multipliers of each step; after the calibrated steps they grow with a power of the step: (series, horizon)."""
        calibrated, steps = self.multipliers(level), self.steps
        if horizon <= steps:
            return calibrated[None, :horizon]
        extension = calibrated[-1] * (np.arange(steps + 1, horizon + 1) / steps) ** growth[:, None]
        return np.concatenate([np.broadcast_to(calibrated, (len(growth), steps)), extension], axis=1)

    def empirical_coverage(self, local_scores: Array, level: float) -> tuple[float, int]:
        """Return the percentage of local scores (origins, steps) within the calibrated interval, and their number."""
        ((coverage, count),) = self.coverages(local_scores[None], level)
        return coverage, count

    def coverages(self, local_scores: Array, level: float) -> list[tuple[float, int]]:
        """Return the coverage of each series, and the number of its scores; local_scores: (series, origins, steps)."""
        steps = min(local_scores.shape[2], self.steps)
        scores = local_scores[:, :, :steps]
        within = (scores <= self.multipliers(level)[:steps]).sum(axis=(1, 2)).tolist()
        known = (~np.isnan(scores)).sum(axis=(1, 2)).tolist()
        return [
            (100 * (inside / count), count) if count else (100.0, 0)
            for inside, count in zip(within, known, strict=True)
        ]


def _width(widths: SeasonWidths, level: float) -> float:
    share = min(max((level - 80) / 15, 0.0), 1.0)
    return (1 - share) * widths.percent_80 + share * widths.percent_95


def wide_intervals(readings: Sequence[float] | Array, intervals: Sequence[Interval]) -> Notice | None:
    """Return a warning if an interval spans far more than the readings that were read, with the step from which on.

    intervals: of ascending levels. Readings that are all the same span nothing, and say nothing of any interval.
    """
    if not intervals:
        return None
    level, lower, upper = next((each for each in reversed(intervals) if each.level <= WIDE_LEVEL), intervals[0])
    widths = list(map(sub, upper, lower))
    low, high = (min(readings), max(readings)) if isinstance(readings, list) else (np.min(readings), np.max(readings))
    most = (1 + FEW / len(readings)) * float(high - low)
    if not 0 < most < max(widths):
        return None
    step = next(index for index, width in enumerate(widths, 1) if width > most)
    return Notice(
        "wide_intervals",
        f"from step {step} on the {level:g} % interval spans {widths[step - 1]:.4g} and more, although the {len(readings)} "
        f"readings used span {high - low:.4g} ({low:.6g} to {high:.6g}): the forecast says little of these steps",
    )
