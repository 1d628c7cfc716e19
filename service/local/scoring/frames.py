"""What all scoring functions do with frames."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..errors import DataError

MAX_NAMED = 12  # columns that a message lists


def check_column(frame: pd.DataFrame, name: str, option: str) -> None:
    """Raise DataError, with the columns that there are, for one that is not there."""
    if name not in frame.columns:
        names = ", ".join(f"'{column}'" for column in frame.columns[:MAX_NAMED])
        raise DataError(f"the frame has no column '{name}': name it with {option}=…; it has {names}")


def beside(frame: pd.DataFrame, columns: Mapping[str, Any], prefix: str) -> pd.DataFrame:
    """Return a frame with more columns. Raises DataError for a name that it has already."""
    check_free(frame.columns, columns, prefix)
    added = pd.DataFrame({prefix + name: values for name, values in columns.items()})
    added.index = frame.index
    return pd.concat([frame, added], axis=1)


def check_free(taken: Iterable[Any], names: Iterable[str], prefix: str) -> None:
    """Raise DataError if one of the names is taken."""
    both = set(taken) & {prefix + name for name in names}
    if both:
        raise DataError(
            f"the frame has a column '{min(both)}' already; give `prefix`, which stands before the names of the new ones"
        )
