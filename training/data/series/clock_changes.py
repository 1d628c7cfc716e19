"""The changes of a local clock between summer and winter, in hours that were written without their offset from UTC."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from training.data.series.candidates import Moments

HOUR = 3_600_000_000_000
NIGHT = 5  # the clock changes before this hour of a Sunday, …
LATE = 23  # … or in this one of a Saturday, when midnight comes twice
SPRING, AUTUMN = 1, -1
MONTHS = (2, 3, 4, 9, 10, 11)
LONGEST = 270 * 24 * HOUR  # from one change to the next, or to an end of the series
MIN_EVEN = 0.8  # of the steps


def straighten(dates: Moments, where: Callable[[npt.NDArray[np.bool_]], str]) -> tuple[Moments, str]:
    """Return the dates (n,) of a file, oldest first, counted on evenly through changes of the clock, and a sentence on it.

    An hour that stands twice in autumn, and the hour that lacks in spring, are such changes if they take turns, at night, and
    every other step is alike or a gap. Otherwise the dates stay as they are, and there is no sentence.
    """
    times = dates.astype("datetime64[ns]").astype(np.int64)
    steps = np.diff(times)
    if len(steps) < 24:
        return dates, ""
    step = int(np.median(steps))
    odd = np.flatnonzero(steps != step)
    if not 0 < step <= HOUR or HOUR % step or not len(odd) or len(odd) > (1 - MIN_EVEN) * len(steps):
        return dates, ""
    kinds = np.array([_kind(times, int(position), step) for position in odd])
    are_gaps = (steps[odd] > step) & (steps[odd] % step == 0)
    if ((kinds == 0) & ~are_gaps).any() or not (kinds != 0).any():
        return dates, ""
    odd, kinds = odd[kinds != 0], kinds[kinds != 0]
    if not _take_turns(times, odd, kinds):
        return dates, ""
    shifts = np.zeros(len(times), dtype=np.int64)
    shifts[odd + 1] = -HOUR * kinds
    straight = times + np.cumsum(shifts)
    is_change = np.zeros(len(times), dtype=bool)
    is_change[odd + 1] = True
    is_change[odd[kinds == AUTUMN]] = True
    what = " and ".join(
        word
        for kind, word in ((SPRING, "lacks an hour in spring"), (AUTUMN, "has an hour twice in autumn"))
        if kind in kinds
    )
    sentence = (
        f"the local clock {what} ({where(is_change)}): this is the change of the clock, not a fault, so the readings are taken for "
        "consecutive; dates after a change stand in the time of the first row"
    )
    return straight.astype("datetime64[ns]"), sentence


def looks_like_autumn(repeated: Moments) -> bool:
    """Whether repeated dates are the hours that a clock has twice in autumn."""
    return looks_like_spring(repeated)


def looks_like_spring(missing: Moments) -> bool:
    """Whether missing dates are the hours that a clock skips in spring: one hour at night on a Sunday."""
    times = missing.astype("datetime64[ns]").astype(np.int64)
    return len(times) > 0 and all(_is_night_of_change(int(time)) for time in times)


def _kind(times: npt.NDArray[np.int64], position: int, step: int) -> int:
    """What the step after a position is: the clock goes forward, or back, or neither (0)."""
    jump = int(times[position + 1] - times[position]) - step
    if jump == HOUR and _is_night_of_change(int(times[position]) + step):
        return SPRING
    return AUTUMN if jump == -HOUR and _is_night_of_change(int(times[position + 1])) else 0


def _is_night_of_change(time: int) -> bool:
    moment = np.datetime64(time, "ns")
    day = moment.astype("datetime64[D]")
    weekday = (int(day.astype(np.int64)) + 3) % 7
    month = int(day.astype("datetime64[M]").astype(np.int64)) % 12 + 1
    hour = (time - int(day.astype("datetime64[ns]").astype(np.int64))) // HOUR
    is_night = (weekday == 6 and hour < NIGHT) or (weekday == 5 and hour == LATE)
    return is_night and month in MONTHS


def _take_turns(times: npt.NDArray[np.int64], odd: npt.NDArray[np.intp], kinds: npt.NDArray[np.int64]) -> bool:
    """Whether spring and autumn take turns, and none is left out before the first, between two, or after the last."""
    moments = np.concatenate([[times[0]], times[odd + 1], [times[-1]]])
    return bool((np.diff(kinds) != 0).all() and (np.diff(moments) <= LONGEST).all())
