"""CSV: its delimiter, its header, and its rows as texts, as they are written."""

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO

from ..errors import UnreadableInput
from ..formats import Dialect
from ..limits import BATCH_BYTES, COLUMNS, ROW_BYTES
from ..tables import Batch, ListTable, Table
from ..values import is_number
from .plain_csv import plain_lines

DELIMITERS = ",;\t|"
NO_DELIMITER = "\x1f"  # of a file with one column, in whose fields commas are text
BLOCK = 1 << 17  # characters that are read at once
BATCH_CELLS = 100_000  # fields that are parsed at once
_Rows = tuple[Table, dict[int, str]]  # and what is wrong with some, by their place


def sniff(sample: str) -> str:
    """Return the delimiter that parts the first rows into the same number of fields, the most of them."""
    lines = sample.split("\n")
    whole = "\n".join(lines[:-1] or lines)
    best, most = ",", 1
    for delimiter in DELIMITERS:
        try:
            counts = [len(row) for row in islice(csv.reader(io.StringIO(whole), delimiter=delimiter), 20) if row]
        except csv.Error:
            continue
        if counts and min(counts) == max(counts) > most:
            best, most = delimiter, counts[0]
    if most > 1:
        return best
    counts_of_header = {delimiter: lines[0].count(delimiter) for delimiter in DELIMITERS}
    if not any(counts_of_header.values()):
        return NO_DELIMITER
    return max(counts_of_header, key=lambda delimiter: counts_of_header[delimiter])


def read_csv(text: IO[str], name: str, dialect: Dialect, rows: int) -> Iterator[Batch]:
    """Yield the rows, batch by batch. Every column is there in each of them, also where a row is too short.

    Raises UnreadableInput for a file that is no CSV.
    """
    csv.field_size_limit(ROW_BYTES)
    sample = text.read(BLOCK)
    delimiter = dialect.delimiter or sniff(sample)
    blocks = _blocks(sample, text, name)
    begun = io.StringIO(next(blocks, ""), newline="\n")
    header, first = _header(_Parser(chain(begun, _lines(blocks)), delimiter), name)
    tables = _tables(chain([begun.read()], blocks), header, delimiter, name)
    yield from _batches(chain([_table(first, header)], tables), rows)


def _lines(blocks: Iterator[str]) -> Iterator[str]:
    return chain.from_iterable(io.StringIO(block, newline="\n") for block in blocks)


def _blocks(block: str, text: IO[str], name: str) -> Iterator[str]:
    """The text in pieces that end with a line, each of about BLOCK characters. None is longer than ROW_BYTES more."""
    while block:
        end = block.rfind("\n") + 1
        more = text.read(BLOCK)
        if not more:
            yield block
            return
        if end:
            yield block[:end]
        if len(block) - end > ROW_BYTES:
            raise UnreadableInput(f"{name}: a line has more than {ROW_BYTES:,} characters; is it really CSV?")
        block = block[end:] + more


