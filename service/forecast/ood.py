"""Out-of-distribution check: whether readings look like the series that a model learnt."""

import math
from operator import mul

import numpy as np

from ..artifacts.card import ReadingLimits
from ..interfaces import Array, Notice

UNLIKE_FACTOR = 2.0  # a standard deviation over so many times the training windows', or under that part, is unlike
ROUGH, NOISE = 1e-6, 1e-5  # of a correlation; a standard deviation over the mean for which that holds by far
BROKEN_FACTOR = 0.5  # a correlation under so large a part of the training windows' least is a broken season


class OutOfDistributionCheck:
    """Compares windows with a card's limits: the range, the standard deviation, and the repetition of the season."""

    def __init__(self, limits: ReadingLimits, season_length: int) -> None:
        # plain numbers: every request is compared with them
        self.minimum, self.maximum = limits.minimum, limits.maximum
        self._season_length = season_length
        self._min_std = limits.window_std_minimum / UNLIKE_FACTOR
        self._max_std = limits.window_std_maximum * UNLIKE_FACTOR
        self._min_correlation = (limits.season_correlation_minimum or 0.0) * BROKEN_FACTOR

    def check(self, recent: list[float]) -> tuple[bool, list[Notice]]:
        """Return whether a window in original units looks like those learnt from, and warnings about it."""
        warnings = []
        if min(recent) < self.minimum or max(recent) > self.maximum:
            warnings.append(self._outside_range(recent))
        unlike = self._unlike(recent)
        if unlike:
            return False, [*warnings, unlike]
        if self._is_season_broken(recent):
            length = self._season_length
            detail = f"the last {length} readings do not repeat the {length} before them"
            warnings.append(Notice("broken_season", detail))
        return True, warnings

    def _outside_range(self, values: list[float]) -> Notice:
        outside = sum([not self.minimum <= value <= self.maximum for value in values])
        return Notice(
            "outside_training_range",
            f"{outside} of the {len(values)} readings used lie outside the range of the "
            f"training data ({self.minimum:g} to {self.maximum:g})",
        )

    def _unlike(self, values: list[float]) -> Notice | None:
        """A warning if the mean or the standard deviation is far from those of the training readings."""
        span = self.maximum - self.minimum
        mean = sum(values) / len(values)
        std = math.dist(values, [mean] * len(values)) / math.sqrt(len(values))
        if not self.minimum - span <= mean <= self.maximum + span:
            reason = f"their mean is {mean:g}, the training data ran from {self.minimum:g} to {self.maximum:g}"
        elif not self._min_std <= std <= self._max_std:
            reason = (
                f"their standard deviation is {std:g}, in training windows it was "
                f"{self._min_std * UNLIKE_FACTOR:g} to {self._max_std / UNLIKE_FACTOR:g}"
            )
        else:
            return None
        return Notice("unlike_training_data", f"the readings do not look like the series this model learnt: {reason}")

    def _is_season_broken(self, values: list[float]) -> bool:
        """Whether the last season differs from the one before, although they were alike in all training windows."""
        if self._min_correlation <= 0 or len(values) < 2 * self._season_length:
            return False
        length, least = self._season_length, self._min_correlation
        found = _rough_correlation(values[-length:], values[-2 * length : -length])
        if found is None or abs(found - least) <= ROUGH:
            found = season_correlation(np.array(values[-2 * length :]), length)
        return found < least


def _rough_correlation(last: list[float], before: list[float]) -> float | None:
    """Their correlation to within far less than ROUGH; None where rounding might matter more.

    In plain Python, which takes half the time for so few numbers.
    """
    mean, mean_before = sum(last) / len(last), sum(before) / len(before)
    last, before = [value - mean for value in last], [value - mean_before for value in before]
    squares, squares_before = sum(map(mul, last, last)), sum(map(mul, before, before))
    least, least_before = (len(last) * (NOISE * each) * (NOISE * each) for each in (mean, mean_before))
    if not (squares > least and squares_before > least_before):
        return None
    norm = math.sqrt(squares * squares_before)
    return sum(map(mul, last, before)) / norm if 0 < norm < math.inf else None


def season_correlation(values: Array, season_length: int) -> float:
    """Return the correlation of the last season with the one before; values: (time,) of at least two seasons."""
    last, before = values[-season_length:], values[-2 * season_length : -season_length]
    # the same as by ndarray.mean, which takes several times as long for a season
    last, before = last - np.add.reduce(last) / season_length, before - np.add.reduce(before) / season_length
    norm = math.sqrt((last @ last) * (before @ before))
    return float(last @ before) / norm if norm > 0 else 0.0
