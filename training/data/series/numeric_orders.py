"""Dates of two or three numbers, whose order is the reader's to find: 01/02/2016, 16/02/01, 1-01."""

import re
from collections.abc import Sequence

import numpy as np

from training.data.options import DateOrder
from training.data.series.candidates import Candidate, Integers, days, full_year, iso_weeks

THREE = re.compile(r"(\d{1,2})\s?([-/. ])\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{2})\.?")
TWO = re.compile(r"(\d{1,2})[-/](\d{1,2})")
FISCAL = re.compile(r"(\d{4})[-/](\d{2})")
YEAR_MONTH = re.compile(r"(\d{4})[-/. ](\d{1,2})")
MONTHS = 12
FIRST_YEAR = 1900  # what numbered years begin after


def candidates(texts: Sequence[str], order: DateOrder | None) -> list[Candidate]:
    """Return the readings of plain texts as three or as two numbers."""
    return [*_three(texts, order), *_year_and_number(texts), *_two(texts)]


def _numbers(pattern: re.Pattern[str], texts: Sequence[str], groups: Sequence[int]) -> tuple[Integers, ...] | None:
    matches = [pattern.fullmatch(text) for text in texts]
    if not any(matches):
        return None
    none = (-1,) * len(groups)
    table = [none if match is None else tuple(int(match[group]) for group in groups) for match in matches]
    return tuple(np.array(table, dtype=np.int64).T)


def _three(texts: Sequence[str], order: DateOrder | None) -> list[Candidate]:
    """Day, month, year; month, day, year; with years of two digits also year, month, day."""
    numbers = _numbers(THREE, texts, (1, 3, 4))
    if numbers is None:
        return []
    first, second, third = numbers
    separator = next(match[2] for text in texts if (match := THREE.fullmatch(text)))
    has_dots = separator == "."
    year = np.where(third < 0, -1, full_year(third))
    found = {
        "day_first": Candidate(days(year, second, first), "day, month, year", "--day-first", is_usual=has_dots),
        "month_first": Candidate(days(year, first, second), "month, day, year", "--month-first"),
    }
    if (third <= 31).all():
        years = np.where(first < 0, -1, full_year(first))
        found["year_first"] = Candidate(days(years, second, third), "year, month, day", "--year-first")
    return [found[order]] if order in found else [one for one in found.values() if one.share > 0]


def _year_and_number(texts: Sequence[str]) -> list[Candidate]:
    """2015-16: the 16th month there is not, so a year that ends in 2016; 2010-11 is either."""
    numbers = _numbers(YEAR_MONTH, texts, (1, 2))
    if numbers is None:
        return []
    year, second = numbers
    months = Candidate(days(year, second, np.ones_like(year)), "year and month", "--date-format %Y-%m", unit="month")
    is_fiscal = (second == (year + 1) % 100) & np.array([FISCAL.fullmatch(text) is not None for text in texts])
    january = days(np.where(is_fiscal, year, -1), np.ones_like(year), np.ones_like(year))
    fiscal = Candidate(january, "years that end in the next one, by their first year", "--frequency YS", unit="year")
    weeks = Candidate(iso_weeks(np.where(second > 0, year, -1), second, np.ones_like(year)), "ISO week", unit="week")
    found = [months, fiscal, *([weeks] if second.max() > MONTHS else [])]
    return [one for one in found if one.share > 0]


def _two(texts: Sequence[str]) -> list[Candidate]:
    """Month and a year of two digits, the other way round, or a numbered year and its month."""
    numbers = _numbers(TWO, texts, (1, 2))
    if numbers is None:
        return []
    first, second = numbers
    is_found = first >= 0
    ones = np.ones_like(first)
    if _is_numbered(first[is_found], texts):
        label = f"a numbered year and a month; year 1 is taken for {FIRST_YEAR + 1}"
        return [Candidate(days(np.where(is_found, FIRST_YEAR + first, -1), second, ones), label, unit="month")]
    short = [
        (
            days(np.where(is_found, full_year(first), -1), second, ones),
            "year of two digits and month",
            "--date-format %y-%m",
        ),
        (
            days(np.where(is_found, full_year(second), -1), first, ones),
            "month and year of two digits",
            "--date-format %m-%y",
        ),
    ]
    found = [Candidate(moments, label, option, unit="month") for moments, label, option in short]
    return [one for one in found if one.share > 0]


def _is_numbered(years: Integers, texts: Sequence[str]) -> bool:
    """Whether years are counted from 1, without leading zeros: 1-01 … 3-12."""
    is_padded = any(text.startswith("0") for text in texts)
    return bool(len(years)) and not is_padded and int(years.min()) == 1 and bool((np.diff(years) >= 0).all())
