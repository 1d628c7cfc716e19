"""Small inputs, which are held in memory: a file, stdin, or JSON as requests have it."""

import codecs
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import typer

from ..bulk.errors import UnreadableInput
from ..bulk.formats import Dialect
from ..bulk.panels import joined
from ..bulk.reading import Reading, read
from ..bulk.reading.source import STDIN, Source, open_source
from ..bulk.tables import Batch, Table

MAX_ROWS = 1_000_000
CHUNK = 10_000
DELIMITERS = {"tab": "\t", "\\t": "\t"}


@dataclass(frozen=True)
class Read:
    """The rows of an input. The first one is number 1 in messages; `faults` are those of rows, by their place from 0."""

    name: str
    rows: Table
    faults: dict[int, str]


def dialect_of(delimiter: str | None, decimal: str, encoding: str) -> Dialect:
    """Return how CSV is written, from options. Raises BadParameter."""
    if delimiter is not None:
        delimiter = DELIMITERS.get(delimiter, delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise typer.BadParameter("a delimiter is one character, such as ;", param_hint="--delimiter")
    if decimal not in (".", ","):
        raise typer.BadParameter("a decimal sign is . or ,", param_hint="--decimal")
    if decimal == delimiter == ",":
        raise typer.BadParameter("the comma cannot be both the delimiter and the decimal sign", param_hint="--decimal")
    try:
        "".encode(encoding)
        encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    except LookupError:
        raise typer.BadParameter(f"there is no encoding '{encoding}'", param_hint="--encoding") from None
    return Dialect(delimiter, decimal, encoding)


def open_input(name: str, input_format: str | None) -> Source:
    """Open a file, or stdin; at a terminal, where nothing is piped in, say so. Raises BulkError."""
    if name == STDIN and sys.stdin is not None and sys.stdin.isatty():
        print("reading standard input, until Ctrl-D", file=sys.stderr)
    return open_source(name, input_format)


def read_all(source: Source, dialect: Dialect) -> Read:
    """Read all rows of a small input. Raises UnreadableInput, also for one that is not small."""
    return gathered(source.name, read(source, Reading(CHUNK, None, dialect)).batches)


def gathered(name: str, batches: Iterable[Batch]) -> Read:
    """Return the rows of some batches together. Raises UnreadableInput for too many."""
    pieces: list[Table] = []
    faults: dict[int, str] = {}
    count = 0
    for batch in batches:
        faults |= {count + place: fault for place, fault in batch.faults.items()}
        pieces.append(batch.rows)
        count += len(batch.rows)
        if count > MAX_ROWS:
            raise UnreadableInput(f"{name}: has more than {MAX_ROWS:,} rows; `gatecast bulk` reads any number")
    return Read(name, joined(pieces), faults)


def first_fault(read: Read) -> None:
    """Raise UnreadableInput for the first row that could not be read."""
    if read.faults:
        place = min(read.faults)
        raise UnreadableInput(f"{read.name}: row {place + 1:,}: {read.faults[place]}")


def strings(values: list[Any]) -> list[Any]:
    """Values of which those that are missing are None."""
    return [None if value is ... else value for value in values]
