"""How surprising an error of one step is: two-sided p-values, calibrated on the model's errors and on the series' own.

An error's score is its distance from the median over that of the outer decile on the same side. Two maps from scores to
standard normal deviates are mixed. One follows the conformal calibration of the model's card. The other is the normal
distribution at the scale of the series' last scores; the more there are of them, the more it counts.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from ..interfaces import Array

NORMAL = NormalDist()
DECILE = NORMAL.inv_cdf(0.9)  # the deviate of a score of 1
RECENT = 64  # scores that tell the scale of a series
PRIOR_SCORES = 16  # with so many scores, the series' own scale counts as much as the card
QUANTILES = (0.5, 0.8, 0.9, 0.95)  # of the scores, which tell the scale
DEVIATES = tuple(NORMAL.inv_cdf((1 + quantile) / 2) for quantile in QUANTILES)
LEAST_SCALE = 0.05  # of a series' own scale: scores of a series without errors would make any other infinite


def deviate_of_level(level: float) -> float:
    """The deviate that a share of `level` percent of normal readings stays within, on both sides."""
    return NORMAL.inv_cdf(0.5 + level / 200)


def p_value(deviate: float) -> float:
    """The share of normal readings that are further out, on both sides."""
    return 2 * NORMAL.cdf(-deviate)


class DeviateMap:
    """The conformal scores of a card as a map from scores to deviates: linear between the scores, and beyond them."""

    def __init__(self, scores: Sequence[float]) -> None:
        """scores: ascending, of one step; without any the map is that of the normal distribution."""
        count = len(scores)
        ranks = np.arange(1, count + 1) / (count + 1)
        deviates = [0.0, *(NORMAL.inv_cdf((1 + rank) / 2) for rank in ranks)]
        rising = [i for i in range(count) if scores[i] > (scores[i - 1] if i else 0.0)]
        if len(rising) < 2:
            scores, deviates, rising = (1.0, 2.0), [0.0, DECILE, 2 * DECILE], [0, 1]
        self.scores: Array = np.array([0.0, *(scores[i] for i in rising)])
        self.deviates: Array = np.array([0.0, *(deviates[i + 1] for i in rising)])
        tail = max(1, len(self.scores) * 9 // 10 - 1)
        run = float(self.scores[-1] - self.scores[tail - 1])
        self.slope = float(self.deviates[-1] - self.deviates[tail - 1]) / run

    def deviate(self, score: float) -> float:
        beyond = max(0.0, score - float(self.scores[-1]))
        return float(np.interp(score, self.scores, self.deviates)) + self.slope * beyond


class Surprise:
    """The maps of one series as its readings come: `score` judges an error by those before it, `add` learns from it."""

    def __init__(self, card: DeviateMap) -> None:
        self._card = card
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, score: float) -> None:
        self._recent.append(score)
        insort(self._sorted, score)
        if len(self._recent) > RECENT:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]

    def deviate(self, score: float) -> float:
        """The deviate of a score, by the card and by the scores that were added."""
        weight = self._weight
        own = DECILE * score / self._scale() if weight else 0.0
        return weight * own + (1 - weight) * self._card.deviate(score)

    def score(self, deviate: float) -> float:
        """The score of a deviate: the inverse of `deviate`."""
        weight, card = self._weight, self._card
        slope = weight * DECILE / self._scale() if weight else 0.0
        deviates = slope * card.scores + (1 - weight) * card.deviates
        beyond = max(0.0, deviate - float(deviates[-1]))
        return float(np.interp(deviate, deviates, card.scores)) + beyond / (slope + (1 - weight) * card.slope)

    @property
    def _weight(self) -> float:
        return len(self._sorted) / (len(self._sorted) + PRIOR_SCORES)

    def _scale(self) -> float:
        """The decile's score in units of which the series' own scores are normal: by quantiles, few outliers matter little."""
        count = len(self._sorted)
        logarithm = 0.0
        for quantile, deviate in zip(QUANTILES, DEVIATES, strict=True):
            index = min(-int(-quantile * (count + 1) // 1) - 1, count - 1)
            logarithm += float(np.log(max(self._sorted[index] * DECILE / deviate, LEAST_SCALE)))
        return float(np.exp(logarithm / len(QUANTILES)))
