"""Text and date objects → dates, in one form for a whole file: the first dates say whether they have a UTC offset, and which."""

import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...local.series.text_dates import dates_of
from ..values import is_missing

MIDNIGHT = time()
OFFSET = re.compile(r"[+-]\d\d(?::?\d\d)?")
OFFSET_LENGTHS = (3, 5, 6)


@dataclass(frozen=True)
class DateForm:
    """How dates are written: ISO 8601 if `written` is None. `zone`: they have UTC offsets, and are told in this one.

    `are_days`: none of them has a time of day.
    """

    written: str | None = None
    zone: tzinfo | None = None
    are_days: bool = False


def form_of_dates(values: list[Any], written: str | None) -> DateForm:
    """Return the form of the dates of a file, by its first ones. The very first one says whether they have offsets."""
    values = [value for value in values if not is_missing(value)]
    is_date = parse_dates(values, written).notna()
    values = [value for value, is_one in zip(values, is_date, strict=True) if is_one]
    if written is None and values:
        values = [value for value in values if _has_offset(value) == _has_offset(values[0])]
    dates = parse_dates(values, written)
    are_days = dates.tz is None and bool(len(dates)) and bool((dates == dates.normalize()).all())
    return DateForm(written, dates.tz, are_days)


def dates_in_form(values: list[Any], form: DateForm) -> tuple[pd.DatetimeIndex, npt.NDArray[np.bool_]]:
    """Return dates in a form; NaT for what is none. Also which are dates with an offset where it has none, or without."""
    return different_in_form(*_different(values), form)


def different_in_form(
    different: list[Any], codes: npt.NDArray[np.intp], form: DateForm
) -> tuple[pd.DatetimeIndex, npt.NDArray[np.bool_]]:
    """Return the same as `dates_in_form` for values of which it is known which are different, and which each row has."""
    dates = _parsed(different, form.written)
    if form.zone is None and dates.tz is None:
        return dates[codes], np.zeros(len(codes), bool)
    if form.zone is not None and dates.tz is None:
        return dates.tz_localize(form.zone)[codes], np.asarray(dates.notna())[codes]
    has_offset = np.array([form.written is not None or _has_offset(value) for value in different], bool)
    odd = has_offset if form.zone is None else ~has_offset
    dates = dates.tz_convert(form.zone) if form.zone is not None else dates.tz_localize(None)
    return dates[codes], (odd & np.asarray(dates.notna()))[codes]


def parse_dates(values: list[Any], written: str | None) -> pd.DatetimeIndex:
    """Return dates; NaT for what is none. Dates with different offsets are in UTC."""
    different, codes = _different(values)
    return _parsed(different, written)[codes]


def _different(values: list[Any]) -> tuple[list[Any], npt.NDArray[np.intp]]:
    """The different values, and which of them each is: series share their dates."""
    if not set(map(type, values)) <= {str, datetime, date, type(None)}:
        values = [_as_text(value) for value in values]
    codes, different = pd.factorize(np.array(values, dtype=object), use_na_sentinel=False)
    return list(different), codes


def _parsed(values: list[Any], written: str | None) -> pd.DatetimeIndex:
    labels = pd.Index(values, dtype=object)
    if written is None:
        return dates_of(labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 2 warns of several UTC offsets, pandas 3 raises
        try:
            dates = pd.to_datetime(labels, format=written, errors="coerce")
        except ValueError:
            dates = None
        if not isinstance(dates, pd.DatetimeIndex):
            dates = pd.to_datetime(labels, format=written, errors="coerce", utc=True)
    return pd.DatetimeIndex(dates)


def _as_text(value: Any) -> Any:
    """Whole numbers as text, such as years; None for what is no date anyway."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str | date) else None


def _has_offset(value: Any) -> bool:
    if isinstance(value, str):
        clock = value.strip().replace("T", " ").partition(" ")[2]
        return clock.endswith(("Z", "z")) or any(OFFSET.fullmatch(clock[-length:]) for length in OFFSET_LENGTHS)
    return isinstance(value, datetime) and value.tzinfo is not None


def without_midnights(values: list[Any]) -> list[Any]:
    """Return dates at midnight as days. A time of day and a zone stay."""
    if datetime not in set(map(type, values)):
        return values
    days = {value: value.date() for value in set(values) if _is_midnight(value)}
    return [days.get(value, value) for value in values]


def are_midnights(values: list[Any]) -> bool:
    """Whether all dates of a column are days."""
    return all(_is_midnight(value) for value in set(values) if value is not None)


def _is_midnight(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is None and value.time() == MIDNIGHT
