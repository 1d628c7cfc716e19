"""What a worker does with a batch: it makes the frame that the model reads, scores it, and encodes the result."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..tables import ABSENT, Batch, ListTable, Table

ERROR = "error"


class Scoring(Protocol):
    """A function from frame to frame that can be sent to another process, as `service.local` has them."""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame: ...


class Encoder(Protocol):
    """How rows are written: their names in order, and their bytes. `kept` are columns of the input."""

    def __call__(self, kept: Table | None, results: Table) -> tuple[tuple[str, ...], bytes]: ...


@dataclass(frozen=True)
class Part:
    """A batch that is done: its rows as bytes, and what the summary counts. `columns` are their names in order.

    `read` are the rows of the input that it is made of, `end` is how far the input is read with them.
    """

    number: int
    read: int
    rows: int
    errors: int
    columns: tuple[str, ...]
    blob: bytes
    end: int


class Work(Protocol):
    """Everything that is done with a batch. It can be sent to another process."""

    @property
    def results(self) -> tuple[str, ...]:
        """The model's columns."""

    def clashes(self, names: list[str]) -> list[str]:
        """Which columns of the input, of those that are written, have the name of one of the model's."""

    def check(self) -> None:
        """Load the model. Raises its errors."""

    def __call__(self, batch: Batch) -> Part: ...


def values_of(table: Table, name: str) -> list[Any]:
    """The values of a column; ABSENT where the rows have no such column."""
    return table.values(name) if name in table.names else [ABSENT] * len(table)


def kept_columns(table: Table, keep: tuple[str, ...] | None) -> Table:
    """The columns of the input that are written: all of them for None."""
    if keep is None:
        return table
    if isinstance(table, ListTable):
        return ListTable({name: values_of(table, name) for name in keep})
    return table.select(keep)


def plain_columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """The columns of a frame as Python values, with None for what is missing."""
    return {str(name): _plain_column(frame[name]) for name in frame.columns}


def _plain_column(column: "pd.Series[Any]") -> list[Any]:
    if column.dtype == object:
        return [_plain(value) for value in column.tolist()]
    missing = column.isna()
    if missing.all():
        return [None] * len(column)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        values = column.to_numpy().astype("datetime64[us]").tolist()
    else:
        values = column.tolist()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        values = [value.to_pydatetime(warn=False) if value is not pd.NaT else None for value in values]
    return [None if is_na else value for is_na, value in zip(missing, values, strict=True)] if missing.any() else values


def _plain(value: Any) -> Any:
    """One value of a column of objects: an array as a list, whatever is missing as None."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple | dict):
        return value
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    return None if pd.isna(value) else value
