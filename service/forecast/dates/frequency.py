"""How often readings come: pandas offset aliases, their older names, and ISO 8601 periods."""

import calendar
import difflib
import functools
import re
import warnings
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta

import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import (
    BaseOffset,
    BusinessDay,
    CustomBusinessDay,
    Day,
    LastWeekOfMonth,
    SemiMonthBegin,
    SemiMonthEnd,
    Tick,
    Week,
    WeekOfMonth,
)

from ...errors import UnusableFrequency

MAX_MULTIPLE = 1_000_000
MONTHS = {"M": 1, "Q": 3, "HY": 6, "Y": 12}
MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BUSINESS_DAYS, ALL_DAYS = "1111100", "1111111"
ALIAS = re.compile(r"(\d{0,9})\s*([A-Za-z]{1,10})(-[A-Za-z]{3})?")
PERIOD_ALIAS = re.compile(r"(B?)([MQAY])")  # a month, quarter or year, by its first or its last day
MONTHLY = re.compile(r"(B?)(M|Q|HY|Y)([SE])")  # of pandas, by the first or the last day
ISO_MONTHS = re.compile(r"P(?:(\d{1,7})Y)?(?:(\d{1,7})M)?", re.IGNORECASE)
ISO_FIXED = re.compile(
    r"P(?:(?P<weeks>\d{1,7})W)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,7}(?:[.,]\d{1,6})?)S)?)?",
    re.IGNORECASE,
)
OLDER = {  # names that pandas had, or that differ in their case only, and today's
    "H": "h", "T": "min", "MIN": "min", "Min": "min", "S": "s", "L": "ms", "U": "us", "N": "ns", "AS": "YS", "BAS": "BYS",
    "SM": "SME", "d": "D", "w": "W", "b": "B", "me": "ME", "qs": "QS", "qe": "QE", "ys": "YS", "ye": "YE", "bms": "BMS",
    "bme": "BME", "q": "Q", "a": "Y", "y": "Y",
}  # fmt: skip
WORDS = {
    "second": "s", "minut": "min", "hour": "h", "dai": "D", "day": "D", "business": "B", "week": "W", "month": "MS",
    "quarter": "QS", "annual": "YS", "year": "YS",
}  # fmt: skip
EXAMPLES = "'D' days, 'h' hours, '30min', 'W-MON' weeks, 'MS' month starts, 'ME' month ends, 'QS' quarter starts, 'P1M'"
KNOWN = ("s", "min", "h", "D", "B", "W", "W-MON", "MS", "ME", "BMS", "BME", "QS", "QE", "YS", "YE", "SMS", "WOM-1MON")


@dataclass(frozen=True)
class Monthly:
    """A day of every so many months.

    days: from the first day of the month, or, if it is negative, of the next month. Only days of `week` are counted, seven
    digits from Monday.
    """

    months: int
    days: int
    week: str


@dataclass(frozen=True)
class Frequency:
    """A frequency. Where its dates depend on the start, `offset` is the one without a start.

    period: a month, quarter or year by its first or its last day, whichever the start is.
    keeps_day: calendar months from any day.
    """

    offset: BaseOffset
    period: BaseOffset | None = None
    keeps_day: bool = False

    @property
    def alias(self) -> str:
        """As pandas writes it."""
        return str(self.offset.freqstr)

    @property
    def steps(self) -> Monthly | None:
        """Its steps, if they are months."""
        return monthly(self.offset)


def monthly(offset: BaseOffset) -> Monthly | None:
    """Return the steps of an offset, if they are months."""
    n = int(offset.n)
    if isinstance(offset, LastWeekOfMonth):
        return Monthly(n, -1, DAY_NAMES[offset.weekday])  # type: ignore[attr-defined]
    if isinstance(offset, WeekOfMonth):
        return Monthly(n, offset.week, DAY_NAMES[offset.weekday])  # type: ignore[attr-defined]
    match = MONTHLY.fullmatch(str(offset.rule_code).split("-")[0])
    if match is None:
        return None
    business, unit, side = match.groups()
    return Monthly(n * MONTHS[unit], 0 if side == "S" else -1, BUSINESS_DAYS if business else ALL_DAYS)


@functools.lru_cache(256)
def parse(frequency: str) -> Frequency:
    """Read a frequency. Raises UnusableFrequency if it is unknown or does not step forward."""
    found = (_iso(frequency) or _alias(frequency)) if frequency.isascii() else None
    if found is None or not 0 < found.offset.n <= MAX_MULTIPLE or not _is_supported(found.offset):
        raise UnusableFrequency(
            "the frequency must be a pandas offset alias or an ISO 8601 period that steps forward, "
            f"by at most {MAX_MULTIPLE:,} units, such as {EXAMPLES}" + _hint(frequency),
            pointer="/frequency",
        )
    return found


