"""The timestamps of forecast steps, from the first reading's date and a frequency."""

import functools
from datetime import datetime

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset, Day, SemiMonthBegin, SemiMonthEnd, Tick, Week

from ...errors import UnusableFrequency
from ..seasons import seasonality
from . import frequency as frequencies
from .frequency import ALL_DAYS, Monthly

FIXED = (Tick, Day, Week)
LAST_YEAR = 9999


def timestamps(start: datetime, frequency: str, readings: int, horizon: int) -> list[str]:
    """Return ISO 8601 timestamps of the `horizon` steps that follow `readings` readings from `start`.

    A start with a UTC offset keeps it. Raises UnusableFrequency if the frequency is unknown, does not step forward, does
    not contain `start`, or leaves the calendar.
    """
    steps = frequencies.at(frequencies.parse(frequency), start)
    wall = start.replace(tzinfo=None)  # an offset is the same at all steps
    offset = start.isoformat().removeprefix(wall.isoformat())
    future = (
        _months(wall, steps, readings, horizon)
        if isinstance(steps, Monthly)
        else _steps(wall, steps, readings, horizon)
    )
    if future is None:
        raise UnusableFrequency(
            f"{readings + horizon} steps from {start:%Y-%m-%d} pass the year {LAST_YEAR}", pointer="/frequency"
        )
    return [moment + offset for moment in future]


def _months(start: datetime, steps: Monthly, readings: int, horizon: int) -> list[str] | None:
    """Dates of a day of the month, at the start's time."""
    first = 12 * start.year + start.month - 1
    if first + (readings + horizon - 1) * steps.months >= 12 * (LAST_YEAR + 1):
        return None
    months = first - 12 * 1970 + steps.months * np.arange(readings, readings + horizon)
    begin = (months + (steps.days < 0)).astype("datetime64[M]").astype("datetime64[D]")
    days = np.busday_offset(begin, steps.days, roll="forward", weekmask=steps.week)
    time = start.time().isoformat()
    return [f"{day}T{time}" for day in np.datetime_as_string(days)]


def _steps(start: datetime, offset: BaseOffset, readings: int, horizon: int) -> list[str] | None:
    """Dates that pandas counts."""
    if isinstance(offset, Week):
        offset = Day(7 * offset.n)
    try:
        if isinstance(offset, SemiMonthBegin | SemiMonthEnd):
            return _half_months(start, offset, readings, horizon)
        first = pd.Timestamp(start) + readings * offset
        future = pd.date_range(first, periods=horizon, freq=offset)
    except (OverflowError, ValueError):  # pandas: out of bounds for a date, or for a difference
        return None
    return None if future[-1].year > LAST_YEAR else [moment.isoformat() for moment in future]


def _half_months(start: datetime, offset: BaseOffset, readings: int, horizon: int) -> list[str] | None:
    """Every other date is on the start's day of the month, and those between are on the day of the date after it."""
    halves: list[list[str]] = []
    for day in (start, (pd.Timestamp(start) + offset).to_pydatetime()):
        is_last = isinstance(offset, SemiMonthEnd) and pd.Timestamp(day).is_month_end
        steps = Monthly(int(offset.n), -1 if is_last else day.day - 1, ALL_DAYS)
        dates = _months(day, steps, readings // 2, horizon // 2 + 1)
        if dates is None:
            return None
        halves.append(dates)
    future = [date for pair in zip(*halves, strict=True) for date in pair]
    return future[readings % 2 :][:horizon]


def season_of(frequency: str) -> int | None:
    """Return the season length of a frequency; None for one that is unknown."""
    try:
        return seasonality.season_of_frequency(frequencies.parse(frequency).alias)
    except UnusableFrequency:
        return None


@functools.lru_cache(maxsize=256)
def is_same_frequency(first: str, second: str) -> bool:
    """Whether two frequencies have equal steps, at any day of the week, month, quarter or year."""
    try:
        return _unit(first) == _unit(second)
    except UnusableFrequency:
        return False


def _unit(frequency: str) -> tuple[object, ...]:
    """What is equal for MS, ME, BMS and BME, for W-SUN, W-MON and 7D, …"""
    parsed = frequencies.parse(frequency)
    offset, steps = parsed.offset, parsed.steps
    if steps is not None:
        return ("months", steps.months)
    if isinstance(offset, Week):
        return ("time", pd.Timedelta(days=7 * offset.n))
    if isinstance(offset, FIXED):
        return ("time", pd.Timedelta(offset))  # type: ignore[arg-type]
    return (offset.rule_code.split("-")[0], offset.n)
