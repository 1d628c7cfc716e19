"""The dates that a frequency has: between two dates, and after the last one."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset, BusinessDay, Day, Tick, Week

from service.errors import UnusableFrequency
from service.forecast.dates import frequency as frequencies
from service.forecast.seasons import seasonality
from training.data.errors import DataError
from training.data.series import retail
from training.data.series.candidates import Moments
from training.data.series.frequency import DAY_NS, calendar, month_alias, most_frequent, of_time

MAX_DATES = 100_000_000


def alias_of(text: str) -> str:
    """Return a frequency that the user names, as pandas writes it. Raises DataError for one that is none."""
    if retail.is_retail(text):
        return text
    try:
        return frequencies.parse(text).alias
    except UnusableFrequency as error:
        raise DataError(f"--frequency {text}: {error.detail}") from None


def at(alias: str, dates: Moments) -> str:
    """Return a frequency that the user names as it begins with the dates: weeks on their weekday, months on their day."""
    if retail.is_retail(alias):
        return alias
    offset = _offset(alias)
    if isinstance(offset, Week):
        return of_time(7 * DAY_NS * int(offset.n), dates[0])
    months = _plain_months(alias, offset)
    if months is None:
        return alias
    found = calendar(dates)
    is_end = found.are_last.mean() > 0.5 and not (found.days == 1).any()
    return month_alias(months, int(found.months[0]) % 12, "E" if is_end else "S")


def fixed_step(alias: str) -> int | None:
    """Return the nanoseconds of a frequency that divides the day; None for another."""
    offset = None if retail.is_retail(alias) else _offset(alias)
    step = int(pd.Timedelta(offset).value) if isinstance(offset, Tick) else 0
    return step if step and DAY_NS % step == 0 else None


def season_length(alias: str) -> int:
    """Return the season of a frequency: the service's, and 12 of a retail calendar."""
    return retail.SEASON if retail.is_retail(alias) else seasonality.season_of_frequency(alias)


def between(alias: str, dates: Moments) -> Moments:
    """Return the dates of a frequency from the first to the last of `dates` (n,), which rise and are mostly of it."""
    if retail.is_retail(alias):
        return dates
    offset = _offset(alias)
    months = _plain_months(alias, offset)
    if months is not None:
        found = calendar(dates)
        numbers = np.arange(found.months[0], found.months[-1] + 1, months)
        return _days_of(numbers, dates, alias)
    if isinstance(offset, Tick | Day | Week):
        step = _step(offset)
        count = int((dates[-1] - dates[0]) / step) + 1
        if count > MAX_DATES:
            raise DataError(
                f"{count:,} dates of frequency '{alias}' lie between the first and the last one: is one wrong?"
            )
        even: Moments = dates[0] + np.arange(count) * step
        return even
    time = dates[0] - dates[0].astype("datetime64[D]")
    days = pd.date_range(dates[0].astype("datetime64[D]"), dates[-1].astype("datetime64[D]"), freq=offset)
    moments: Moments = days.to_numpy().astype("datetime64[ns]") + time
    return moments


def after(alias: str, dates: Moments, steps: int) -> Moments:
    """Return the dates of so many steps after the last of complete dates (n,)."""
    if retail.is_retail(alias):
        return retail.after(dates, steps)
    offset = _offset(alias)
    months = _plain_months(alias, offset)
    if months is not None:
        first = int(calendar(dates[-1:]).months[0])
        return _days_of(first + months * np.arange(1, steps + 1), dates, alias)
    if isinstance(offset, Tick | Day | Week):
        even: Moments = dates[-1] + np.arange(1, steps + 1) * _step(offset)
        return even
    time = dates[-1] - dates[-1].astype("datetime64[D]")
    days = pd.date_range(dates[-1].astype("datetime64[D]"), periods=steps + 1, freq=offset)
    following: Moments = days[1:].to_numpy().astype("datetime64[ns]") + time
    return following


def _offset(alias: str) -> BaseOffset:
    offset = to_offset(alias)
    assert offset is not None
    return offset


def _step(offset: BaseOffset) -> Any:
    if isinstance(offset, Week | Day):
        return np.timedelta64(int(offset.n) * (7 if isinstance(offset, Week) else 1), "D").astype("timedelta64[ns]")
    return pd.Timedelta(offset).to_timedelta64().astype("timedelta64[ns]")  # type: ignore[arg-type]


def _plain_months(alias: str, offset: BaseOffset) -> int | None:
    """Months between dates that lie on one day of the month or on its last; not those by workdays or weeks."""
    if isinstance(offset, BusinessDay) or alias.lstrip("0123456789").startswith(("B", "W", "L", "SM")):
        return None
    steps = frequencies.monthly(offset)
    return None if steps is None else steps.months


def _days_of(months: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", dates: Moments, alias: str) -> Moments:
    """The day of the month that the dates have, in other months; the last day of a month that is too short."""
    found = calendar(dates)
    is_end = alias.lstrip("0123456789")[1:2] == "E"
    day = 31 if is_end else int(found.days.max()) if found.days.max() > 28 else most_frequent(found.days)[0]
    begin = (months - 12 * 1970).astype("datetime64[M]")
    last = (begin + 1).astype("datetime64[D]") - 1
    days = np.minimum(begin.astype("datetime64[D]") + (day - 1), last)
    time = dates[0] - dates[0].astype("datetime64[D]")
    moments: Moments = days.astype("datetime64[ns]") + time
    return moments
