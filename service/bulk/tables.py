"""Rows of a file in memory: a batch of them, column by column.

There are two forms. A ListTable has Python values, as CSV and JSON lines give them. An ArrowTable (arrow_tables.py) has the
columns of a Parquet file with their types, or texts of plain CSV. Both can be asked for the same things, so that every format can be written from
every other one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from .errors import UnreadableInput
from .limits import COLUMNS

SEPARATOR = "\0"
ABSENT = ...  # the value of a key that an object of JSON lines does not have; it is not written either


class Table(Protocol):
    """Some rows, column by column."""

    @property
    def names(self) -> list[str]: ...

    def __len__(self) -> int: ...

    def values(self, name: str) -> list[Any]:
        """The Python values of a column; None or ABSENT where there is none."""

    def numbers(self, name: str, decimal: str) -> npt.NDArray[np.float64] | None:
        """A column of numbers, or of texts that are numbers or empty, with NaN where one is missing; None for another one."""

    def dates(self, name: str) -> pd.DatetimeIndex | None:
        """A column that has the type of dates; None for another one."""

    def different(self, name: str) -> tuple[list[Any], npt.NDArray[np.intp]] | None:
        """The different values of a column of texts, and which of them each row has; None where values must be looked at."""

    def runs(self, name: str) -> Iterator[tuple[int, int, Any]]:
        """Rows that follow each other and have the same value: begin, end, value."""

    def select(self, names: Sequence[str]) -> "Table":
        """These columns."""

    def slice(self, begin: int, end: int) -> "Table":
        """These rows."""

    def take(self, rows: Sequence[int]) -> "Table":
        """These rows, in this order."""


class ListTable:
    """Columns of Python values. `rows` is how many rows there are, where no column says it."""

    def __init__(self, columns: dict[str, list[Any]], rows: int = 0) -> None:
        self.columns = columns
        self._rows = len(next(iter(columns.values()))) if columns else rows

    def __getstate__(self) -> tuple[dict[str, Any], int]:
        """Texts are joined: this pickles in a fraction of the time."""
        return {name: _joined(values) for name, values in self.columns.items()}, self._rows

    def __setstate__(self, state: tuple[dict[str, Any], int]) -> None:
        columns, self._rows = state
        self.columns = {name: v.split(SEPARATOR) if isinstance(v, str) else v for name, v in columns.items()}

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    def __len__(self) -> int:
        return self._rows

    def values(self, name: str) -> list[Any]:
        return self.columns[name]

    def numbers(self, name: str, decimal: str) -> None:  # noqa: ARG002
        return None

    def dates(self, name: str) -> None:  # noqa: ARG002
        return None

    def different(self, name: str) -> None:  # noqa: ARG002
        return None

    def runs(self, name: str) -> Iterator[tuple[int, int, Any]]:
        begin = 0
        for value, rows in groupby(self.columns[name]):
            end = begin + len(list(rows))
            yield begin, end, value
            begin = end

    def select(self, names: Sequence[str]) -> "ListTable":
        return ListTable({name: self.columns[name] for name in names}, self._rows)

    def slice(self, begin: int, end: int) -> "ListTable":
        rows = len(range(self._rows)[begin:end])
        return ListTable({name: values[begin:end] for name, values in self.columns.items()}, rows)

    def take(self, rows: Sequence[int]) -> "ListTable":
        return ListTable({name: [values[row] for row in rows] for name, values in self.columns.items()}, len(rows))


def _joined(values: list[Any]) -> Any:
    """Texts as one, if none holds the separator; other values as they are."""
    if set(map(type, values)) != {str}:
        return values
    joined = SEPARATOR.join(values)
    return joined if joined.count(SEPARATOR) == len(values) - 1 and joined.isascii() else values


@dataclass(frozen=True)
class Batch:
    """Rows that are scored together.

    `first` is the number of the first one in the file, from 1. `faults` says of rows, by their place in the batch, why they
    could not be read. `end` is how far the input was read, in its own unit (bytes), for the progress bar.
    `left_out` rows were read too, and not kept: those of a series that is too long.
    """

    number: int
    first: int
    rows: Table
    faults: dict[int, str] = field(default_factory=dict)
    end: int = 0
    left_out: int = 0


def table_of_objects(objects: Sequence[dict[str, Any]], source: str) -> ListTable:
    """Return the columns of some objects. Keys that an object lacks are ABSENT there. Raises UnreadableInput for too many."""
    columns: dict[str, list[Any]] = {}
    for count, one in enumerate(objects):
        if len(columns) + len(one) > COLUMNS and len(columns.keys() | one.keys()) > COLUMNS:
            raise UnreadableInput(
                f"{source}: {count + 1:,} objects have more than {COLUMNS:,} different keys; each key is a column: put keys "
                'that are values into a list, such as [["user_1", 3], …], or into an object below one key'
            )
        for name, value in one.items():
            columns.setdefault(name, [ABSENT] * count).append(value)
        if len(one) < len(columns):
            for column in columns.values():
                column.extend([ABSENT] * (count + 1 - len(column)))
    return ListTable(columns, len(objects))
