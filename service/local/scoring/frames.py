"""What all scoring functions do with frames."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..errors import DataError
from ..names import listed_columns
from .columns import Column


def check_column(frame: pd.DataFrame, name: str, option: str) -> None:
    """Raise DataError for a column that is not there, with those that are, or that is there more than once."""
    if name not in frame.columns:
        raise DataError(
            f"the frame has no column '{name}': name it with {option}=…; it has {listed_columns(frame.columns)}"
        )
    if not isinstance(frame[name], pd.Series):
        raise DataError(f"the frame has several columns '{name}'")


def check_free(frame: pd.DataFrame, columns: Iterable[Column]) -> None:
    """Raise DataError if a frame has a column of the name of a new one."""
    both = set(frame.columns) & {column.name for column in columns}
    if both:
        raise DataError(
            f"the frame has a column '{min(both)}' already; give `prefix`, which stands before the names of the new ones"
        )


def beside(frame: pd.DataFrame, columns: Mapping[str, Any], prefix: str) -> pd.DataFrame:
    """Return a frame with more columns, whose names are free."""
    added = pd.DataFrame({prefix + name: values for name, values in columns.items()})
    added.index = frame.index
    return pd.concat([frame, added], axis=1)
