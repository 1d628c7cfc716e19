"""What a caller has → many series: a list, an array, a pandas Series, a wide or a long data frame."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ...errors import InvalidRequest
from ...interfaces import Array
from ..errors import DataError
from ..names import listed_columns
from .axes import ORDER, Axis, read_axis
from .grids import Dates
from .numbers import as_column, is_whole, read_numbers
from .timelines import Placement, Timeline


class Columns(NamedTuple):
    """The columns of a long frame that a caller names, and how often readings come.

    With `keeps_going`, what cannot be read in one series is its own error; and text that is a number is one.
    """

    id: str | None = None
    time: str | None = None
    value: str | None = None
    frequency: str | None = None
    keeps_going: bool = False

    @property
    def are_named(self) -> bool:
        return self.id is not None or self.time is not None or self.value is not None


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


def read_series(data: Any, columns: Columns) -> Table:
    """Return the one series of a list, an array or a pandas Series. Raises DataError."""
    if columns.are_named:
        raise DataError("`id`, `time` and `value` name columns of a data frame; the data are none")
    if isinstance(data, pd.Series):
        return _one(data, columns)
    if isinstance(data, str | bytes) or not isinstance(data, Sequence | np.ndarray):
        raise DataError(_of_another_type(data))
    return _one(as_column(data, "the data"), columns)


def _of_another_type(data: Any) -> str:
    kind = f"{type(data).__module__.split('.')[0]}.{type(data).__name__}".removeprefix("builtins.")
    hint = "; convert it with .to_pandas()" if hasattr(data, "to_pandas") else ""
    return f"readings are a list, a numpy array, a pandas Series or a pandas DataFrame, not {kind}{hint}"


def _one(series: "pd.Series[Any]", columns: Columns) -> Table:
    where = "the series" if series.name is None else f"the series '{series.name}'"
    axis, dates = axis_of_index(series.index)
    timeline = alone(read_numbers(series, where), dates, axis, columns)
    return Table([Series(series.name, timeline)], axis)


def alone(readings: Array, dates: Dates, axis: Axis, columns: Columns) -> Timeline | InvalidRequest:
    """Return the only series of a table. Raises DataError, or returns it if the columns say so."""
    if not len(readings):
        raise DataError("there are no readings")
    order, placement = sort_order(dates), Placement(axis, columns.frequency, is_whole=is_whole(readings))
    make = placement.timeline
    return caught(make, readings[order], dates[order]) if columns.keeps_going else make(readings[order], dates[order])


def axis_of_index(index: pd.Index) -> tuple[Axis, Dates]:
    """Return what an index says: a default one nothing, any other one when the readings come. Raises DataError."""
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
        return ORDER, np.arange(len(index))
    if isinstance(index, pd.MultiIndex):
        raise DataError("the index has several levels; make a long data frame of it with reset_index() first")
    return read_axis(index, "the index")


def sort_order(dates: Dates) -> Any:
    """Return what puts dates in order: nothing, mostly."""
    return np.argsort(dates, kind="stable") if (dates[1:] < dates[:-1]).any() else slice(None)


def caught(make: Callable[[Array, Dates], Timeline], readings: Array, dates: Dates) -> Timeline | InvalidRequest:
    """Return a series, or why it is none."""
    try:
        return make(readings, dates)
    except InvalidRequest as error:
        return error


def named_columns(frame: pd.DataFrame) -> str:
    """Return in words which columns a frame has."""
    return f"it has {listed_columns(frame.columns)}"
