"""A long data frame → series: a row for each reading."""

from collections.abc import Hashable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...errors import InvalidRequest
from ...interfaces import Array, Mask
from ..errors import DataError
from .axes import MAX_NUMBER, ORDER, Axis, is_unusable, read_axis
from .grids import Dates
from .numbers import is_whole, numbers_of_text, read_numbers
from .tables import Columns, Series, Table, alone, axis_of_index, caught, named_columns
from .text_dates import dates_of, is_text, shown
from .timelines import Placement, Timeline

ID, TIME, VALUE = "unique_id", "ds", "y"  # as StatsForecast and others call the columns


class _Rows(NamedTuple):
    """The rows of a frame, in order of series and time. `bad` marks those that cannot be read, and `numbers` count all."""

    codes: npt.NDArray[np.int64]
    dates: Dates
    readings: Array
    bad: Mask
    numbers: npt.NDArray[np.int64]


def is_long(frame: pd.DataFrame, columns: Columns) -> bool:
    """Whether a frame has a row for each reading, by its columns."""
    return columns.are_named or VALUE in frame.columns or ID in frame.columns


def read_long(frame: pd.DataFrame, columns: Columns) -> Table:
    """Return the series of a frame, in the order in which they first come. Raises DataError."""
    value = _named(frame, VALUE if columns.value is None else columns.value, "value", "readings")
    time = _optional(frame, columns.time, TIME, "time", "dates")
    identifier = _optional(frame, columns.id, ID, "id", "names of the series")
    _check_apart(value, {"id": identifier, "time": time})
    bad: Mask = np.zeros(len(frame), dtype=bool)
    axis, dates = axis_of_index(frame.index)
    if time is not None:
        axis, dates = _read_time(frame[time], columns, bad)
    readings = _read_value(frame[value], columns, bad)
    if identifier is None:
        fault = _fault(frame, int(bad.argmax()), (time, value)) if bad.any() else None
        return Table([Series(None, fault or alone(readings, dates, axis, columns))], axis, time_name=time)
    codes, ids = _numbered(frame[identifier], columns)
    if (codes < 0).any():
        raise DataError(f"the column '{identifier}' has no name in row {int((codes < 0).argmax())} (counted from 0)")
    rows = _sorted(codes, np.arange(len(frame)) if axis == ORDER else dates, readings, bad)
    placement = Placement(axis, columns.frequency, is_whole=is_whole(readings))
    nameless, ids = DataError(f"the column '{identifier}' has no name"), pd.Index(ids)
    series = [
        Series(name, nameless if is_missing else timeline)
        for name, is_missing, timeline in zip(
            ids, ids.isna(), _series(frame, rows, placement, (time, value)), strict=True
        )
    ]
    return Table(series, axis, ids, identifier, time)


def _numbered(column: "pd.Series[Any]", columns: Columns) -> tuple[npt.NDArray[np.intp], Any]:
    """The number of the series of each row, and their ids in the order in which they first come."""
    try:
        return pd.factorize(column, use_na_sentinel=not columns.keeps_going)
    except TypeError as error:
        raise DataError(f"the column '{column.name}' holds what names no series: give text or numbers") from error


def _read_time(column: "pd.Series[Any]", columns: Columns, bad: Mask) -> tuple[Axis, Dates]:
    where = f"the column '{column.name}'"
    if not columns.keeps_going:
        return read_axis(pd.Index(column, dtype=column.dtype), where)
    labels = _labels(column)
    has_none = is_unusable(labels)
    bad |= has_none
    if has_none.all():
        return read_axis(labels if len(labels) else pd.DatetimeIndex([]), where)
    return read_axis(labels.where(~has_none, labels[~has_none][0]), where)


def _labels(column: "pd.Series[Any]") -> pd.Index:
    """Text as dates, missing where it is none; other labels as they are."""
    labels = pd.Index(column, dtype=column.dtype)  # pandas 2 would look for a type of its own
    return dates_of(labels) if is_text(labels) else labels


def _read_value(column: "pd.Series[Any]", columns: Columns, bad: Mask) -> Array:
    where = f"the column '{column.name}'"
    if not columns.keeps_going:
        return read_numbers(column, where)
    readings, is_bad = numbers_of_text(column)
    bad |= is_bad
    return readings


def _sorted(codes: npt.NDArray[Any], dates: Dates, readings: Array, bad: Mask) -> _Rows:
    changes = codes[1:] != codes[:-1]
    numbers = np.arange(len(codes))
    if (codes[1:] >= codes[:-1]).all() and (changes | (dates[1:] >= dates[:-1])).all():
        return _Rows(codes, dates, readings, bad, numbers)
    order = np.lexsort((dates, codes))
    return _Rows(codes[order], dates[order], readings[order], bad[order], numbers[order])


def _series(
    frame: pd.DataFrame, rows: _Rows, placement: Placement, names: tuple[str | None, str]
) -> Iterator[Timeline | InvalidRequest]:
    changes = np.flatnonzero(rows.codes[1:] != rows.codes[:-1]) + 1
    has_bad = rows.bad.any()
    for begin, end in pairwise([0, *changes.tolist(), len(rows.codes)] if len(rows.codes) else [0]):
        if has_bad and (found := np.flatnonzero(rows.bad[begin:end])).size:
            yield _fault(frame, int(rows.numbers[begin + found].min()), names)
        else:
            yield caught(placement.timeline, rows.readings[begin:end], rows.dates[begin:end])


def _fault(frame: pd.DataFrame, row: int, names: tuple[str | None, str]) -> DataError:
    """What cannot be read in a row."""
    time, value = names
    if time is not None and is_unusable(labels := _labels(frame[time].iloc[row : row + 1]))[0]:
        held = f"the column '{time}' holds {shown(frame[time].iloc[row])}, which is"
        is_number = pd.api.types.is_integer_dtype(labels.dtype) and not labels.hasnans
        return DataError(f"{held} beyond ±{MAX_NUMBER}" if is_number else f"{held} no ISO 8601 date")
    return DataError(f"the column '{value}' holds {shown(frame[value].iloc[row])}, which is no finite number")


def _optional(frame: pd.DataFrame, named: str | None, usual: str, option: str, meaning: str) -> str | None:
    name = usual if named is None else named
    return _named(frame, name, option, meaning) if named is not None or usual in frame.columns else None


def _check_apart(value: str, others: dict[str, str | None]) -> None:
    """Raise DataError if the readings are to be something else too."""
    for option, name in others.items():
        if name == value:
            raise DataError(f"`{option}` and `value` are both the column '{value}'; each is a column of its own")


def _named(frame: pd.DataFrame, name: str, option: str, meaning: str) -> str:
    if not isinstance(name, Hashable) or name not in frame.columns:
        raise DataError(
            f"the frame has no column '{name}' of {meaning}: name it with {option}=…; {named_columns(frame)}"
        )
    if not isinstance(frame[name], pd.Series):
        raise DataError(f"the frame has several columns '{name}'")
    return name
