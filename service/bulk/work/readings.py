"""The readings of a batch: which rows are a series, their numbers and their dates, and what is wrong with a series."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...local.series.axes import MAX_NUMBER
from ..limits import SERIES_READINGS
from ..tables import Batch, Table
from ..values import is_missing, is_no_id, short, to_number
from . import ERROR, values_of
from .dates import DateForm, dates_in_form, different_in_form

Times = Literal["timestamp", "number"]
NO_ID = "the row has no id"
WHOLE = "series"  # the id of a file that is one series
WHOLE_NUMBER = re.compile(r"-?\d{1,9}")
DIGITS = re.compile(r"[+-]?\d{1,19}")
YEARS = range(1000, 3000)  # whole numbers that are read as years


@dataclass
class SeriesRows:
    """The rows begin to end - 1 of a batch. `fault` says why they are not forecast."""

    id: str
    begin: int
    end: int
    fault: str | None = None


def series_of(batch: Batch, id_column: str | None) -> list[SeriesRows]:
    """Return the series of a batch, which are whole, in order."""
    rows = len(batch.rows)
    if id_column is None:
        series = [SeriesRows(WHOLE, 0, rows)] if rows else []
    else:
        runs = batch.rows.runs(id_column) if id_column in batch.rows.names else [(0, rows, None)] if rows else []
        series = list(chain.from_iterable(_run(*run) for run in runs))
    for one in series:
        if one.end - one.begin > SERIES_READINGS:
            one.fault = f"the series has more than {SERIES_READINGS:,} readings, which is the most that is read"
    for row, fault in sorted(batch.faults.items()):
        note(series, row, fault)
    return series


def _run(begin: int, end: int, value: Any) -> list[SeriesRows]:
    """The series of rows with one id; rows without an id are no series together: each has an error of its own."""
    if is_no_id(value):
        return [SeriesRows(str(value), row, row + 1, NO_ID) for row in range(begin, end)]
    return [SeriesRows(str(value), begin, end)]


def note(series: list[SeriesRows], row: int, fault: str) -> None:
    """Note what is wrong with a row; a series has the fault of its first bad row."""
    one = series[bisect_right(series, row, key=lambda each: each.begin) - 1]
    if one.fault == NO_ID:
        one.fault = fault
    elif one.fault is None:
        one.fault = f"reading {row - one.begin + 1}: {fault}"


def read_values(batch: Batch, column: str, decimal: str, series: list[SeriesRows]) -> npt.NDArray[np.float64]:
    """Return the readings as numbers; NaN where one is missing."""
    numbers = batch.rows.numbers(column, decimal) if column in batch.rows.names else None
    if numbers is None:
        numbers = _quickly(values_of(batch.rows, column), decimal)
    missing = np.flatnonzero(np.isnan(numbers)).tolist()
    values = values_of(batch.rows, column) if missing else []
    for row in missing:
        try:
            numbers[row] = to_number(values[row], decimal)
        except ValueError as error:
            note(series, row, str(error))
    return numbers


def _quickly(values: list[Any], decimal: str) -> npt.NDArray[np.float64]:
    """What Python or pandas read as numbers; NaN for everything else."""
    kinds = set(map(type, values))
    if not kinds <= {str, int, float, type(None)}:
        return np.full(len(values), np.nan)
    if decimal != "." and str in kinds:
        values = [value.replace(decimal, ".") if isinstance(value, str) else value for value in values]
    if kinds == {str}:
        with suppress(ValueError):  # a column without missing values, several times as fast
            return np.array(list(map(float, values)))
    return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(np.float64, na_value=np.nan).copy()


def read_times(batch: Batch, column: str, times: Times, form: DateForm, series: list[SeriesRows]) -> pd.Index:
    """Return the times: dates, or whole numbers that count steps."""
    if times == "number":
        values = values_of(batch.rows, column)
        numbers = np.zeros(len(values), np.int64)
        for row, value in enumerate(values):
            try:
                numbers[row] = _step(value)
            except (ValueError, OverflowError, TypeError):
                note(series, row, f"{short(value)} is no whole number, as the times of the first readings are")
                continue
            if abs(numbers[row]) > MAX_NUMBER:
                note(series, row, f"{short(value)} is too large for a number of steps; number the readings from 1")
        return pd.Index(numbers)
    dates, odd = _dates(batch.rows, column, form)
    bad = np.flatnonzero(dates.isna() | odd).tolist()
    values = values_of(batch.rows, column) if bad else []
    for row in bad:
        note(series, row, _no_date(values[row], form, is_date=bool(odd[row])))
    return dates


def _dates(rows: Table, column: str, form: DateForm) -> tuple[pd.DatetimeIndex, npt.NDArray[np.bool_]]:
    """The dates of a column, and which of them do not have the form."""
    if column not in rows.names:
        return dates_in_form(values_of(rows, column), form)
    typed = rows.dates(column)
    if typed is not None:
        return typed, np.zeros(len(typed), bool)
    different = rows.different(column)
    return dates_in_form(rows.values(column), form) if different is None else different_in_form(*different, form)


def _no_date(value: Any, form: DateForm, *, is_date: bool) -> str:
    if is_missing(value):
        return "there is no date"
    if is_date:
        first = "without one" if form.zone is None else "with one"
        return f"{short(value)} is a date {'with' if form.zone is None else 'without'} a UTC offset, and the first dates are {first}"
    hint = "a date that is not written as 2016-11-30 needs --time-format, such as %d.%m.%Y"
    return f"{short(value)} is no date{f' as {form.written} reads it' if form.written else f'; {hint}'}"


def _step(value: Any) -> int:
    """Return a whole number, with all of its digits. Raises ValueError, OverflowError or TypeError for what is none."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, int):
        return value
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()):
        return int(value)
    number = float(value)
    if number != int(number):
        raise ValueError
    return int(number)


def times_of(values: Sequence[Any]) -> Times:
    """Return what the times of a file are, by its first ones: whole numbers count steps unless they are years or days."""
    present = [value for value in values if not is_missing(value)]
    return "number" if present and all(map(_is_step, present)) else "timestamp"


def _is_step(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value) is None:
        return False
    return int(value) not in YEARS and len(str(value)) != 8  # 20161130


def with_faults(
    scored: dict[str, list[Any]], numbers: list[Any], series: list[SeriesRows]
) -> tuple[dict[str, list[Any]], list[int]]:
    """Return the rows of the output: those of the model, and one with the error for each series that has a fault.

    `numbers` are the series that the model's rows are of. The rows are in the order of the series. The second list has, for
    each row, the last row of its series in the batch.
    """
    if numbers == sorted(numbers) and all(one.fault is None for one in series) and len(set(numbers)) == len(series):
        scored.setdefault(ERROR, [None] * len(numbers))
        return scored, [series[number].end - 1 for number in numbers]
    by_series: dict[int, list[int | None]] = {}
    for place, number in enumerate(numbers):
        by_series.setdefault(number, []).append(place)
    order = [(place, one) for number, one in enumerate(series) for place in by_series.get(number, [None])]
    results = {
        name: [None if place is None else values[place] for place, _ in order] for name, values in scored.items()
    }
    results[ERROR] = [_error(place, one, scored) for place, one in order]
    return results, [one.end - 1 for _, one in order]


def _error(place: int | None, one: SeriesRows, scored: dict[str, list[Any]]) -> str | None:
    if place is None:
        return one.fault or "there is no forecast"
    error: str | None = scored[ERROR][place] if ERROR in scored else None
    return error
