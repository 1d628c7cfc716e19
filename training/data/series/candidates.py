"""What the cells of a date column may mean: one reading of them, or several."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[
    Any
]  # datetime64[ns], NaT for a cell that is no date; numpy's types do not follow their arithmetic
Integers = npt.NDArray[np.int64]
FIRST, LAST = np.datetime64("1678-01-01", "us"), np.datetime64("2261-12-31", "us")  # what nanoseconds hold
NOTHING = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Candidate:
    """One reading of a column. `label` describes the form of the dates; `option` is what asks for this reading.

    wall: the clock's times as written. offsets: their minutes before UTC, where they are written.
    unit: of dates that are whole months, quarters, years or weeks, else "".
    """

    wall: Moments
    label: str
    option: str = ""
    offsets: Integers | None = None
    unit: str = ""
    is_usual: bool = False  # by the custom of its form: decides where nothing else does

    @property
    def share(self) -> float:
        """The share of cells that are dates."""
        return float(np.mean(~np.isnat(self.wall))) if len(self.wall) else 0.0


def days(year: Integers, month: Integers, day: Integers) -> Moments:
    """Return the days of a calendar, in microseconds; NaT where there is no such day."""
    is_day = (year > 0) & (year < 10_000) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(is_day, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    found = months.astype("datetime64[D]") + np.where(is_day, day - 1, 0)
    is_day &= found.astype("datetime64[M]") == months
    return np.where(is_day, found.astype("datetime64[us]"), NOTHING)


def iso_weeks(year: Integers, week: Integers, weekday: Integers) -> Moments:
    """Return the days of ISO weeks: week 1 has 4 January in it. Week 53 of a year without one does not exist."""
    fourth = days(year, np.full_like(year, 1), np.full_like(year, 4)).astype("datetime64[D]")
    number = (fourth.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    monday = fourth - number
    found = monday + 7 * (week - 1)
    thursday = (found + 3).astype("datetime64[Y]").astype(np.int64) + 1970
    is_week = (week >= 1) & (thursday == year)
    return np.where(is_week, (found + weekday - 1).astype("datetime64[us]"), NOTHING)


def nanoseconds(moments: Moments) -> Moments:
    """Return moments in nanoseconds; those that nanoseconds cannot hold become NaT."""
    fits = (moments >= FIRST) & (moments <= LAST)
    return np.where(fits, moments, NOTHING).astype("datetime64[ns]")


def full_year(year: Integers) -> Integers:
    """Return years of four digits: 30 to 99 are 1930 to 1999, 0 to 29 are 2000 to 2029, as in spreadsheets."""
    return np.where((year < 0) | (year > 99), year, np.where(year < 30, 2000 + year, 1900 + year))


def steps_of(dates: Moments) -> Integers:
    """Return the nanoseconds from each date to the next."""
    times: Any = dates.astype("datetime64[ns]").astype(np.int64)
    return np.asarray(times[1:] - times[:-1], dtype=np.int64)
