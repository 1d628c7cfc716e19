"""A column → readings as floats, NaN where one is missing."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ...interfaces import Array, Mask
from ..errors import DataError
from .text_dates import shown

MAX_READING = 1e150  # as in a request
NESTED = (list, tuple, dict, set, np.ndarray, pd.Series)
PLAIN_TYPES = frozenset([float, int, type(None)])  # types that numpy reads as what they are


def read_numbers(values: Any, where: str) -> Array:
    """Return one-dimensional values as float64. Raises DataError for text, truth values and infinite numbers."""
    column = of_plain_type(values if isinstance(values, pd.Series) else as_column(values, where))
    if column.dtype == object:
        column = _numbers_of_objects(column, where)
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind not in "iuf":
        raise DataError(_not_numbers(column, where))
    return _checked(column.to_numpy(dtype=np.float64, na_value=np.nan), where)


def of_plain_type(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return categories and Arrow's decimals as the objects that they stand for; other columns as they are."""
    is_decimal = isinstance(column.dtype, pd.ArrowDtype) and column.dtype.type is Decimal
    return column.astype(object) if is_decimal or isinstance(column.dtype, pd.CategoricalDtype) else column


def as_column(values: Any, where: str) -> "pd.Series[Any]":
    """Return a list or an array as a Series. Raises DataError for one of lists, or of several dimensions."""
    is_flat = (
        values.ndim == 1 if isinstance(values, np.ndarray) else not any(isinstance(each, NESTED) for each in values)
    )
    try:
        if is_flat:
            return pd.Series(values)
    except (ValueError, TypeError, OverflowError):  # such as of records
        pass
    raise DataError(f"{where} must be one list of numbers; for several series, use a data frame")


def is_whole(readings: Array) -> bool:
    """Whether no reading is missing."""
    return not np.isnan(readings).any()


def read_list(values: Any, where: str) -> Array:
    """Return a list, a tuple or an array as float64, faster than `read_numbers`. Raises DataError."""
    if isinstance(values, np.ndarray):
        is_plain = values.dtype.kind in "iuf" and values.ndim == 1
    elif isinstance(values, list | tuple):
        is_plain = PLAIN_TYPES.issuperset(map(type, values))
    else:
        raise DataError(f"{where} must be a list or an array of numbers")
    if np.ndim(values) == 0 or not len(values):
        raise DataError(f"{where} must have at least one number")
    try:
        return _checked(np.array(values, np.float64), where) if is_plain else read_numbers(values, where)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{where} must be one list of numbers, each within ±{MAX_READING:g}") from error


def numbers_of_text(column: "pd.Series[Any]") -> tuple[Array, Mask]:
    """Return a column as float64, and which of its values are no finite numbers. Text that is a number is one."""
    column = of_plain_type(column)
    if column.dtype.kind in "bcmM" or isinstance(column.dtype, pd.PeriodDtype):
        return np.full(len(column), np.nan), column.notna().to_numpy()
    try:
        read = pd.to_numeric(column, errors="coerce")
    except (OverflowError, TypeError):  # of whole numbers without an end, and of lists
        read = pd.Series([each if isinstance(each, float) else math.nan for each in column], index=column.index)
    numbers = read.to_numpy(dtype=np.float64, na_value=np.nan)
    is_bad = np.abs(numbers) > MAX_READING
    if column.dtype.kind not in "iuf":
        is_bad |= np.isnan(numbers) & column.notna().to_numpy()
    return numbers, is_bad


def _checked(numbers: Array, where: str) -> Array:
    sizes = np.abs(numbers)
    if not (sizes <= MAX_READING).all() and (rows := np.flatnonzero(sizes > MAX_READING)).size:  # NaN is no size
        raise DataError(
            f"{where} holds {numbers[rows[0]]:g} in row {rows[0]} (counted from 0); readings must be finite, and within "
            f"±{MAX_READING:g}"
        )
    return numbers


def _numbers_of_objects(column: "pd.Series[Any]", where: str) -> "pd.Series[Any]":
    """Python numbers, decimals, None. A string is refused: what it means is for the caller to say."""
    is_text = [isinstance(value, str | bytes | bool) for value in column]
    if any(is_text):
        raise DataError(_with_example(column, where, is_text.index(True)))
    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{where} does not hold numbers alone: pd.to_numeric says '{error}'") from error


def _not_numbers(column: "pd.Series[Any]", where: str) -> str:
    present = column.notna().to_numpy()
    return _with_example(column, where, int(present.argmax())) if present.any() else f"{where} holds no readings"


def _with_example(column: "pd.Series[Any]", where: str, row: int) -> str:
    value = column.iloc[row]
    return f"{where} holds {shown(value)} in row {row} (counted from 0), which is no number; {_advice(value)}"


def _advice(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "astype(int) makes 1 of True and 0 of False"
    return "pd.to_numeric makes numbers of text" if isinstance(value, str) else "give numbers"
