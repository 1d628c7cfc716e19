"""Prediction intervals: split conformal scores of a model, widened by its recent errors on the caller's own readings.

A score is the distance of a reading from its forecast, in units of the forecast's spread on that side (1 for a model
that states none). The least scores that cover a share of the calibration's are the multipliers of an interval
(Vovk et al., 2005; Lei et al., 2018, for the finite-sample rank).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.interfaces import Array

MEMORY = 24  # own scores count as much as the calibration where there are so many origins
LARGEST = 4.0  # times the calibration's width, at most


class Interval(NamedTuple):
    """Bounds of every step, in the readings' units; `level` is in percent."""

    level: float
    lower: list[float]
    upper: list[float]


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

    def bands(
        self, values: Array, below: Array, above: Array, levels: Sequence[float], own: Array | None, least: float
    ) -> list[Interval]:
        """Intervals about `values` (horizon,), whose spreads on either side are `below` and `above`.

        They never get narrower with the step, and a higher level's holds every lower one's. `own` are the scores of
        earlier origins, by which they are at `least` so many times as wide.
        """
        found: list[Interval] = []
        for level in levels:
            wide = self._ahead(level, len(values))
            if own is not None:
                wide = wide * self.widening(own, level, least)
            lower = values - np.maximum.accumulate(below * wide)
            upper = values + np.maximum.accumulate(above * wide)
            if found:
                lower, upper = np.minimum(lower, found[-1].lower), np.maximum(upper, found[-1].upper)
            found.append(Interval(level, lower.tolist(), upper.tolist()))
        return found

    def _ahead(self, level: float, horizon: int) -> Array:
        """The multipliers of each step; those after the calibrated ones grow as a random walk's."""
        known, steps = self.multipliers(level), self.steps
        if horizon <= steps:
            return known[:horizon]
        further = known[-1] * np.sqrt(np.arange(steps + 1, horizon + 1) / steps)
        return np.concatenate([known, further])

    def held(self, own: Array, level: float) -> tuple[float, int]:
        """What percentage of own scores (origins, steps) the calibrated interval holds, and from how many origins."""
        steps = min(own.shape[1], self.steps)
        within = own[:, :steps] <= self.multipliers(level)[:steps]
        known = ~np.isnan(own[:, :steps])
        return 100 * float(within[known].mean()) if known.any() else 100.0, int(known[:, 0].sum())
