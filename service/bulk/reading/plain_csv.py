"""Lines of CSV without quotation marks, which are taken apart a block at a time: by pyarrow where it is installed.

Both ways give the same texts, as they are written. They leave every block alone that has something to be told about a row.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

from ..limits import ROW_BYTES
from ..tables import ListTable, Table

Plain = Callable[[str], Table | None]  # a block → its rows; None for a block that the standard library must parse
ARROW_COLUMNS = 500  # above, pyarrow takes longer than `unquoted_columns`: twice as long for 1,000 columns
BYTE_ORDER_MARK = "\ufeff"


def plain_lines(header: Sequence[str], delimiter: str) -> Plain:
    """Return what reads a block of lines that have these columns."""
    names, by_arrow = list(header), _arrow_reader(header, delimiter)

    def read(block: str) -> Table | None:
        if not is_plain(block):
            return None
        table = by_arrow(block) if by_arrow is not None else None
        if table is not None:
            return table
        columns = unquoted_columns(block, delimiter, len(names))
        return None if columns is None else ListTable(dict(zip(names, columns, strict=True)))

    return read


def is_plain(block: str) -> bool:
    """Whether a block has no quotation marks, and lines that end with LF or CR LF alone."""
    return '"' not in block and ("\r" not in block or block.count("\r") == block.count("\r\n"))


def unquoted_columns(block: str, delimiter: str, width: int) -> list[list[str]] | None:
    """Return the columns of plain lines that have `width` fields each; None for others.

    This takes a third of the time of the standard library.
    """
    rows = list(filter(None, block.replace("\r\n", "\n").split("\n")))
    if set(map(str.count, rows, repeat(delimiter))) - {width - 1} or _has_long(rows):
        return None
    fields = delimiter.join(rows).split(delimiter) if rows else []
    return [fields[column::width] for column in range(width)]


def _is_text(names: Sequence[str]) -> bool:
    """Whether no name has bytes of another encoding."""
    return not any("\ud800" <= sign <= "\udfff" for name in names for sign in name)


def _has_long(rows: Sequence[str]) -> bool:
    return max(map(len, rows), default=0) > ROW_BYTES


def _arrow_reader(header: Sequence[str], delimiter: str) -> Plain | None:
    """Return pyarrow's reader, which takes a fifth of the time of `unquoted_columns` for few columns; None where it is not installed, or slower."""
    if len(header) > ARROW_COLUMNS:
        return None
    try:
        import pyarrow as pa
        from pyarrow import csv
    except ImportError:
        return None
    from ..arrow_tables import ArrowTable

    if not delimiter.isascii() or not _is_text(header):  # pyarrow takes one byte, and names in UTF-8
        return None
    parsing = csv.ParseOptions(delimiter=delimiter, quote_char=False)
    texts = dict.fromkeys(header, pa.string())
    types = csv.ConvertOptions(column_types=texts, strings_can_be_null=False, check_utf8=False)

    def read(block: str) -> Table | None:
        # pyarrow would leave out the mark, and read any line
        if block.startswith(BYTE_ORDER_MARK) or len(block) > ROW_BYTES:
            return None
        try:
            raw = block.encode()
            how = csv.ReadOptions(use_threads=False, block_size=len(raw) + 1, column_names=header)
            table: Any = csv.read_csv(pa.BufferReader(raw), how, parsing, types)
        except (UnicodeEncodeError, pa.ArrowInvalid):  # bytes of another encoding; a line with more or fewer fields
            return None
        return ArrowTable(table)

    return read
