"""The beginning of a table: the row that names its columns, what stands above it, and units and the like below it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from statistics import median

from training.data.errors import DataError
from training.data.formats.cells import kind, main_kind
from training.data.formats.header import NAMES, SURE, has_header
from training.data.formats.ragged import remedy
from training.data.formats.records import Record

MAX_UNIT_WORDS = 3
MAX_UNIT_ROWS = 3
MAX_LEADING = 20  # rows of text above the first row of values
MAX_SHOWN = 4


@dataclass(frozen=True)
class Head:
    """The beginning of a table: its columns, the row that names them if one does, and what stands above."""

    columns: int
    first: Record
    named: bool
    above: Sequence[Record]
    units: Sequence[Record]
    first_column: str


def find_head(sample: Sequence[Record], header: bool | None, path: Path) -> Head:
    """Return the beginning of the table. Raises DataError if the header has fewer cells than all rows."""
    columns = _count_columns(sample)
    sample = [Record(record.line, fit(record.cells, columns)) for record in sample]
    start = find_start(sample, columns)
    if (leading := find_leading(sample, start, columns)) is not None and header is not False:
        return leading
    first = sample[start]
    below = [record.cells for record in sample[start + 1 :] if len(record.cells) == columns]
    named = has_header(first.cells, below) if header is None else header
    if start and not named and 2 <= (count := len(sample[start - 1].cells)) < columns:
        raise DataError(
            f"{path}: the header in line {sample[start - 1].line} ('{sample[start - 1].show()}') has {count} fields, the rows "
            f"below have {columns}, as line {first.line} ('{first.show()}'): if every column is meant, each needs a name; else "
            f"{remedy(first, columns)}"
        )
    units = count_units(sample[start + 1 :], columns) if named else 0
    kinds = main_kind(cells[0] for cells in below)
    return Head(columns, first, named, sample[:start], sample[start + 1 : start + 1 + units], kinds)


def _count_columns(sample: Sequence[Record]) -> int:
    """The most frequent number of cells, two or more if possible; a delimiter at the end of every row makes no column."""
    counts = Counter(len(record.cells) for record in sample)
    columns = max(counts, key=lambda n: (counts[n] if n > 1 else 0, n))
    while columns > 1 and not any(cell.strip() for record in sample for cell in record.cells[columns - 1 : columns]):
        columns -= 1
    return columns


def fit(cells: list[str], columns: int) -> list[str]:
    """Return the cells without empty ones after the last column."""
    return cells[:columns] if len(cells) > columns and not any(map(str.strip, cells[columns:])) else cells


def find_start(sample: Sequence[Record], columns: int) -> int:
    """Return the index of the first row of the table: as wide as most, and not a line of text beside empty cells."""
    typical = median(record.filled for record in sample if len(record.cells) == columns)
    for i, record in enumerate(sample):
        if len(record.cells) != columns:
            continue
        is_caption = record.cells[0].strip() != "" and kind(record.cells[0]) == "text" and record.filled == 1
        if (is_caption and typical >= 2) or (record.filled * 2 < typical and i + 1 < len(sample)):
            continue
        return _first_comment_header(sample, i, columns)
    return 0


def _first_comment_header(sample: Sequence[Record], start: int, columns: int) -> int:
    """The first row that is no comment (`# made by …`), unless the comment names the columns: `#date,value`."""
    i = start
    while i < len(sample) - 1 and sample[i].cells[0].lstrip().startswith("#"):
        below = [record.cells for record in sample[i + 1 :] if len(record.cells) == columns]
        if not below or below[0][0].lstrip().startswith("#"):
            i += 1
            continue
        if not has_header(below[0], below[1:]) and has_header(sample[i].cells, below):
            return i  # the comment names the columns
        if kind(below[0][0]) == "text" and not has_header(below[0], below[1:]):
            return i  # texts that begin with #
        i += 1
    return i


def find_leading(sample: Sequence[Record], start: int, columns: int) -> Head | None:
    """Return the beginning of a table whose first column holds numbers or dates, if several rows of text stand above these.

    The header is the first of them after a blank row, or the first that has a usual name, or the first. Those below it, such as
    units, the source and the date of release, are no values.
    """
    wide = [i for i in range(start, len(sample)) if len(sample[i].cells) == columns]
    firsts = main_kind((sample[i].cells[0] for i in wide[len(wide) // 2 :]), SURE)
    texts = list(takewhile(lambda i: kind(sample[i].cells[0]) in ("text", "missing"), wide))
    if columns < 2 or firsts not in ("number", "date") or not 2 <= len(texts) <= min(MAX_LEADING, len(wide) - 2):
        return None
    gaps = [i for before, i in pairwise(texts) if sample[i].line - sample[i - 1].line > 1 + _breaks(sample[before])]
    named = [i for i in texts if any(cell.strip().casefold() in NAMES for cell in sample[i].cells)]
    head = gaps[-1] if gaps else named[0] if named else texts[0]
    below = [sample[i].cells for i in wide if i > head]
    units = list(
        takewhile(
            lambda i: kind(sample[i].cells[0]) == "text" or is_units(sample[i].cells, below),
            (i for i in texts if i > head),
        )
    )
    last = units[-1] if units else head
    return Head(columns, sample[head], True, sample[:head], sample[head + 1 : last + 1], firsts)


def _breaks(record: Record) -> int:
    return sum(cell.count("\n") for cell in record.cells)


def count_units(records: Sequence[Record], columns: int) -> int:
    """Return how many rows below the header hold units or further names, such as the ticker of each column."""
    cells = [record.cells for record in records if len(record.cells) == columns]
    return next((i for i, row in enumerate(cells) if i == MAX_UNIT_ROWS or not is_units(row, cells[i + 1 :])), 0)


def is_units(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row below the header holds units: no values, where all rows below have numbers and dates."""
    kinds = [main_kind(cells[i] for cells in below if i < len(cells)) for i in range(len(row))]
    if len(below) < 2 or "number" not in kinds:
        return False
    typed = [cell for cell, found in zip(row, kinds, strict=True) if found in ("number", "date")]
    others = [cell for cell, found in zip(row, kinds, strict=True) if found not in ("number", "date")]
    named = [cell for cell in typed if cell.strip()]
    return (
        bool(named)
        and all(kind(cell) == "text" and len(cell.split()) <= MAX_UNIT_WORDS for cell in named)
        and not any(cell.strip() for cell in others)
    )


def describe_head(head: Head, names: Sequence[str], place: str) -> str:
    """Say which row names the columns, and what stands above it."""
    listed = ", ".join(f"'{name}'" for name in names[:10]) + (", …" if len(names) > 10 else "")
    if head.named:
        text = f"{place} {head.first.line}: {listed} (--no-header if these are values)"
    else:
        text = (
            f"none: {place} {head.first.line} looks like the rows below it ('{head.first.show()}'); the columns are called "
            f"{listed} (--header if it names them)"
        )
    if not head.above:
        return text
    lines = "; ".join(f"'{record.show()}' ({place} {record.line})" for record in head.above[:MAX_SHOWN])
    return f"{text}; what stands above is no part of the table: {lines}{'; …' if len(head.above) > MAX_SHOWN else ''}"
