"""Retail calendars: quarters of 4, 4 and 5 weeks in any order."""

import numpy as np

from training.data.series.candidates import Moments
from training.data.series.types import RETAIL_CALENDARS

QUARTER = 3  # periods of a quarter
MIN_PERIODS = 5
MAX_LONG_YEARS = 0.05  # the share of periods that are a week longer, once in five or six years
SEASON = 12


def is_retail(alias: str) -> bool:
    """Whether an alias is one of a retail calendar, which pandas and the service do not know."""
    return alias in RETAIL_CALENDARS


def alias(dates: Moments) -> str | None:
    """Return the pattern of dates that are 4 or 5 weeks apart in turn, or None.

    The dates are taken for the ends of the periods: the long one is the last of a quarter if it ends with March, or about it.
    """
    weeks = _weeks(dates)
    if weeks is None:
        return None
    turn = _turn_of_long(weeks)
    if turn is None:
        return None
    long_ends = dates[1:][np.arange(len(weeks)) % QUARTER == turn]
    middles = (long_ends - np.timedelta64(10, "D")).astype("datetime64[M]").astype(np.int64) % QUARTER
    position = int(np.bincount(middles, minlength=QUARTER).argmax())
    return {0: "5-4-4", 1: "4-5-4", 2: "4-4-5"}[position]


def after(dates: Moments, steps: int) -> Moments:
    """Return the dates of so many periods after the last: 4 and 5 weeks go on in turn."""
    weeks = _weeks(dates)
    turn = None if weeks is None else _turn_of_long(weeks)
    if weeks is None or turn is None:
        raise ValueError("the dates are of no retail calendar")
    numbers = np.arange(len(weeks), len(weeks) + steps)
    days = np.where(numbers % QUARTER == turn, 35, 28)
    following: Moments = dates[-1] + np.cumsum(days).astype("timedelta64[D]")
    return following


def _weeks(dates: Moments) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]] | None":
    days = np.diff(dates.astype("datetime64[D]")).astype(np.int64)
    if len(days) < MIN_PERIODS or not np.isin(days, (28, 35, 42)).all():
        return None
    return days // 7


def _turn_of_long(weeks: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> int | None:
    """Which of three periods in turn is the long one, but for the few that a year of 53 weeks makes longer."""
    numbers = np.arange(len(weeks))
    for turn in range(QUARTER):
        expected = np.where(numbers % QUARTER == turn, 5, 4)
        longer = weeks - expected
        if ((longer == 0) | (longer == 1)).all() and (longer == 1).mean() <= MAX_LONG_YEARS:
            return turn
    return None
