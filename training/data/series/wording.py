"""Frequencies in words."""

import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BusinessDay, Day, Tick, Week

from service.forecast.dates import frequency as frequencies
from training.data.series import retail
from training.data.series.candidates import Moments
from training.data.series.frequency import calendar

SPANS = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}


def in_words(alias: str, dates: Moments) -> str:
    """Say how often the dates of a frequency come, and on which day."""
    if retail.is_retail(alias):
        return f"quarters of {alias} weeks, 12 periods a year"
    offset = to_offset(alias)
    months = frequencies.monthly(offset)
    if months is not None:
        return f"every {SPANS.get(months.months, f'{months.months} months')}{_day(alias, dates)}"
    if isinstance(offset, Week):
        return f"every {_several(int(offset.n), 'week')}, on {pd.Timestamp(dates[0]).day_name()}s"
    if isinstance(offset, BusinessDay):
        return "every day from Monday to Friday"
    if isinstance(offset, Day):
        return f"every {_several(int(offset.n), 'day')}"
    return "every " + _time(pd.Timedelta(offset)) if isinstance(offset, Tick) else "twice a month"


def _day(alias: str, dates: Moments) -> str:
    """The day of the month, where it is one."""
    if alias.lstrip("0123456789").startswith("W"):
        return f", on {pd.Timestamp(dates[0]).day_name()}s"
    found = calendar(dates)
    if alias.lstrip("0123456789").startswith("B"):
        return ", on a workday"
    if (found.days == 1).all():
        return ", on its first day"
    return ", on its last day" if found.are_last.all() else f", on day {int(found.days.max())}"


def _time(time: pd.Timedelta) -> str:
    seconds = time.total_seconds()
    for size, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size and seconds % size == 0:
            return _several(int(seconds // size), name)
    return f"{seconds:g} seconds"


def _several(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count} {unit}s"
