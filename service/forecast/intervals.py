"""Prediction intervals: split conformal scores of a model, widened by its recent errors on the caller's own readings.

A score is the distance of a reading from its forecast, divided by the forecast's spread on that side (1 for a model
without spreads). The score below which a given share of the calibration scores lies is the multiplier of an interval
(Vovk et al., 2005; Lei et al., 2018, for the finite-sample rank).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.artifacts.card import SeasonWidths
from service.interfaces import Array

PRIOR_ORIGINS = 24  # with so many origins, the local scores count as much as the calibration
MAX_WIDENING = 4.0
GROWTH = 0.5  # the power of the step that the spread of a random walk grows with


class Interval(NamedTuple):
    """Bounds of every step, in the readings' units; `level` is in percent."""

    level: float
    lower: list[float]
    upper: list[float]


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
        origins = len(local_scores)
        steps = min(local_scores.shape[1], self.steps)
        ratios = local_scores[:, :steps] / np.maximum(self.multipliers(level)[:steps], 1e-300)
        ratios = np.sort(ratios[~np.isnan(ratios)])
        if ratios.size == 0:
            return 1.0
        quantile = float(ratios[min(rank(level, ratios.size), ratios.size) - 1])
        weight = origins / (origins + PRIOR_ORIGINS)
        return min(max(math.exp(weight * math.log(max(quantile, 1e-3))), min_widening), MAX_WIDENING)

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
        intervals: list[Interval] = []
        for level in levels:
            multipliers = self._extended_multipliers(level, len(values), growth)
            if local_scores is not None:
                multipliers = multipliers * self.widening(local_scores, level, min_widening)
            if widths is not None:
                multipliers = multipliers * _width(widths, level)
            lower = values - np.maximum.accumulate(below * multipliers)
            upper = values + np.maximum.accumulate(above * multipliers)
            if intervals:
                lower, upper = np.minimum(lower, intervals[-1].lower), np.maximum(upper, intervals[-1].upper)
            intervals.append(Interval(level, lower.tolist(), upper.tolist()))
        return intervals

    def _extended_multipliers(self, level: float, horizon: int, growth: float) -> Array:
        """The multipliers of each step; after the calibrated steps they grow with a power of the step."""
        calibrated, steps = self.multipliers(level), self.steps
        if horizon <= steps:
            return calibrated[:horizon]
        extension = calibrated[-1] * (np.arange(steps + 1, horizon + 1) / steps) ** growth
        return np.concatenate([calibrated, extension])

    def empirical_coverage(self, local_scores: Array, level: float) -> tuple[float, int]:
        """Return the percentage of local scores (origins, steps) within the calibrated interval, and their number."""
        steps = min(local_scores.shape[1], self.steps)
        is_within = local_scores[:, :steps] <= self.multipliers(level)[:steps]
        is_known = ~np.isnan(local_scores[:, :steps])
        return 100 * float(is_within[is_known].mean()) if is_known.any() else 100.0, int(is_known.sum())


def _width(widths: SeasonWidths, level: float) -> float:
    share = min(max((level - 80) / 15, 0.0), 1.0)
    return (1 - share) * widths.percent_80 + share * widths.percent_95
