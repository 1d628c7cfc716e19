"""Intervals that say next to nothing: they are wider than the readings ever spanned."""

from collections.abc import Sequence
from operator import sub

import numpy as np

from service.forecast.intervals import Interval
from service.interfaces import Array, Notice

LEVEL = 80.0  # percent; of the intervals up to this level the widest is judged, or the narrowest if all are wider
FEW = 24  # readings: so few have spanned about half of what the series spans


def wide_intervals(readings: Sequence[float] | Array, intervals: Sequence[Interval]) -> Notice | None:
    """Return a warning if an interval spans far more than the readings that were read, with the step from which on.

    intervals: of ascending levels. Readings that are all the same span nothing, and say nothing of any interval.
    """
    if not intervals:
        return None
    level, lower, upper = next((each for each in reversed(intervals) if each.level <= LEVEL), intervals[0])
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
