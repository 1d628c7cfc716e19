"""From the records of a file or sheet to a frame: where the table begins and ends, and what its columns are called."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.errors import DataError
from training.data.formats import margins
from training.data.formats.cells import main_kind
from training.data.formats.columns import drop_columns, name_columns
from training.data.formats.frames import FrameBuilder
from training.data.formats.header import has_header
from training.data.formats.ragged import refuse, remedy
from training.data.formats.records import Record

SAMPLE = 200  # records
MAX_ODD = 1000  # rows of another number of cells
MAX_SHOWN = 4


@dataclass
class Grid:
    """A table of text cells, the line of each row, and what was understood and left out."""

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    understood: dict[str, str] = field(default_factory=dict)


@dataclass
class Blank:
    """The number of rows without anything in them that have rows above and below; some at the end are usual."""

    inside: int = 0

    def skip(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the other rows."""
        waiting, started = 0, False
        for record in records:
            if any(record.cells) and any(map(str.strip, record.cells)):
                self.inside, waiting, started = self.inside + waiting, 0, True
                yield record
            else:
                waiting += started


@dataclass(frozen=True)
class Head:
    """The beginning of a table: its columns, the row that names them if one does, and what stands above."""

    columns: int
    first: Record
    named: bool
    above: Sequence[Record]
    units: Sequence[Record]
    first_column: str


def make_grid(records: Iterable[Record], header: bool | None, path: Path, place: str = "line") -> Grid:
    """Return the table that the records hold; `place` is what numbers them, line or row.

    Raises DataError if there is none, or if rows differ in their number of cells.
    """
    blank = Blank()
    stream = blank.skip(records)
    sample = list(islice(stream, SAMPLE))
    if not sample:
        raise DataError(f"{path}: is empty")
    head = find_head(sample, header, path)
    skipped = len(head.above) + head.named + len(head.units)
    left_out = [(record, "units or further names, no values") for record in head.units]
    names, remarks = name_columns(head.first.cells if head.named else [""] * head.columns, head.named)
    builder = FrameBuilder(names, path)
    _fill(builder, chain(sample[skipped:], stream), head, left_out, path)
    frame, rows = builder.finish()
    if count := margins.count_footers(frame):
        ends = frame.tail(count).fillna("").to_numpy(dtype=object).tolist()
        left_out += [(Record(int(rows[i - count]), cells), "no row") for i, cells in enumerate(ends)]
        frame, rows = frame.iloc[:-count], rows[:-count]
    if frame.empty:
        raise DataError(f"{path}: has a header and no rows")
    frame, dropped = drop_columns(frame, head.named)
    understood = {"header": _describe_head(head, names, place)}
    if remarks or dropped:
        understood["columns"] = "; ".join([*remarks, *dropped])
    if blank.inside:
        understood["blank"] = f"{blank.inside} blank {place}{'s' if blank.inside > 1 else ''} between others"
    if left_out:
        understood["left out"] = _describe_left_out(left_out, place)
    return Grid(frame, rows, understood)


def find_head(sample: Sequence[Record], header: bool | None, path: Path) -> Head:
    """Return the beginning of the table. Raises DataError if the header has fewer cells than all rows."""
    columns = _count_columns(sample)
    sample = [Record(record.line, fit(record.cells, columns)) for record in sample]
    start = margins.find_start(sample, columns)
    first = sample[start]
    below = [record.cells for record in sample[start + 1 :] if len(record.cells) == columns]
    named = has_header(first.cells, below) if header is None else header
    if start and not named and 2 <= (count := len(sample[start - 1].cells)) < columns:
        raise DataError(
            f"{path}: the header in line {sample[start - 1].line} ('{sample[start - 1].show()}') has {count} fields, the rows "
            f"below have {columns}, as line {first.line} ('{first.show()}'): if every column is meant, each needs a name; else "
            f"{remedy(first, columns)}"
        )
    units = margins.count_units(sample[start + 1 :], columns) if named else 0
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


def _fill(
    builder: FrameBuilder, records: Iterator[Record], head: Head, left_out: list[tuple[Record, str]], path: Path
) -> None:
    """Add the rows; note comments, repeated headers, and notes after the last row. Raises DataError for other odd rows."""
    odd: list[Record] = []
    for record in records:
        cells = fit(record.cells, head.columns)
        if margins.is_comment(record, head.columns, head.first_column):
            left_out.append((record, "a comment"))
        elif head.named and cells == head.first.cells:
            left_out.append((record, "the header again"))
        elif len(cells) == head.columns:
            if odd:
                raise refuse(odd[0], head.columns, head.first, head.named, path)
            builder.add(record.line, cells)
        else:
            odd.append(record)
            if len(odd) > MAX_ODD:
                raise refuse(odd[0], head.columns, head.first, head.named, path)
    for record in odd:
        if not margins.is_note(record, head.first_column):
            raise refuse(record, head.columns, head.first, head.named, path)
        left_out.append((record, "no row"))


def _describe_head(head: Head, names: Sequence[str], place: str) -> str:
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


def _describe_left_out(left_out: Sequence[tuple[Record, str]], place: str) -> str:
    shown = "; ".join(f"{place} {record.line} ('{record.show()}'): {why}" for record, why in left_out[:MAX_SHOWN])
    more = f"; and {len(left_out) - MAX_SHOWN} more" if len(left_out) > MAX_SHOWN else ""
    return f"{shown}{more}"