def _header(parser: "_Parser", name: str) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and the first row if it is no header: all of its fields are numbers then."""
    row = next((row for row in _some(parser, 1, 1, name)), [])
    if not row:
        raise UnreadableInput(f"{name}: is empty")
    if "\0" in "".join(row):
        raise UnreadableInput(
            f"{name}: has NUL characters in its first row, as UTF-16 has; --encoding utf-16-le reads that"
        )
    if len(row) > COLUMNS:
        raise UnreadableInput(f"{name}: has {len(row):,} columns; at most {COLUMNS:,} are read")
    if all(is_number(field) for field in row):
        return ["value"] if len(row) == 1 else [f"column_{number}" for number in range(1, len(row) + 1)], [row]
    names = [field.strip() or f"column_{number}" for number, field in enumerate(row, 1)]
    twice = sorted({field for field in names if names.count(field) > 1})
    if twice:
        raise UnreadableInput(f"{name}: has two columns named '{twice[0]}'; give each a name of its own")
    return names, []


class _Unclosed(csv.Error):
    """The file ends within a row."""


class _Parser:
    """The standard library's reader, which knows how many characters it has read."""

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self.read = 0
        self._ended = False
        self._row = 0  # what was read before the current row
        self._rows = csv.reader(self._counted(lines), delimiter=delimiter)

    def _counted(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self.read += len(line)
            if self.read - self._row > BATCH_BYTES:
                raise csv.Error(f"a row has more than {BATCH_BYTES:,} characters")
            yield line
        self._ended = True  # asked for more than there is: for the rest of a row

    def __iter__(self) -> Iterator[list[str]]:
        for row in self._rows:
            self._row = self.read
            if self._ended:
                raise _Unclosed("a quotation mark is never closed")
            if row:
                yield row


def _some(parser: _Parser, count: int, number: int, name: str) -> list[list[str]]:
    """The next rows that are not empty, up to `count`, of about BATCH_BYTES. `number` is that of the first one, for messages."""
    rows: list[list[str]] = []
    end = parser.read + BATCH_BYTES
    try:
        for row in parser:
            rows.append(row)
            if len(rows) == count or parser.read >= end:
                break
    except csv.Error as error:
        raise UnreadableInput(
            f"{name}: after row {number + len(rows) - 1:,}, what follows is no CSV: {_said(error)}"
        ) from None
    return rows


def _said(error: csv.Error) -> str:
    if "new-line character" in str(error):
        return "a line ends with CR alone, as old programs write it; `tr '\\r' '\\n'` makes lines of it"
    return str(error) if isinstance(error, _Unclosed) else f"{error}; a quotation mark that is never closed reads so"


def _tables(blocks: Iterator[str], header: list[str], delimiter: str, name: str) -> Iterator[_Rows]:
    """The rows of blocks, and which have too many or too few fields. From the first block on that is not plain, the
    standard library parses them."""
    count = 0
    plain = plain_lines(header, delimiter)
    for block in blocks:
        table = plain(block)
        if table is None:
            yield from _parsed(_Parser(_lines(chain([block], blocks)), delimiter), header, name, count)
            return
        count += len(table)
        yield table, {}


def _parsed(parser: "_Parser", header: list[str], name: str, count: int) -> Iterator[_Rows]:
    """The rows of a reader. `count` came before them."""
    step = max(1, BATCH_CELLS // len(header))
    while rows := _some(parser, step, count + 1, name):
        yield _table(rows, header)
        count += len(rows)


def _batches(tables: Iterator[_Rows], size: int) -> Iterator[Batch]:
    """Batches of `size` rows at most. There is always one, which says which columns there are."""
    first, number = 1, 0
    empty = Batch(0, 1, ListTable({}))
    for table, faults in tables:
        empty = Batch(0, 1, table)
        for begin, end in _pieces(table, size):
            here = {row - begin: fault for row, fault in faults.items() if begin <= row < end}
            yield Batch(number, first + begin, table.slice(begin, end) if end - begin < len(table) else table, here)
            number += 1
        first += len(table)
    if number == 0:
        yield empty


def _table(rows: list[list[str]], header: list[str]) -> _Rows:
    """The columns of some rows, and which rows have too many or too few fields."""
    faults: dict[int, str] = {}
    width = len(header)
    if not set(map(len, rows)) <= {width}:
        for place, row in enumerate(rows):
            if len(row) != width:
                faults[place] = f"the row has {len(row)} fields, and the header {width}"
                rows[place] = (row + [""] * width)[:width]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in header]
    return ListTable(dict(zip(header, columns, strict=True))), faults


def _pieces(table: Table, size: int) -> Iterator[tuple[int, int]]:
    """Parts of a table that have `size` rows and about BATCH_BYTES characters at most: where they begin and end."""
    parts = max(-(-len(table) // size), min(len(table), 1 + _characters(table) // BATCH_BYTES))
    step = -(-len(table) // parts) if parts else 1
    for begin in range(0, len(table), step):
        yield begin, min(begin + step, len(table))


def _characters(table: Table) -> int:
    """How many characters a table has; 0 for one of a block, which is smaller than a batch."""
    if not isinstance(table, ListTable):
        return 0
    return sum(sum(map(len, column)) for column in table.columns.values())
