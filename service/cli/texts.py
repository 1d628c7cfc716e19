"""The texts of a small input: its lines, or one of its columns."""

from contextlib import closing
from typing import Any

from ..bulk.errors import UnreadableInput
from ..bulk.reading import check_columns, listed
from ..bulk.work.rows import read_text
from .inputs import dialect_of, first_fault, open_input, read_all, strings

NAMES = ("text", "review", "body", "comment", "content", "message")


def texts_of(
    source: str, column: str | None, input_format: str | None, delimiter: str | None, encoding: str
) -> list[Any]:
    """Return the texts of a file or of stdin, where plain lines are texts unless a column is named. Raises BulkError."""
    is_lines = column is None and input_format is None and source == "-"
    opened = open_input(source, "txt" if is_lines else input_format)
    with closing(opened):
        read = read_all(opened, dialect_of(delimiter, ".", encoding))
    first_fault(read)
    if column is None:
        column = _found(read.name, read.rows.names)
    check_columns(read.name, [column], read.rows.names)
    return strings(read.rows.values(column))


def faults_of_encoding(texts: list[Any]) -> dict[int, str]:
    """Return what is wrong with texts that are not in UTF-8, by their places."""
    faults = {}
    for place, text in enumerate(texts):
        try:
            read_text(text)
        except ValueError as error:
            faults[place] = str(error)
    return faults


def _found(name: str, present: list[str]) -> str:
    if not present:
        raise UnreadableInput(f"{name}: its rows have no columns")
    if len(present) == 1:
        return present[0]
    found = [column for column in present if column.lower() in NAMES]
    if len(found) == 1:
        return found[0]
    raise UnreadableInput(f"{name}: which column has the texts? name it with --text: {listed(present)}")
