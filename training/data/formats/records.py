"""The records of a text file, each with the line that it begins in."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data.errors import DataError
from training.data.formats.dialect import Dialect
from training.data.formats.encoding import Text

MAX_CELL = 1 << 17  # characters; the csv module's own limit


@dataclass(frozen=True)
class Record:
    """One row: the line or sheet row that it begins in, and its cells."""

    line: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)

    @property
    def filled(self) -> int:
        """The number of cells that hold something."""
        return sum(bool(cell.strip()) for cell in self.cells)

    def shape(self) -> str:
        """Return the beginning of the record, for messages."""
        text = " | ".join(self.cells)
        return text if len(text) <= 60 else f"{text[:57]}…"


def read_records(text: Text, dialect: Dialect, path: Path) -> Iterator[Record]:
    """Yield the records. Raises DataError for a cell that is too long, which an unclosed quote makes."""
    lines = text.lines()
    for _ in range(dialect.first_line - 1):
        next(lines, None)
    reader = csv.reader(lines, **dialect.options())  # type: ignore[arg-type]
    line = dialect.first_line
    try:
        for cells in reader:
            yield Record(line, cells)
            line = dialect.first_line + reader.line_num
    except csv.Error as error:
        raise DataError(
            f"{path}: the row that begins in line {line} cannot be read: {error}; is a quote not closed?"
        ) from error
