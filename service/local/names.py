"""Names of columns: those that a message lists, and those that an answer needs. A leaf beside errors."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from .errors import DataError

MAX_NAMED = 12  # columns that a message lists


def listed_columns(columns: Iterable[Any]) -> str:
    """Return in words which columns there are: the first ones by name."""
    every = list(columns)
    names = ", ".join(f"'{column}'" for column in islice(every, MAX_NAMED))
    more = len(every) - MAX_NAMED
    return f"{names or 'no columns'}" + (f" and {more} more" if more > 0 else "")


def check_names(id_name: str | None, label_name: str, results: Iterable[str]) -> None:
    """Raise DataError for ids or times that would lose their column to another one of the answer."""
    others: set[str | None] = {*results}
    for name, what in ((label_name, "the readings' times or steps"), (id_name, "the names of the series")):
        if name in others:
            raise DataError(
                f"'{name}' is the column of {what}, and of something else in the answer; rename it first, as with "
                f"frame.rename(columns={{'{name}': 'my_{name}'}}) or, for the columns of a wide frame, "
                f"frame.rename_axis(columns='my_{name}')"
            )
        others.add(name)
