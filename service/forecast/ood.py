"""Whether readings look like the series that a model learnt: their range, their spread, and whether the season holds."""

import math

import numpy as np

from service.artifacts.card import ReadingLimits
from service.interfaces import Array, Notice

UNLIKE_FACTOR = 2.0  # times the spread that training windows had, or less than that part of it
BROKEN_FACTOR = 0.5  # of the least correlation that training windows had with themselves a season before


class OutOfDistributionCheck:
    """A card's limits, as plain numbers: every request is compared with them."""

    def __init__(self, limits: ReadingLimits, season: int) -> None:
        self.minimum, self.maximum = limits.minimum, limits.maximum
        self._season = season
        self._least_spread = limits.window_std_minimum / UNLIKE_FACTOR
        self._most_spread = limits.window_std_maximum * UNLIKE_FACTOR
        self._least_correlation = (limits.season_correlation_minimum or 0.0) * BROKEN_FACTOR

    def check(self, recent: list[float]) -> tuple[bool, list[Notice]]:
        """Whether a window looks like those learnt from, and what is to be said of it."""
        warnings = []
        if min(recent) < self.minimum or max(recent) > self.maximum:
            warnings.append(self._outside(recent))
        unlike = self._unlike(recent)
        if unlike:
            return False, [*warnings, unlike]
        if self._is_broken(recent):
            season = self._season
            detail = f"the last {season} readings do not repeat the {season} before them"
            warnings.append(Notice("broken_season", detail))
        return True, warnings

    def _outside(self, values: list[float]) -> Notice:
        outside = sum([not self.minimum <= value <= self.maximum for value in values])
        return Notice(
            "outside_training_range",
            f"{outside} of the {len(values)} readings used lie outside the range of the "
            f"training data ({self.minimum:g} to {self.maximum:g})",
        )

    def _unlike(self, values: list[float]) -> Notice | None:
        """Compare the level and the spread of a window with those of the training readings."""
        span = self.maximum - self.minimum
        level = sum(values) / len(values)
        spread = math.dist(values, [level] * len(values)) / math.sqrt(len(values))
        if not self.minimum - span <= level <= self.maximum + span:
            found = f"their mean is {level:g}, the training data ran from {self.minimum:g} to {self.maximum:g}"
        elif not self._least_spread <= spread <= self._most_spread:
            found = (
                f"their standard deviation is {spread:g}, in training windows it was "
                f"{self._least_spread * UNLIKE_FACTOR:g} to {self._most_spread / UNLIKE_FACTOR:g}"
            )
        else:
            return None
        return Notice("unlike_training_data", f"the readings do not look like the series this model learnt: {found}")

    def _is_broken(self, values: list[float]) -> bool:
        """Whether the last season is unlike the one before it, where those of the training windows were alike."""
        if self._least_correlation <= 0 or len(values) < 2 * self._season:
            return False
        return season_correlation(np.array(values), self._season) < self._least_correlation


def season_correlation(values: Array, season: int) -> float:
    """Correlation of the last season with the one before; values (time,) of at least two seasons."""
    last, before = values[-season:], values[-2 * season : -season]
    last, before = last - last.mean(), before - before.mean()
    size = float(np.sqrt((last @ last) * (before @ before)))
    return float(last @ before) / size if size > 0 else 0.0
