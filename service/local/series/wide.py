"""A wide data frame → series: a column for each, and when the readings come in the index."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...interfaces import Array
from ..errors import DataError
from .axes import ORDER
from .numbers import MAX_READING, read_numbers
from .tables import Columns, Series, Table, axis_of_index, caught, named_columns, sort_order
from .timelines import Placement

ID = "unique_id"  # the column of ids in answers, if the columns' index has no name


def read_wide(frame: pd.DataFrame, columns: Columns) -> Table:
    """Return the series of a frame. Raises DataError for a frame that has columns of another kind."""
    _check(frame)
    axis, dates = axis_of_index(frame.index)
    order, placement = sort_order(dates), Placement(axis, columns.frequency)
    dates = np.arange(len(frame)) if axis == ORDER else dates[order]
    series = [
        Series(name, each if isinstance(each, DataError) else caught(placement.timeline, each[order], dates))
        for name, each in zip(frame.columns, _readings(frame), strict=True)
    ]
    id_name = frame.columns.name if isinstance(frame.columns.name, str) else ID
    return Table(series, axis, frame.columns, id_name)


def _readings(frame: pd.DataFrame) -> Iterator[Array | DataError]:
    """The readings of each column. If they are floats, all are taken at once: one by one takes pandas long."""
    if all(dtype == np.float64 for dtype in frame.dtypes):
        values = np.ascontiguousarray(frame.to_numpy().T)
        if not (np.abs(values) > MAX_READING).any():
            yield from values
            return
    for name in frame.columns:
        try:
            yield read_numbers(frame[name], f"the column '{name}'")
        except DataError as error:
            yield error


def _check(frame: pd.DataFrame) -> None:
    """Columns of dates or text mean a long frame, or dates that should be the index."""
    if not len(frame) or not len(frame.columns):
        raise DataError("the frame is empty: it needs a row for each time and a column for each series")
    if not frame.columns.is_unique:
        raise DataError("the frame has several columns of one name; each series needs a name of its own")
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(dtype):
            raise DataError(
                f"the column '{name}' holds dates; make it the index with frame.set_index('{name}'), or name the columns "
                f"of a long frame: id=…, time='{name}', value=…; {named_columns(frame)}"
            )
        if dtype.kind in "iufc" or not pd.api.types.is_string_dtype(frame[name]):
            continue
        raise DataError(
            f"the column '{name}' holds text; name the columns of a long frame: id=…, time=…, value=… (by default "
            f"'unique_id', 'ds' and 'y'), or keep the columns of readings only; {named_columns(frame)}"
        )
