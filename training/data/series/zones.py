"""Which clock a series runs on: the local one for days and longer steps, UTC for shorter ones."""

from typing import NamedTuple

import numpy as np

from training.data.series.candidates import Candidate, Integers, Moments

DAY, HOUR, MINUTE = np.timedelta64(1, "D"), np.timedelta64(1, "h"), np.timedelta64(1, "m")
MAX_TIMES = 2  # of the day, of midnights that are written in UTC and follow a clock that changes


class Clock(NamedTuple):
    """The moments on the clock chosen, and a sentence on it; without one there is nothing to say."""

    moments: Moments
    rule: str


def on_one_clock(candidate: Candidate) -> Clock:
    """Put the moments of a candidate on one clock."""
    wall, offsets = candidate.wall, candidate.offsets
    known = wall[~np.isnat(wall)]
    if offsets is None:
        days = _days_of_midnights(wall, known)
        has_times = bool((_time_of_day(known) != 0).any())
        rule = "the times have no UTC offset; they are read as they stand" if has_times else ""
        return Clock(wall, rule) if days is None else Clock(days, _midnights("the same hour of the night"))
    if len(np.unique(_time_of_day(known))) <= 1:
        return Clock(
            wall, "dates a day or more apart keep the local time that is written; their UTC offsets are left out"
        )
    utc = wall - offsets * MINUTE
    days = _days_of_midnights(utc, utc[~np.isnat(utc)])
    if days is not None:
        return Clock(days, _midnights("UTC"))
    if np.unique(offsets[~np.isnat(wall)]).tolist() == [0]:
        return Clock(utc, "times are in UTC, as they are written")
    if _is_even(known) and not _is_even(utc[~np.isnat(utc)]):
        return Clock(
            wall, "the local times that are written are evenly spaced, so they are kept; their UTC offsets are left out"
        )
    return Clock(utc, "times less than a day apart are put to UTC, so that a change of the clock leaves no gap")


def _midnights(how: str) -> str:
    return f"the times are local midnights written in {how}, an hour apart in summer; each is read as its local day"


def _time_of_day(moments: Moments) -> Integers:
    time: Integers = (moments - moments.astype("datetime64[D]")).astype("timedelta64[ns]").astype(np.int64)
    return time


def _days_of_midnights(moments: Moments, known: Moments) -> Moments | None:
    """Return local days, if the times of the day are two, one hour apart, and a day or more lies between the dates."""
    if len(known) < 3:
        return None
    times = np.unique(_time_of_day(known))
    hour = 3_600_000_000_000
    if len(times) != MAX_TIMES or times[1] - times[0] not in (hour, 23 * hour):
        return None
    if np.abs(np.diff(np.unique(known))).min() < DAY - 2 * HOUR:
        return None
    days: Moments = (moments + 12 * HOUR).astype("datetime64[D]").astype("datetime64[ns]")
    return days


def _is_even(known: Moments) -> bool:
    return len(np.unique(np.diff(known))) == 1
