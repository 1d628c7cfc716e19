"""Whether readings continue the series that a network has learnt.

There are two proofs. Readings that hold the last readings that the network has learnt continue them. Others have to
repeat the season's shape, at the level and the scale that the series itself had, and the card says how closely. A shape
that many series have proves nothing, so such a card has no shape, and only the first proof is left.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

from ..artifacts.card import LearntSeries, SeasonalShape
from ..interfaces import Array

Difference = Literal["too_few_readings", "no_overlap", "other_level", "other_amplitude", "other_shape"]
SEARCHED = 1024  # the last readings, among which those that were learnt are looked for
MIN_OVERLAP = 12  # readings that must be equal
MIN_DISTINCT = 6  # different values among them: a run of a few whole numbers proves nothing
TOLERANCE = 5e-4  # of equal readings, which may be rounded: a share of their range


class Likeness(NamedTuple):
    """A window beside a profile: two correlations at the best position, and the window's own season and noise."""

    profile_correlation: float
    window_correlation: float
    noise: float
    amplitude: float


class Shape:
    """A seasonal profile in all its positions, ready to be compared with windows of whole seasons."""

    def __init__(self, profile: Array, seasons: int) -> None:
        length = len(profile)
        self.count = seasons * length
        self._seasons, self._length = seasons, length
        centred = profile - profile.mean()
        norm = max(float(np.linalg.norm(centred)), 1e-300)
        self._profiles = np.stack([np.roll(centred, -position) for position in range(length)]) / norm
        time = np.arange(self.count) - (self.count - 1) / 2
        self._time = time / max(float(np.linalg.norm(time)), 1e-300)

    def likeness(self, window: Array) -> Likeness:
        """Compare the last readings, (count,) without gaps. A line through them is no part of the season."""
        residuals = window - window.mean()
        residuals = residuals - self._time * float(self._time @ residuals)
        season = residuals.reshape(self._seasons, self._length).mean(axis=0)
        total, explained = float(residuals @ residuals), self._seasons * float(season @ season)
        if not 0 < explained < float("inf"):
            return Likeness(0.0, 0.0, 0.0, 0.0)
        correlation = float((self._profiles @ season).max()) * (self._seasons / explained) ** 0.5
        return Likeness(
            correlation,
            correlation * min(1.0, explained / total) ** 0.5,
            max(0.0, total / explained - 1) ** 0.5,
            (explained / self.count) ** 0.5,
        )


class LearntSeriesCheck:
    """Says what keeps readings from being a continuation of one learnt series."""

    def __init__(self, learnt: LearntSeries) -> None:
        self._last = np.array(learnt.last_readings, dtype=np.float64)
        self._tolerance = TOLERANCE * float(np.ptp(self._last))
        self._can_overlap = len(self._last) >= MIN_OVERLAP and len(np.unique(self._last)) >= MIN_DISTINCT
        self._limits = learnt.shape
        self._shape = Shape(np.array(learnt.shape.profile), learnt.shape.seasons) if learnt.shape else None

    def difference(self, readings: Array) -> Difference | None:
        """Return how readings (time,), NaN where one is missing, differ from what continues the series, or None."""
        if self._can_overlap and self._overlaps(readings[-SEARCHED:]):
            return None
        if self._shape is None or self._limits is None:
            return "no_overlap"
        window = readings[-self._shape.count :]
        if len(window) < self._shape.count:
            return "too_few_readings"
        level = float(window.mean())
        if math.isnan(level):
            window = _interpolated(window)
            level = float(window.mean())
        if not self._limits.level_minimum <= level <= self._limits.level_maximum:
            return "other_level"  # most series end here
        return _difference(self._shape.likeness(window), self._limits)

    def _overlaps(self, readings: Array) -> bool:
        """Whether some run of readings is the last readings that were learnt, as many of them as there is room for."""
        for end in np.flatnonzero(np.abs(readings - self._last[-1]) <= self._tolerance) + 1:
            count = min(int(end), len(self._last))
            if count < MIN_OVERLAP:
                continue
            distance = np.abs(readings[end - count : end] - self._last[-count:])
            known = distance[~np.isnan(distance)]
            if len(known) >= MIN_OVERLAP and float(known.max()) <= self._tolerance:
                return True
        return False


def _interpolated(window: Array) -> Array:
    """The window without gaps. One of gaps alone stays as it is, and is like nothing."""
    is_missing = np.isnan(window)
    if is_missing.all():
        return window
    return np.interp(np.arange(len(window)), np.flatnonzero(~is_missing), window[~is_missing])


def _difference(likeness: Likeness, limits: SeasonalShape) -> Difference | None:
    if not limits.amplitude_minimum <= likeness.amplitude <= limits.amplitude_maximum:
        return "other_amplitude"
    if (
        likeness.profile_correlation < limits.profile_correlation_minimum
        or likeness.window_correlation < limits.window_correlation_minimum
        or likeness.noise < limits.noise_minimum
    ):
        return "other_shape"
    return None
