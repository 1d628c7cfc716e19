"""Rows of a small input → the data frame that `Model.forecast` and `Model.anomalies` read."""

from typing import Any

import numpy as np
import pandas as pd

from ..bulk.errors import UnreadableInput
from ..bulk.values import is_missing, short, to_number
from ..bulk.work.dates import parse_dates
from ..bulk.work.readings import times_of
from .columns import Roles
from .inputs import Read, first_fault


def frame_of(read: Read, roles: Roles, decimal: str, time_format: str | None) -> pd.DataFrame:
    """Return a long frame, or a wide one if there are several values. Raises UnreadableInput, with the row."""
    first_fault(read)
    columns: dict[str, Any] = {}
    if roles.id is not None:
        columns[roles.id] = _ids(read, roles.id)
    times = None if roles.time is None else _times(read, roles.time, time_format)
    if roles.time is not None and len(roles.values) == 1:
        columns[roles.time] = times
    for value in roles.values:
        columns[value] = _numbers(read, value, decimal)
    frame = pd.DataFrame(columns)
    if times is not None and len(roles.values) > 1:
        frame.index = pd.Index(times, name=roles.time)
    return frame


def _numbers(read: Read, column: str, decimal: str) -> "np.ndarray[Any, Any]":
    values = read.rows.values(column)
    numbers = np.empty(len(values))
    for row, value in enumerate(values):
        try:
            numbers[row] = to_number(value, decimal)
        except ValueError as error:
            raise _fault(read, row, column, str(error)) from None
    return numbers


def _ids(read: Read, column: str) -> pd.Index:
    values = read.rows.values(column)
    for row, value in enumerate(values):
        if value == "" or (is_missing(value) and not isinstance(value, str)):
            raise _fault(read, row, column, "there is no name of a series")
    ids: pd.Index = pd.Index(values)
    return ids


def _times(read: Read, column: str, time_format: str | None) -> pd.Index:
    values = read.rows.values(column)
    for row, value in enumerate(values):
        if is_missing(value):
            raise _fault(read, row, column, "there is no date")
    if time_format is None and times_of(values) == "number":
        return pd.Index([int(value) for value in values])
    dates = parse_dates([str(value) if isinstance(value, int) else value for value in values], time_format)
    for row in np.flatnonzero(dates.isna())[:1]:
        how = f"as {time_format} reads it" if time_format else "as 2016-11-30; --time-format reads others"
        raise _fault(read, int(row), column, f"{short(values[row])} is no date {how}")
    return dates


def _fault(read: Read, row: int, column: str, what: str) -> UnreadableInput:
    return UnreadableInput(f"{read.name}: row {row + 1:,}, column {column}: {what}")
