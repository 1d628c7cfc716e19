"""From the records of a file or sheet to a frame: where the table begins and ends, and what its columns are called."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.errors import DataError
from training.data.formats import margins
from training.data.formats.columns import drop_columns, name_columns
from training.data.formats.frames import FrameBuilder
from training.data.formats.head import Head, describe_head, find_head, fit
from training.data.formats.ragged import refuse
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
    """The number of blank rows, and of lines drawn with dashes, that have rows above and below; some at the end are usual."""

    inside: int = 0

    def skip(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the other rows."""
        waiting, started = 0, False
        for record in records:
            if any(record.cells) and any(map(str.strip, record.cells)) and not margins.is_rule(record.cells):
                self.inside, waiting, started = self.inside + waiting, 0, True
                yield record
            else:
                waiting += started


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
    understood = {"header": describe_head(head, names, place)}
    if remarks or dropped:
        understood["columns"] = "; ".join([*remarks, *dropped])
    if blank.inside:
        understood["blank"] = f"{blank.inside} blank {place}{'s' if blank.inside > 1 else ''} between others"
    if left_out:
        understood["left out"] = _describe_left_out(left_out, place)
    return Grid(frame, rows, understood)


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


def _describe_left_out(left_out: Sequence[tuple[Record, str]], place: str) -> str:
    shown = "; ".join(f"{place} {record.line} ('{record.show()}'): {why}" for record, why in left_out[:MAX_SHOWN])
    more = f"; and {len(left_out) - MAX_SHOWN} more" if len(left_out) > MAX_SHOWN else ""
    return f"{shown}{more}"
