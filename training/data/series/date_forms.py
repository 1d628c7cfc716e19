"""The forms of written dates that have one meaning, or whose years tell which they have."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.data.series.candidates import NOTHING, Candidate, Integers, Moments, days, full_year, iso_weeks
from training.data.series.vocabulary import month_number

SEP = r"[-/. ]"
NAME = r"(?P<name>[a-z]{3,12})\.?"
ORDINAL = r"(?:st|nd|rd|th|er|a|o|\.)?"
YEAR2 = r"'?(?P<y>\d{4}|\d{2})"
YEAR4 = r"(?P<y>\d{4})"
OF = r"(?:\s+(?:de|del|di|of)\b)?"
WEEK = r"(?:w|kw|wk|week|woche|semaine|sem|semana|cw)"
QUARTER = r"(?:q|quarter|quartal|quart|qtr|trimestre|trim|kwartaal|kw|k|t)"


@dataclass(frozen=True)
class Form:
    """A form of dates. Its groups: y, m, name, d, q, h (half-year), w, k (day of the week)."""

    label: str
    pattern: re.Pattern[str]
    unit: str = ""


def _form(label: str, pattern: str, unit: str = "") -> Form:
    return Form(label, re.compile(pattern), unit)


FORMS = (
    _form("year, month, day", rf"{YEAR4}[-/. ](?P<m>\d{{1,2}})[-/. ](?P<d>\d{{1,2}})\.?"),
    _form("year, month, day, without separators", rf"{YEAR4}(?P<m>\d{{2}})(?P<d>\d{{2}})"),
    _form("day, month's name, year", rf"(?P<d>\d{{1,2}}){ORDINAL}{OF}{SEP}*{NAME}{OF}[-/., ]*{YEAR2}"),
    _form("month's name, day, year", rf"{NAME}{SEP}*(?P<d>\d{{1,2}}){ORDINAL}(?:,\s*|{SEP}+){YEAR4}"),
    _form("year, month's name, day", rf"{YEAR4}[-/., ]*{NAME}[-/., ]*(?P<d>\d{{1,2}})"),
    _form("month's name and year", rf"{NAME}{OF}[-/., _]*{YEAR2}", "month"),
    _form("year and month's name", rf"{YEAR4}[-/., _]*{NAME}", "month"),
    _form("year and month", rf"{YEAR4}\s?[-/. ]?\s?m(?P<m>\d{{1,2}})", "month"),
    _form("month and year", rf"m(?P<m>\d{{1,2}})[-/. ]?{YEAR4}", "month"),
    _form("month and year", rf"(?P<m>\d{{1,2}}){SEP}{YEAR4}", "month"),
    _form("year and quarter", rf"{YEAR4}[-/.: ]*{QUARTER}[-. ]?(?P<q>[1-4])", "quarter"),
    _form("quarter and year", rf"{QUARTER}[-. ]?(?P<q>[1-4])[-/., ]*{YEAR2}", "quarter"),
    _form("quarter and year", rf"(?P<q>[1-4]){ORDINAL}\s?{QUARTER}\.?{OF}[-/., ]*{YEAR2}", "quarter"),
    _form("year and quarter", rf"{YEAR4}[-/., ]*(?P<q>[1-4])\.\s?{QUARTER}", "quarter"),
    _form("year and half-year", rf"{YEAR4}[-/. ]*[hs](?P<h>[12])", "half-year"),
    _form("half-year and year", rf"[hs](?P<h>[12])[-/., ]*{YEAR2}", "half-year"),
    _form("ISO week", rf"{YEAR4}[-/., ]*{WEEK}[-. ]*(?P<w>\d{{1,2}})(?:-?(?P<k>[1-7]))?", "week"),
    _form("ISO week", rf"{WEEK}[-. ]*(?P<w>\d{{1,2}})[-/., ]*{YEAR4}", "week"),
    _form("year", rf"(?:fy|cy|year|jahr)[-. ]?{YEAR2}", "year"),
    _form("year", YEAR4, "year"),
)
SHORT_YEAR = _form("year of two digits and month's name", rf"(?P<y>\d{{1,2}})[-/. ]{NAME}", "month")
RANGE = re.compile(
    r"(?P<first>.*\d)\s*(?:\s-+\s|\s?/\s?|\s+to\s+|\s+bis\s+|\s?\.\.+\s?|\s+until\s+|\s+a\s+)\s*(?P<last>\w*.*\d\S*)"
)


def read(form: Form, texts: Sequence[str]) -> Moments:
    """Return the moments of plain texts, (n,), NaT for those of another form."""
    matches = [form.pattern.fullmatch(text) for text in texts]
    groups = form.pattern.groupindex
    is_match = np.array([match is not None for match in matches], dtype=bool)
    if not is_match.any():
        return np.full(len(texts), NOTHING)

    def numbers(group: str, parse: Callable[[str], int | None] = int, default: int = 1) -> Integers:
        if group not in groups:
            return np.full(len(matches), default)
        found = [None if match is None else match[group] for match in matches]
        return np.array([default if text is None else (parse(text) or 0) for text in found], dtype=np.int64)

    year = full_year(numbers("y"))
    if "w" in groups:
        moments = iso_weeks(year, numbers("w"), numbers("k"))
    else:
        month = numbers("name", month_number) if "name" in groups else numbers("m")
        month = 3 * numbers("q") - 2 if "q" in groups else 6 * numbers("h") - 5 if "h" in groups else month
        moments = days(year, month, numbers("d"))
    return np.where(is_match, moments, NOTHING)


def candidates(texts: Sequence[str], sample: Sequence[str]) -> list[Candidate]:
    """Return the readings of plain texts in the forms that some texts of the sample have."""
    forms = [form for form in (*FORMS, SHORT_YEAR) if any(form.pattern.fullmatch(text) for text in sample)]
    found = [Candidate(read(form, texts), form.label, unit=form.unit) for form in forms]
    return [one for one in found if one.share > 0]


def first_of_range(text: str) -> str | None:
    """Return the first date of a range such as 2015-01-04 - 2015-01-10, or None."""
    match = RANGE.fullmatch(text)
    if match is None or not re.search(r"\d\D+\d", match["first"]) or not re.search(r"\d\D+\d", match["last"]):
        return None
    return match["first"].strip()
