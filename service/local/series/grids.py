"""Regular dates: numbers of steps ↔ dates. A grid begins with a series' first date, which is number 0."""

from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.tseries.offsets import BaseOffset, BusinessDay, Day, Tick, Week

from ...errors import UnusableFrequency
from ...forecast.dates import frequency as frequencies
from ...forecast.dates.frequency import ALL_DAYS, Monthly
from ...interfaces import Labels

Dates = npt.NDArray[Any]  # (time,), datetime64 without a time zone, or int64 for whole numbers
WORKDAYS = "1111100"
MAX_LISTED = 1_000_000  # dates of a grid that has to be counted one by one
DAY_SECONDS = 86_400
BEYOND = "the forecast passes the last date of its unit; convert the dates, as with .as_unit('us')"
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # of dates: so many are a second


class Grid(Protocol):
    """Regular dates. `frequency` is a pandas offset alias, None for whole numbers."""

    @property
    def frequency(self) -> str | None: ...

    def dates(self, start: int, stop: int) -> Dates:
        """Return the dates of steps `start` to `stop` − 1."""

    def positions(self, dates: Dates) -> Labels | None:
        """Return the numbers of ascending dates, the first one 0; None if one of them lies between two steps."""


@dataclass(frozen=True)
class EvenGrid:
    """Steps of one length, in units of the dates; also whole numbers."""

    first: Any  # datetime64 or int64
    step: int
    frequency: str | None

    def dates(self, start: int, stop: int) -> Dates:
        return np.asarray(self.first + np.arange(start, stop) * self.step)

    def positions(self, dates: Dates) -> Labels | None:
        positions, rest = np.divmod((dates - self.first).astype(np.int64), self.step)
        return None if rest.any() else positions


@dataclass(frozen=True)
class MonthGrid:
    """A day of every so many months, at the first date's time of day."""

    first: Any  # datetime64
    steps: Monthly
    frequency: str | None

    def dates(self, start: int, stop: int) -> Dates:
        return self._at(np.arange(start, stop))

    def positions(self, dates: Dates) -> Labels | None:
        months = (dates.astype("datetime64[M]") - self.first.astype("datetime64[M]")).astype(np.int64)
        positions, rest = np.divmod(months, self.steps.months)
        return None if rest.any() or not np.array_equal(self._at(positions), dates) else positions

    def _at(self, positions: Labels) -> Dates:
        days, week, first = self.steps.days, self.steps.week, self.first
        months = first.astype("datetime64[M]") + self.steps.months * positions + (days < 0)
        begin = months.astype("datetime64[D]")
        dates = begin + days if week == ALL_DAYS else np.busday_offset(begin, days, roll="forward", weekmask=week)
        return np.asarray(dates + (first - first.astype("datetime64[D]")))


@dataclass(frozen=True)
class WorkdayGrid:
    """Every so many days from Monday to Friday, at the first date's time of day."""

    first: Any  # datetime64
    step: int
    frequency: str | None

    def dates(self, start: int, stop: int) -> Dates:
        day = self.first.astype("datetime64[D]")
        days = np.busday_offset(day, self.step * np.arange(start, stop), weekmask=WORKDAYS)
        return np.asarray(days + (self.first - day))

    def positions(self, dates: Dates) -> Labels | None:
        days = dates.astype("datetime64[D]")
        if not np.is_busday(days, weekmask=WORKDAYS).all():
            return None
        counted = np.busday_count(self.first.astype("datetime64[D]"), days, weekmask=WORKDAYS)
        positions, rest = np.divmod(counted, self.step)
        is_regular = not rest.any() and bool((dates - days == self.first - days[0]).all())
        return positions.astype(np.int64) if is_regular else None


@dataclass(frozen=True)
class ListedGrid:
    """Dates that pandas counts one by one, such as the middles and ends of months."""

    first: Any  # datetime64
    offset: BaseOffset
    frequency: str | None

    def dates(self, start: int, stop: int) -> Dates:
        return self._from_first(stop)[start:]

    def positions(self, dates: Dates) -> Labels | None:
        last = pd.Timestamp(dates[-1])
        try:
            listed = pd.date_range(pd.Timestamp(self.first), last, freq=self.offset)
        except (ValueError, OverflowError) as error:  # pandas looks one date further, which may be out of bounds
            raise UnusableFrequency(BEYOND, pointer="/frequency") from error
        positions = listed.get_indexer(pd.DatetimeIndex(dates)) if len(listed) <= MAX_LISTED else np.array([-1])
        return None if (positions < 0).any() else positions.astype(np.int64)

    def _from_first(self, count: int) -> Dates:
        listed = pd.date_range(pd.Timestamp(self.first), periods=count, freq=self.offset)
        return listed.to_numpy().astype(self.first.dtype)


def grid_of(frequency: str, first: Any) -> Grid:
    """Return the grid of a frequency from a date (datetime64). Raises UnusableFrequency."""
    parsed = frequencies.parse(frequency)
    steps = frequencies.at(parsed, _calendar_date(first))
    if isinstance(steps, Monthly):
        return MonthGrid(first, steps, parsed.alias)
    if isinstance(steps, BusinessDay):
        return WorkdayGrid(first, int(steps.n), parsed.alias)
    if isinstance(steps, Tick | Day | Week):
        return EvenGrid(first, _in_units(_length(steps), unit_of(first), parsed.alias), parsed.alias)
    return ListedGrid(first, steps, parsed.alias)


def _calendar_date(first: Any) -> datetime:
    year = int(first.astype("datetime64[Y]").astype(np.int64)) + 1970
    if not 1 <= year <= MAXYEAR:
        raise UnusableFrequency(f"the dates begin in the year {year}; a frequency counts from 1 to {MAXYEAR}")
    return pd.Timestamp(first).to_pydatetime(warn=False)


def _length(steps: Tick | Day | Week) -> np.timedelta64:
    if isinstance(steps, Day | Week):  # pandas 2 cannot hold so many weeks
        return np.timedelta64((7 if isinstance(steps, Week) else 1) * int(steps.n) * DAY_SECONDS, "s")
    return pd.Timedelta(steps).to_timedelta64()


def _in_units(step: np.timedelta64, unit: str, alias: str) -> int:
    """The length of a step in units of the dates; in Python's whole numbers, which have no end. Raises UnusableFrequency."""
    time, own = int(step.astype(np.int64)), UNITS[str(np.datetime_data(step.dtype)[0])]
    count, rest = divmod(time * UNITS[unit], own)
    if rest:
        finer = next(each for each in UNITS if time * UNITS[each] % own == 0)
        raise UnusableFrequency(
            f"the frequency '{alias}' is finer than the dates, which are in '{unit}'; convert the dates, as with "
            f".as_unit('{finer}')",
            pointer="/frequency",
        )
    if count > np.iinfo(np.int64).max:
        raise UnusableFrequency(f"the frequency '{alias}' is longer than '{unit}' can hold", pointer="/frequency")
    return count


def unit_of(date: Any) -> Any:
    """The unit of a datetime64: 's', 'ms', 'us' or 'ns'."""
    return np.datetime_data(date.dtype)[0]
