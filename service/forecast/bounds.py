"""Bounds of what readings can be, which the caller knows: forecasts and intervals stay within."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import UnusableBounds
from ..interfaces import Array
from .faults import how_many_are_listed, reading_faults
from .intervals import Interval


class Bounds(NamedTuple):
    """The least and the greatest possible reading; infinite where there is no bound."""

    minimum: float = -math.inf
    maximum: float = math.inf

    def clip(self, values: Array) -> Array:
        """Return values within the bounds."""
        if self == NO_BOUNDS:
            return values
        clipped: Array = np.clip(values, self.minimum, self.maximum)
        return clipped

    def clip_interval(self, interval: Interval) -> Interval:
        """Return an interval within the bounds."""
        lower, upper = (self.clip(np.array(side)).tolist() for side in (interval.lower, interval.upper))
        return Interval(interval.level, lower, upper)


NO_BOUNDS = Bounds()


def bounds_of(minimum: float | None, maximum: float | None) -> Bounds:
    """Return the bounds that a caller sent. Raises UnusableBounds if the minimum is not less than the maximum."""
    bounds = Bounds(-math.inf if minimum is None else minimum, math.inf if maximum is None else maximum)
    if not bounds.minimum < bounds.maximum:
        raise UnusableBounds(
            f"`minimum` must be less than `maximum`, the greatest reading that can be; it is {bounds.minimum:g}, and "
            f"`maximum` is {bounds.maximum:g}",
            pointer="/minimum",
        )
    return bounds


def check_readings(readings: Sequence[float | None], bounds: Bounds) -> None:
    """Raise UnusableBounds if readings lie outside of the bounds."""
    low, high = bounds
    if bounds == NO_BOUNDS:
        return
    known = [reading for reading in readings if reading is not None]
    if not known or (low <= min(known) and max(known) <= high):
        return
    outside = [i for i, reading in enumerate(readings) if reading is not None and not low <= reading <= high]
    needed = " and ".join(
        words for bound, words in ((low, f"at least {low:g}"), (high, f"at most {high:g}")) if math.isfinite(bound)
    )
    raise UnusableBounds(
        f"{len(outside)} of the readings lie outside of `minimum` and `maximum`, which are the bounds of all readings"
        f"{how_many_are_listed(len(outside))}; correct these readings, or the bounds",
        faults=reading_faults(outside, f"must be {needed}"),
    )
