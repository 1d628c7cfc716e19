"""What a caller has → many series: a list, an array, a pandas Series, a wide or a long data frame."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...errors import InvalidRequest
from ...interfaces import Array
from ..errors import DataError
from .axes import ORDER, Axis, read_axis
from .grids import Dates
from .numbers import read_numbers
from .timelines import Timeline, on_grid

ID, TIME, VALUE = "unique_id", "ds", "y"  # columns of a long frame, as StatsForecast and others call them
MAX_NAMED = 12  # columns that a message lists


class Columns(NamedTuple):
    """The columns of a long frame that a caller names, and how often readings come."""

    id: str | None = None
    time: str | None = None
    value: str | None = None
    frequency: str | None = None


class Series(NamedTuple):
    """One series by its id, or why it cannot be read."""

    id: Hashable
    timeline: Timeline | InvalidRequest


class Table(NamedTuple):
    """Many series, or one. `id_name` and `time_name` are columns of answers: None without, where the kind of axis names it.

    `ids` has the ids with their own type, for a column.
    """

    series: list[Series]
    axis: Axis
    ids: pd.Index | None = None
    id_name: str | None = None
    time_name: str | None = None


def read_table(data: Any, columns: Columns) -> Table:
    """Return the series in `data`. Raises DataError for what is none, and keeps what is wrong with one of many."""
    if isinstance(data, pd.DataFrame):
        return _long(data, columns) if _is_long(data, columns) else _wide(data, columns)
    if any((columns.id, columns.time, columns.value)):
        raise DataError("`id`, `time` and `value` name columns of a data frame; the data are none")
    if isinstance(data, pd.Series):
        return _one(data, columns)
    if isinstance(data, str | bytes | dict) or not isinstance(data, Sequence | np.ndarray):
        raise DataError(_of_another_type(data))
    return _one(_series_of(data), columns)


def _series_of(data: Any) -> "pd.Series[Any]":
    try:
        return pd.Series(data)
    except (ValueError, TypeError) as error:
        raise DataError("readings are one list of numbers; for several series, use a data frame") from error


def _of_another_type(data: Any) -> str:
    kind = f"{type(data).__module__.split('.')[0]}.{type(data).__name__}"
    hint = "; convert it with .to_pandas()" if hasattr(data, "to_pandas") else ""
    return f"readings are a list, a numpy array, a pandas Series or a pandas DataFrame, not {kind}{hint}"


def _one(series: "pd.Series[Any]", columns: Columns) -> Table:
    where = "the series" if series.name is None else f"the series '{series.name}'"
    axis, dates = _axis_of_index(series.index)
    timeline = _sorted(read_numbers(series, where), dates, axis, columns.frequency)
    return Table([Series(series.name, timeline)], axis)


def _axis_of_index(index: pd.Index) -> tuple[Axis, Dates]:
    """A default index says nothing; any other one tells when the readings come."""
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
        return ORDER, np.arange(len(index))
    if isinstance(index, pd.MultiIndex):
        raise DataError("the index has several levels; make a long data frame of it with reset_index() first")
    return read_axis(index, "the index")


def _sorted(readings: Array, dates: Dates, axis: Axis, frequency: str | None) -> Timeline:
    if not len(readings):
        raise DataError("there are no readings")
    if len(dates) > 1 and (dates[1:] < dates[:-1]).any():
        order = np.argsort(dates, kind="stable")
        readings, dates = readings[order], dates[order]
    return on_grid(readings, dates, axis, frequency)


def _caught(make: Callable[[], Timeline]) -> Timeline | InvalidRequest:
    try:
        return make()
    except InvalidRequest as error:
        return error


def _is_long(frame: pd.DataFrame, columns: Columns) -> bool:
    named = any((columns.id, columns.time, columns.value))
    return named or VALUE in frame.columns or ID in frame.columns


def _wide(frame: pd.DataFrame, columns: Columns) -> Table:
    """A column for each series, and the dates in the index."""
    if not frame.columns.is_unique:
        raise DataError("the frame has several columns of one name; each series needs a name of its own")
    axis, dates = _axis_of_index(frame.index)
    _check_wide(frame)
    order = np.argsort(dates, kind="stable")
    series = [
        Series(name, _caught(lambda name=name: _column(frame, name, order, dates, axis, columns.frequency)))  # type: ignore[misc]
        for name in frame.columns
    ]
    id_name = frame.columns.name if isinstance(frame.columns.name, str) else ID
    return Table(series, axis, frame.columns, id_name)


def _column(
    frame: pd.DataFrame, name: Hashable, order: npt.NDArray[Any], dates: Dates, axis: Axis, frequency: str | None
) -> Timeline:
    readings = read_numbers(frame[name], f"the column '{name}'")
    return _sorted(readings[order], dates[order], axis, frequency)


def _check_wide(frame: pd.DataFrame) -> None:
    """A column of dates or text beside the numbers means a long frame, or dates that should be the index."""
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(dtype):
            raise DataError(
                f"the column '{name}' holds dates; make it the index with frame.set_index('{name}'), or name the columns "
                f"of a long frame: id=…, time='{name}', value=…; {_has(frame)}"
            )
        if pd.api.types.is_string_dtype(dtype) and dtype != object:
            raise DataError(
                f"the column '{name}' holds text; name the columns of a long frame: id=…, time=…, value=… (by default "
                f"'{ID}', '{TIME}' and '{VALUE}'), or keep the columns of readings only; {_has(frame)}"
            )


def _long(frame: pd.DataFrame, columns: Columns) -> Table:
    """A row for each reading."""
    value = _named(frame, columns.value or VALUE, "value", "readings")
    time = None
    if columns.time is not None or TIME in frame.columns:
        time = _named(frame, columns.time or TIME, "time", "dates")
    identifier = None
    if columns.id is not None or ID in frame.columns:
        identifier = _named(frame, columns.id or ID, "id", "names of the series")
    axis, dates = (
        _axis_of_index(frame.index) if time is None else read_axis(pd.Index(frame[time]), f"the column '{time}'")
    )
    readings = read_numbers(frame[value], f"the column '{value}'")
    if identifier is None:
        return Table([Series(None, _sorted(readings, dates, axis, columns.frequency))], axis, time_name=time)
    codes, ids = pd.factorize(frame[identifier])
    if (codes < 0).any():
        raise DataError(f"the column '{identifier}' has no name in row {int((codes < 0).argmax())} (counted from 0)")
    groups = _groups(codes, dates, readings, axis)
    series = [
        Series(name, _caught(lambda each=each: on_grid(*each, axis, columns.frequency)))  # type: ignore[misc]
        for name, each in zip(ids, groups, strict=True)
    ]
    return Table(series, axis, pd.Index(ids), identifier, time)


def _groups(codes: npt.NDArray[Any], dates: Dates, readings: Array, axis: Axis) -> Iterator[tuple[Array, Dates]]:
    """The readings and the dates of each series, in order of its dates; without dates, as they stand."""
    if axis == ORDER:
        dates = np.arange(len(readings))
    changes = codes[1:] != codes[:-1]
    is_sorted = bool((codes[1:] >= codes[:-1]).all() and (changes | (dates[1:] >= dates[:-1])).all())
    if not is_sorted:
        order = np.lexsort((dates, codes))
        codes, dates, readings = codes[order], dates[order], readings[order]
        changes = codes[1:] != codes[:-1]
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(codes)] if len(codes) else [0]
    for begin, end in zip(bounds, bounds[1:], strict=False):
        yield readings[begin:end], dates[begin:end]


def _named(frame: pd.DataFrame, name: str, option: str, meaning: str) -> str:
    if name not in frame.columns:
        raise DataError(f"the frame has no column '{name}' of {meaning}: name it with {option}=…; {_has(frame)}")
    if not isinstance(frame[name], pd.Series):
        raise DataError(f"the frame has several columns '{name}'")
    return name


def _has(frame: pd.DataFrame) -> str:
    names = ", ".join(f"'{name}'" for name in frame.columns[:MAX_NAMED])
    more = len(frame.columns) - MAX_NAMED
    return f"it has {names}" + (f" and {more} more" if more > 0 else "")
