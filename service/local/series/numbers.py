"""A column → readings as floats, NaN where one is missing."""

from typing import Any

import numpy as np
import pandas as pd

from ...interfaces import Array
from ..errors import DataError
from .axes import shown

MAX_READING = 1e150  # as in a request


def read_numbers(values: Any, where: str) -> Array:
    """Return one-dimensional values as float64. Raises DataError for text, truth values and infinite numbers."""
    column = values if isinstance(values, pd.Series) else pd.Series(values)
    if column.dtype == object:
        column = _numbers_of_objects(column, where)
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind not in "iuf":
        raise DataError(_not_numbers(column, where))
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.abs(numbers[~np.isnan(numbers)]).max(initial=0.0) > MAX_READING:
        row = int(np.flatnonzero(np.abs(numbers) > MAX_READING)[0])
        raise DataError(
            f"{where} holds {numbers[row]:g} in row {row}; readings must be finite, and within ±{MAX_READING:g}"
        )
    return numbers


def _numbers_of_objects(column: pd.Series, where: str) -> pd.Series:
    """Python numbers, decimals, None. A string is refused: what it means is for the caller to say."""
    is_text = [isinstance(value, str | bytes | bool) for value in column]
    if any(is_text):
        raise DataError(_with_example(column, where, is_text.index(True)))
    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError) as error:
        raise DataError(f"{where} does not hold numbers: {type(error).__name__} in pd.to_numeric") from error


def _not_numbers(column: pd.Series, where: str) -> str:
    present = column.notna().to_numpy()
    return _with_example(column, where, int(present.argmax())) if present.any() else f"{where} holds no readings"


def _with_example(column: pd.Series, where: str, row: int) -> str:
    value = column.iloc[row]
    advice = "pd.to_numeric makes numbers of text" if isinstance(value, str) else "give numbers"
    return f"{where} holds {shown(value)} in row {row} (counted from 0), which is no number; {advice}"
