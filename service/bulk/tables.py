"""Rows of a file in memory: a batch of them, column by column.

There are two forms. A ListTable has Python values, as CSV and JSON lines give them. An ArrowTable (arrow_tables.py) has the
columns of a Parquet file with their types. Both can be asked for the same things, so that every format can be written from
every other one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

ABSENT = ...  # the value of a key that an object of JSON lines does not have; it is not written either


class Table(Protocol):
    """Some rows, column by column."""

    @property
    def names(self) -> list[str]: ...

    def __len__(self) -> int: ...

    def values(self, name: str) -> list[Any]:
        """The Python values of a column; None or ABSENT where there is none."""

    def series(self, name: str) -> "pd.Series[Any]":
        """A column as a model reads it."""

    def select(self, names: Sequence[str]) -> "Table":
        """These columns."""

    def slice(self, begin: int, end: int) -> "Table":
        """These rows."""

    def take(self, rows: Sequence[int]) -> "Table":
        """These rows, in this order."""


class ListTable:
    """Columns of Python values."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.columns = columns

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def values(self, name: str) -> list[Any]:
        return self.columns[name]

    def series(self, name: str) -> "pd.Series[Any]":
        values = [None if value is ABSENT else value for value in self.columns[name]]
        return pd.Series(values, dtype=object)

    def select(self, names: Sequence[str]) -> "ListTable":
        return ListTable({name: self.columns[name] for name in names})

    def slice(self, begin: int, end: int) -> "ListTable":
        return ListTable({name: values[begin:end] for name, values in self.columns.items()})

    def take(self, rows: Sequence[int]) -> "ListTable":
        return ListTable({name: [values[row] for row in rows] for name, values in self.columns.items()})


@dataclass(frozen=True)
class Batch:
    """Rows that are scored together.

    `first` is the number of the first one in the file, from 1. `faults` says of rows, by their place in the batch, why they
    could not be read. `end` is how far the input was read, in its own unit (bytes), for the progress bar.
    """

    number: int
    first: int
    rows: Table
    faults: dict[int, str] = field(default_factory=dict)
    end: int = 0


def table_of_objects(objects: Iterable[dict[str, Any]]) -> ListTable:
    """Return the columns of some objects. Keys that an object lacks are ABSENT there."""
    columns: dict[str, list[Any]] = {}
    for count, one in enumerate(objects):
        for name, value in one.items():
            columns.setdefault(name, [ABSENT] * count).append(value)
        if len(one) < len(columns):
            for column in columns.values():
                column.extend([ABSENT] * (count + 1 - len(column)))
    return ListTable(columns)
