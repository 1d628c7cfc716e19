"""CSV: its delimiter, its header, and its rows as texts, as they are written."""

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO

from ..errors import UnreadableInput
from ..formats import Dialect
from ..limits import BATCH_BYTES, COLUMNS, ROW_BYTES
from ..tables import Batch, ListTable
from ..values import is_number

DELIMITERS = ",;\t|"
SAMPLE = 1 << 16  # characters


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
    return (
        max(counts_of_header, key=lambda delimiter: counts_of_header[delimiter])
        if any(counts_of_header.values())
        else ","
    )


def read_csv(text: IO[str], name: str, dialect: Dialect, rows: int) -> Iterator[Batch]:
    """Yield the rows, batch by batch. Every column is there in each of them, also where a row is too short.

    Raises UnreadableInput for a file that is no CSV.
    """
    csv.field_size_limit(ROW_BYTES)
    sample = text.read(SAMPLE)
    delimiter = dialect.delimiter or sniff(sample)
    reader = csv.reader(_lines(sample, text, name), delimiter=delimiter)
    header, first = _header(reader, name)
    yield from _batches(chain(first, reader), header, name, rows)


def _lines(sample: str, text: IO[str], name: str) -> Iterator[str]:
    """The lines of a sample and of what follows it. None is longer than ROW_BYTES characters."""
    lines = sample.splitlines(keepends=True) if "\n" not in sample else [part + "\n" for part in sample.split("\n")]
    if "\n" in sample:
        lines[-1] = lines[-1][:-1]
    yield from lines[:-1]
    begun = lines[-1] if lines else ""
    number = len(lines)
    while line := text.readline(ROW_BYTES):
        if len(begun) + len(line) >= ROW_BYTES and not line.endswith("\n"):
            raise UnreadableInput(f"{name}: line {number:,} has more than {ROW_BYTES:,} characters; is it really CSV?")
        yield begun + line
        begun = ""
        number += 1
    if begun:
        yield begun


def _header(reader: Iterator[list[str]], name: str) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and the first row if it is no header: all of its fields are numbers then."""
    row = next(_rows(reader, name, 1), [])
    if not row:
        raise UnreadableInput(f"{name}: is empty")
    if len(row) > COLUMNS:
        raise UnreadableInput(f"{name}: has {len(row):,} columns; at most {COLUMNS:,} are read")
    if all(is_number(field) for field in row):
        return ["value"] if len(row) == 1 else [f"column_{number}" for number in range(1, len(row) + 1)], [row]
    names = [field.strip() or f"column_{number}" for number, field in enumerate(row, 1)]
    twice = sorted({field for field in names if names.count(field) > 1})
    if twice:
        raise UnreadableInput(f"{name}: has two columns named '{twice[0]}'; give each a name of its own")
    return names, []


def _rows(reader: Iterator[list[str]], name: str, number: int) -> Iterator[list[str]]:
    """The rows that are not empty. `number` is that of the first one, for messages."""
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableInput(
                f"{name}: row {number:,} is no CSV: {error}; a quotation mark that is never closed reads so"
            ) from None
        if row:
            yield row
            number += 1


def _batches(source: Iterator[list[str]], header: list[str], name: str, size: int) -> Iterator[Batch]:
    rows: list[list[str]] = []
    faults: dict[int, str] = {}
    first, number, characters = 1, 0, 0
    for row in _rows(source, name, 1):
        if len(row) != len(header):
            faults[len(rows)] = f"the row has {len(row)} fields, and the header {len(header)}"
            row = (row + [""] * len(header))[: len(header)]
        rows.append(row)
        characters += sum(map(len, row))
        if len(rows) == size or characters > BATCH_BYTES:
            yield _batch(number, first, rows, header, faults)
            first, number, characters = first + len(rows), number + 1, 0
            rows, faults = [], {}
    if rows or number == 0:
        yield _batch(number, first, rows, header, faults)


def _batch(number: int, first: int, rows: list[list[str]], header: list[str], faults: dict[int, str]) -> Batch:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in header]
    return Batch(number, first, ListTable(dict(zip(header, columns, strict=True))), faults)
