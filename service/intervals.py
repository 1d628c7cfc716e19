"""Prediction intervals: split conformal scores of a model, widened by its recent errors on the caller's own readings.

A score is the distance of a reading from its forecast, in units of the forecast's spread on that side (1 for a model
that states none). The least scores that cover a share of the calibration's are the multipliers of an interval
(Vovk et al., 2005; Lei et al., 2018, for the finite-sample rank).
"""

import math
from collections.abc import Sequence

import numpy as np

from service.scaling import Array

MEMORY = 24  # own scores count as much as the calibration where there are so many origins
LARGEST = 4.0  # times the calibration's width, at most


def supported(level: float, count: int) -> bool:
    """Whether `count` scores can bound a share of `level` percent: count ≥ level / (100 − level)."""
    return rank(level, count) <= count


def highest(count: int) -> float:
    """The highest level, in percent, that `count` scores support."""
    return math.floor(1000 * count / (count + 1)) / 10


def rank(level: float, count: int) -> int:
    """⌈(count + 1) · level⌉: which of the sorted scores bounds the share `level` (percent) of new ones."""
    return math.ceil(round((count + 1) * level / 100, 9))


class Calibration:
    """Sorted scores by step, and the multipliers that they give."""

    def __init__(self, scores: Sequence[Sequence[float]]) -> None:
        """`scores`: (steps, n) of one n, each row ascending."""
        self._scores = np.array(scores, dtype=np.float64)
        self._known: dict[float, Array] = {}

    @property
    def count(self) -> int:
        return int(self._scores.shape[1])

    @property
    def steps(self) -> int:
        return int(self._scores.shape[0])

    def multipliers(self, level: float) -> Array:
        """(steps,), never falling with the step; level is in percent and must be supported."""
        known = self._known.get(level)
        if known is None:
            column = self._scores[:, rank(level, self.count) - 1]
            known = self._known[level] = np.maximum.accumulate(column)
        return known

    def widening(self, own: Array, level: float, least: float) -> float:
        """How much wider the intervals must be by the caller's own scores, (origins, steps), NaN where not known.

        The share `level` of own scores over the multipliers, drawn towards 1 by the few origins there are.
        """
        origins = len(own)
        steps = min(own.shape[1], self.steps)
        ratios = own[:, :steps] / np.maximum(self.multipliers(level)[:steps], 1e-300)
        ratios = np.sort(ratios[~np.isnan(ratios)])
        if ratios.size == 0:
            return 1.0
        found = float(ratios[min(rank(level, ratios.size), ratios.size) - 1])
        share = origins / (origins + MEMORY)
        return min(max(math.exp(share * math.log(max(found, 1e-3))), least), LARGEST)
