"""The columns of the output: those of the input that are kept, then those of the model."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..tables import ListTable, Table

CLASH = "input_"  # goes before the name of an input's column that is also one of the model's


def output_name(name: str, results: Sequence[str]) -> str:
    """Return what a column of the input is called in the output.

    A name of the model's gets CLASH before it, and so does one that is made like this already: no two columns of an input
    have one name then, and the name does not depend on which other columns its batch has.
    """
    plain = name
    while plain not in results and plain.startswith(CLASH):
        plain = plain.removeprefix(CLASH)
    return CLASH + name if plain in results else name


def joined_columns(kept: Table | None, results: Table) -> ListTable:
    """Return the columns of both as Python values."""
    columns: dict[str, list[Any]] = {}
    for name in kept.names if kept is not None else ():
        if kept is not None:
            columns[output_name(name, results.names)] = kept.values(name)
    for name in results.names:
        columns[name] = results.values(name)
    return ListTable(columns)


def rows_of(table: ListTable) -> Iterable[tuple[Any, ...]]:
    """The rows of a table."""
    return zip(*table.columns.values(), strict=True)