def at(frequency: Frequency, start: datetime) -> BaseOffset | Monthly:
    """Return the steps of a frequency from a start. Raises UnusableFrequency if the start is none of its dates."""
    first = pd.Timestamp(start.replace(tzinfo=None))
    offset = frequency.offset
    if frequency.keeps_day:
        return _calendar_months(offset, start)
    if frequency.period is not None and frequency.period.is_on_offset(first):
        offset = frequency.period
    if not offset.is_on_offset(first):
        raise UnusableFrequency(
            f"the start {start:%Y-%m-%d} ({start:%A}) is not a date of the frequency '{offset.freqstr}'"
            + _next_date(offset, first)
            + _keeping(offset),
            pointer="/start",
        )
    return monthly(offset) or offset


def _next_date(offset: BaseOffset, first: pd.Timestamp) -> str:
    try:
        following = offset.rollforward(first)
    except (OverflowError, ValueError):  # pandas: out of bounds
        return ""
    return f"; the next one is {following:%Y-%m-%d}" if following.year <= MAXYEAR else ""


def _keeping(offset: BaseOffset) -> str:
    """The period that begins at any date."""
    if isinstance(offset, Week):
        return f"; 'P{offset.n}W' takes any weekday"
    steps = monthly(offset)
    return f"; 'P{steps.months}M' takes any day up to the 28th" if steps is not None else ""


def _calendar_months(offset: BaseOffset, start: datetime) -> Monthly:
    """Months from any day that all months have. The last day of a month goes on as the last day."""
    steps = monthly(offset)
    assert steps is not None
    if start.day == calendar.monthrange(start.year, start.month)[1]:
        return Monthly(steps.months, -1, ALL_DAYS)
    if start.day > 28:
        raise UnusableFrequency(
            f"the start {start:%Y-%m-%d} is on a day that not every month has; "
            "a period of months needs a day up to the 28th, or the last of its month",
            pointer="/start",
        )
    return Monthly(steps.months, start.day - 1, ALL_DAYS)


def _iso(frequency: str) -> Frequency | None:
    """An ISO 8601 period: calendar months, weeks from the start's weekday, or a fixed time."""
    if match := ISO_MONTHS.fullmatch(frequency):
        years, months = (int(part or 0) for part in match.groups())
        months += 12 * years
        unit = next((unit for unit in ("Y", "Q") if months % MONTHS[unit] == 0), "M")
        return Frequency(_offset(f"{months // MONTHS[unit]}{unit}S") or Day(0), keeps_day=True)
    match = ISO_FIXED.fullmatch(frequency)
    if match is None or frequency[-1] in "Tt":
        return None
    parts = {name: float(part.replace(",", ".")) for name, part in match.groupdict().items() if part}
    if parts.keys() == {"weeks"}:
        return Frequency(Week(int(parts["weeks"])))
    time = timedelta(**parts)
    days, rest = divmod(time, timedelta(days=1))
    offset = to_offset(pd.Timedelta(time)) if rest else Day(days)
    assert offset is not None
    return Frequency(offset)


def _alias(frequency: str) -> Frequency | None:
    """A pandas offset alias of today or of former times."""
    match = ALIAS.fullmatch(frequency.strip())
    if match is None:
        offset = _offset(frequency)
        return None if offset is None else Frequency(offset)
    multiple, name, anchor = match[1], OLDER.get(match[2], match[2]), (match[3] or "").upper()
    if period := PERIOD_ALIAS.fullmatch(name):
        business, unit = period[1], period[2].replace("A", "Y")
        end = _offset(f"{multiple}{business}{unit}E{anchor}")
        begin = _offset(f"{multiple}{business}{unit}S{_following(anchor or '-DEC') if unit != 'M' else ''}")
        return None if end is None else Frequency(end, period=begin)
    offset = _offset(f"{multiple}{name}{anchor}")
    return None if offset is None else Frequency(offset)


def _following(anchor: str) -> str:
    """The first month of the years or quarters that end with a month: '-DEC' → '-JAN'."""
    month = anchor[1:]
    return f"-{MONTH_NAMES[(MONTH_NAMES.index(month) + 1) % 12]}" if month in MONTH_NAMES else anchor


def _offset(alias: str) -> BaseOffset | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated aliases still work
            return to_offset(alias)
    except (ValueError, OverflowError):
        return None


def _is_supported(offset: BaseOffset) -> bool:
    """Business hours, holiday calendars and retail years are not: their steps take long to count."""
    kinds = (Tick, Day, Week, BusinessDay, SemiMonthBegin, SemiMonthEnd)
    is_custom = isinstance(offset, CustomBusinessDay)
    return (isinstance(offset, kinds) and not is_custom) or monthly(offset) is not None


def _hint(frequency: str) -> str:
    """What may be meant."""
    lower = frequency.strip().lower()
    if lower.lstrip("0123456789") == "m":
        return "; did you mean 'MS' (months) or 'min' (minutes)?"
    similar = next((alias for word, alias in WORDS.items() if lower.startswith(word)), None)
    similar = similar or next(iter(difflib.get_close_matches(frequency.strip().upper(), KNOWN, 1)), None)
    return f"; did you mean '{similar}'?" if similar else ""
