"""The records of a text file, each with the line that it begins in. Rows that a stray quote swallowed are given back.

A quote that opens a cell and is never closed, or is closed by the next stray quote, makes one cell of many rows without any error.
It is seen by the lines inside that cell: they are rows by themselves, with the right number of cells and values like those of
the other rows. The lines of a text that really holds line breaks are not.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path
from typing import NamedTuple

from training.data.errors import DataError
from training.data.formats.dialect import Dialect
from training.data.formats.encoding import Text
from training.data.formats.profile import Profile, make_profile

MAX_CELL = 1 << 24  # characters
END = "\x1e"  # a line that no file holds: where it is not read as a row, a quote is open
SAMPLE_RECORDS = 300
MAX_EXAMPLES = 5


class Record(NamedTuple):
    """One row: the line or sheet row that it begins in, and its cells."""

    line: int
    cells: list[str]

    @property
    def filled(self) -> int:
        """The number of cells that hold something."""
        return sum(bool(cell.strip()) for cell in self.cells)

    def show(self, delimiter: str = " | ") -> str:
        """Return the beginning of the record, for messages."""
        text = " ".join(delimiter.join(self.cells).split())
        return text if len(text) <= 60 else f"{text[:57]}…"


@dataclass
class Mended:
    """The lines where a stray quote was found, and how many rows it had swallowed."""

    lines: list[int] = field(default_factory=list)
    rows: int = 0

    def describe(self) -> str:
        """Say what was found, or return an empty text."""
        if not self.lines:
            return ""
        listed = ", ".join(map(str, self.lines[:MAX_EXAMPLES])) + (", …" if len(self.lines) > MAX_EXAMPLES else "")
        several = len(self.lines) > 1
        return (
            f"{len(self.lines)} quote{'s' if several else ''} that open{'' if several else 's'} no cell (line{'s' if several else ''} "
            f"{listed}) would swallow {self.rows} rows; these lines were read one by one, with the quotes as characters"
        )


def read_records(text: Text, dialect: Dialect, mended: Mended, path: Path) -> Iterator[Record]:
    """Yield the records. Raises DataError for a quote that swallows rows which cannot be told apart."""
    if dialect.quote not in text.text and dialect.escape is None:
        yield from _read_unquoted(text, dialect, path)
        return
    profile = make_profile(record.cells for record, _ in islice(_read(text, dialect, path), SAMPLE_RECORDS))
    for record, lines in _read(text, dialect, path):
        is_open = bool(record.cells) and END in record.cells[-1]
        if not is_open and (len(lines) < 2 or len(profile.columns) < 2 or _is_sound(lines, dialect, profile)):
            yield record
            continue
        rows = [_split(line, dialect, profile) for line in lines]
        if all(rows[i] or not line.strip() for i, line in enumerate(lines)):
            mended.lines.append(record.line)
            mended.rows += sum(map(bool, rows))
            yield from (Record(record.line + i, row) for i, row in enumerate(rows) if row)
        else:
            raise _unclosed(record, lines, path)


def _is_sound(lines: Sequence[str], dialect: Dialect, profile: Profile) -> bool:
    """Whether a record of several lines is one row: its quotes are closed before a delimiter, and its lines are no rows.

    Two lines are believed; of more, one at least must not look like a row of values.
    """
    try:
        list(csv.reader(lines, strict=True, **dialect.options()))
    except csv.Error:
        return False
    if len(lines) <= 2 or not profile.tells_rows:
        return True
    return not all(_split(line, dialect, profile) for line in lines if line.strip())


def _unclosed(record: Record, lines: Sequence[str], path: Path) -> DataError:
    return DataError(
        f"{path}: the quote that opens in line {record.line} ('{lines[0].strip()[:60]}') swallows the lines up to "
        f"{record.line + len(lines) - 1}, and they are no rows by themselves: close or remove it, or double the quotes inside cells"
    )


def _read(text: Text, dialect: Dialect, path: Path) -> Iterator[tuple[Record, list[str]]]:
    """Yield the records with their lines, as the csv module reads them; the last one holds END if a quote is open."""
    csv.field_size_limit(MAX_CELL)
    lines = text.lines()
    for _ in range(dialect.skipped):
        next(lines, None)
    seen: list[str] = []
    reader = csv.reader(_noted(chain(lines, [END]), seen), **dialect.options())
    number = dialect.skipped + 1
    try:
        for cells in reader:
            taken = len(seen)
            if cells != [END]:
                read = seen[:-1] if seen[-1] == END else seen[:]
                yield Record(number, cells), read
            seen.clear()
            number += taken
    except csv.Error as error:
        raise DataError(f"{path}: line {number}: {error}; is a quote not closed?") from error


def _read_unquoted(text: Text, dialect: Dialect, path: Path) -> Iterator[Record]:
    """Yield the records of a text without quotes, in which every line is one."""
    csv.field_size_limit(MAX_CELL)
    lines = islice(text.lines(), dialect.skipped, None)
    try:
        yield from map(Record, count(dialect.skipped + 1), csv.reader(lines, **dialect.options()))
    except csv.Error as error:
        raise DataError(f"{path}: a cell cannot be read: {error}") from error


def _noted(lines: Iterator[str], seen: list[str]) -> Iterator[str]:
    for line in lines:
        seen.append(line)
        yield line


def _split(line: str, dialect: Dialect, profile: Profile) -> list[str] | None:
    """The cells of one line if it is a row by itself: with quotes, or else with quotes as characters."""
    for quoted in (True, False):
        try:
            rows: Sequence[list[str]] = list(csv.reader([line, END], **dialect.options(quoted)))
        except csv.Error:
            continue
        if len(rows) == 2 and profile.fits(rows[0]):
            return rows[0]
    return None
