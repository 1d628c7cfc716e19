"""Dates that are written as one number: 20160131, 201601, 1985, 1949.083, seconds since 1970, days of a spreadsheet."""

import re
from collections.abc import Sequence

import numpy as np

from service.interfaces import Array
from training.data.series.candidates import NOTHING, Candidate, Integers, Moments, days, full_year, iso_weeks

NUMBER = re.compile(r"\d{1,19}(?:\.\d{1,9})?")
FIRST_YEAR, LAST_YEAR = 1500, 2200
EPOCHS = (  # unit, least, most: 1973 to 2100
    ("s", "seconds", 1e8, 4.2e9),
    ("ms", "milliseconds", 1e11, 4.2e12),
    ("us", "microseconds", 1e14, 4.2e15),
    ("ns", "nanoseconds", 1e17, 4.2e18),
)
COMPACT = {  # digits → strptime form
    14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 10: "%Y%m%d%H",
}  # fmt: skip
MIN_SHARE = 0.9  # of the cells that must be dates
SPREADSHEET = (20_000, 80_000)  # days since 1899-12-30: 1954 to 2119


def candidates(texts: Sequence[str], names_date: bool) -> list[Candidate]:
    """Return the readings of numbers as dates; days of a spreadsheet only where the column's name says that it has dates."""
    is_number = np.array([NUMBER.fullmatch(text) is not None for text in texts], dtype=bool)
    if is_number.mean() < 0.5:
        return []
    whole = [text.split(".")[0] if number else "" for text, number in zip(texts, is_number, strict=True)]
    integers = np.array([int(text) if text else -1 for text in whole], dtype=np.int64)
    floats = np.array([float(text) if number else np.nan for text, number in zip(texts, is_number, strict=True)])
    is_whole = bool((floats[is_number] == integers[is_number]).all())
    lengths = {len(text) for text in whole if text}
    found = []
    if is_whole and len(lengths) == 1:
        found += _digits(integers, lengths.pop())
    if is_whole:
        found += _epochs(integers)
    else:
        found += [*_decimal_years(floats, texts), *_epochs(floats)]
    if names_date:
        found += _spreadsheet_days(floats)
    return [one for one in found if one.share > MIN_SHARE]


def _digits(values: Integers, length: int) -> list[Candidate]:
    ones = np.ones_like(values)
    first, middle, last = values // 10_000, values // 100 % 100, values % 100
    if length == 8:
        found = [_years_within(Candidate(days(first, middle, last), "year, month, day (%Y%m%d)"))]
        return found if found[0].share > MIN_SHARE else _year_last(values)
    if length == 6:
        found = [_years_within(Candidate(days(values // 100, last, ones), "year and month (%Y%m)", unit="month"))]
        if found[0].share > MIN_SHARE:
            return found
        weeks = Candidate(iso_weeks(values // 100, last, ones), "year and ISO week", unit="week")
        short = Candidate(days(full_year(first), middle, last), "year of two digits, month, day (%y%m%d)")
        return [_years_within(weeks), _years_within(short)]
    if length == 4:
        return [_years_within(Candidate(days(values, ones, ones), "year", unit="year"))]
    if length in COMPACT:
        scale = 10 ** (length - 8)
        date, time = values // scale, values % scale * 10 ** (14 - length)
        day = days(date // 10_000, date // 100 % 100, date % 100)
        hour, minute, second = time // 10_000, time // 100 % 100, time % 100
        is_time = (hour < 24) & (minute < 60) & (second < 60)
        moments = np.where(is_time, day + ((hour * 60 + minute) * 60 + second) * 1_000_000, NOTHING)
        return [_years_within(Candidate(moments, f"digits of a date and a time ({COMPACT[length]})"))]
    return []


def _year_last(values: Integers) -> list[Candidate]:
    """Eight digits with the year last, and the day or the month first."""
    first, second, year = values // 1_000_000, values // 10_000 % 100, values % 10_000
    return [
        _years_within(Candidate(days(year, second, first), "day, month, year (%d%m%Y)", "--date-format %d%m%Y")),
        _years_within(Candidate(days(year, first, second), "month, day, year (%m%d%Y)", "--date-format %m%d%Y")),
    ]


def _years_within(candidate: Candidate) -> Candidate:
    years = candidate.wall.astype("datetime64[Y]").astype(np.int64) + 1970
    is_year = (years >= FIRST_YEAR) & (years <= LAST_YEAR)
    return Candidate(np.where(is_year, candidate.wall, NOTHING), candidate.label, candidate.option, unit=candidate.unit)


def _epochs(values: Array | Moments) -> list[Candidate]:
    numbers = np.asarray(values)
    with np.errstate(invalid="ignore"):
        for unit, name, least, most in EPOCHS:
            is_epoch = (numbers >= least) & (numbers <= most)
            if is_epoch.mean() > MIN_SHARE:
                scale = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}[unit]
                micros = np.where(is_epoch, numbers, 0)
                exact = micros * int(scale) if numbers.dtype.kind == "i" and scale >= 1 else np.round(micros * scale)
                moments = np.where(is_epoch, exact.astype(np.int64).astype("datetime64[us]"), NOTHING)
                label = f"{name} since 1970-01-01 UTC"
                return [Candidate(moments, label, offsets=np.zeros(len(numbers), dtype=np.int64))]
    return []


def _decimal_years(values: Array, texts: Sequence[str]) -> list[Candidate]:
    """Years with a fraction, of months or quarters: 1949.083 is February."""
    digits = max(len(text.partition(".")[2]) for text in texts)
    known = np.where(np.isnan(values), -1.0, values)
    year = np.floor(known).astype(np.int64)
    step = float(np.median(np.abs(np.diff(values)))) if len(values) > 1 else 0.0
    if not 0.9 / 12 <= step <= 1.1 / 2:
        return []
    month = np.floor(12 * (known - year) + 12 * 0.6 * 10.0**-digits + 1e-6).astype(np.int64) + 1
    year, month = np.where(month > 12, year + 1, year), np.where(month > 12, 1, month)
    is_year = (known >= FIRST_YEAR) & (known <= LAST_YEAR)
    moments = days(np.where(is_year, year, -1), month, np.ones_like(year))
    return [Candidate(moments, "years with a fraction, read as months", unit="month")]


def _spreadsheet_days(values: Array) -> list[Candidate]:
    with np.errstate(invalid="ignore"):
        is_day = (values >= SPREADSHEET[0]) & (values <= SPREADSHEET[1])
    seconds = np.round(np.where(is_day, values, 0.0) * 86_400).astype(np.int64)
    moments = np.datetime64("1899-12-30", "us") + seconds.astype("timedelta64[s]").astype("timedelta64[us]")
    return [Candidate(np.where(is_day, moments, NOTHING), "days of a spreadsheet, counted from 1899-12-30")]
