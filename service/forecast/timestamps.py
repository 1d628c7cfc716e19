"""The timestamps of forecast steps, from the first reading's date and a pandas offset alias."""

import warnings
from datetime import datetime

import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset, BusinessHour, CustomBusinessDay, Day, Tick

from service.errors import UnusableFrequency
from service.forecast import seasonality

MAX_MULTIPLE = 1_000_000
FIXED = (Tick, Day)
UNITS = {f"{business}{unit}{end}": unit for business in ("", "B") for unit in "MQY" for end in "SE"}
EXAMPLES = "'D' days, 'h' hours, '30min', 'W-MON' weeks, 'MS' month starts, 'QS' quarter starts"


def timestamps(start: datetime, frequency: str, readings: int, horizon: int) -> list[str]:
    """Return ISO 8601 timestamps of the `horizon` steps that follow `readings` readings from `start`.

    A start with a UTC offset keeps it. Raises UnusableFrequency if the alias is unknown, does not step forward, does not
    contain `start`, or leaves the calendar.
    """
    offset = _offset(frequency)
    try:
        first = pd.Timestamp(start)
        if not offset.is_on_offset(first):
            raise UnusableFrequency(
                f"the start {start:%Y-%m-%d} ({start:%A}) is not a date of the frequency "
                f"'{offset.freqstr}'; the next one is {offset.rollforward(first):%Y-%m-%d}",
                pointer="/start",
            )
        future = [first + step * offset for step in range(readings, readings + horizon)]
    except (OverflowError, ValueError):  # pandas: out of bounds for a date, or for a difference
        future = []
    if not future or future[-1].year > 9999:
        raise UnusableFrequency(
            f"{readings + horizon} steps of '{offset.freqstr}' from {start:%Y-%m-%d} pass the year 9999",
            pointer="/frequency",
        )
    return [moment.isoformat() for moment in future]


def season_of(frequency: str) -> int | None:
    """Return the season length of a frequency, a pandas offset alias; None for an unknown alias."""
    try:
        return seasonality.season_of_frequency(_offset(frequency).freqstr)
    except UnusableFrequency:
        return None


def is_same_frequency(first: str, second: str) -> bool:
    """Whether two pandas offset aliases have equal steps, at any day of the week, month, quarter or year."""
    try:
        offsets = _offset(first), _offset(second)
    except UnusableFrequency:
        return False
    if all(isinstance(offset, FIXED) for offset in offsets):
        return len({pd.Timedelta(offset) for offset in offsets}) == 1  # type: ignore[arg-type]
    return len({(offset.n, _unit(offset)) for offset in offsets}) == 1


def _unit(offset: BaseOffset) -> str:
    """'M' for MS, ME, BMS and BME, 'W' for W-SUN and W-MON, …"""
    code: str = offset.rule_code.split("-")[0]
    return UNITS.get(code, code)


def _offset(frequency: str) -> BaseOffset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated aliases still work
            offset = to_offset(frequency)
    except (ValueError, OverflowError):
        offset = None
    if not 0 < getattr(offset, "n", 0) <= MAX_MULTIPLE or isinstance(offset, BusinessHour | CustomBusinessDay):
        raise UnusableFrequency(
            f"the frequency must be a pandas offset alias that steps forward, such as {EXAMPLES}",
            pointer="/frequency",
        )
    assert offset is not None
    return offset
