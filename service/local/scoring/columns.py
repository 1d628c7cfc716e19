"""Columns of answers: their types, which are the same whatever a frame holds."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Kind = Literal[
    "string", "double", "boolean", "bigint", "timestamp_ntz", "array<double>", "array<timestamp_ntz>", "array<string>"
]
# pandas 3 has a type of text whose missing values are NaN; before, that of nullable text is the one that is always the same
TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
NO_NUMBER = np.iinfo(np.int64).min  # as pandas writes what is no date


class Column(NamedTuple):
    """A column of an answer: its name, and its kind as Spark's SQL calls it."""

    name: str
    kind: Kind


def text(values: Sequence[str | None]) -> Any:
    """Return a column of text; None becomes a missing value."""
    return pd.array(list(values), dtype=TEXT)


def truth(values: Sequence[bool | None]) -> Any:
    """Return a column of truth values, some of which may be missing."""
    return pd.array(list(values), dtype="boolean")


def nullable_integers(values: npt.NDArray[np.int64]) -> Any:
    """Return a column of whole numbers; NO_NUMBER becomes a missing value."""
    return pd.arrays.IntegerArray(values, values == NO_NUMBER)


def lists(values: Sequence[npt.NDArray[Any]]) -> "pd.Series[Any]":
    """Return a column of arrays. Where there is nothing the array is empty, so that its type can still be told."""
    column = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        column[index] = value
    return pd.Series(column, dtype=object)


def empty(kind: Kind) -> Any:
    """Return a column of a kind without rows."""
    if kind == "string":
        return text([])
    if kind == "boolean":
        return truth([])
    if kind == "bigint":
        return nullable_integers(np.zeros(0, np.int64))
    if kind.startswith("array"):
        return lists([])
    return np.zeros(0, np.float64 if kind == "double" else "datetime64[us]")
