"""From the records of a file or sheet to a frame: where the table begins and ends, and what its columns are called."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.errors import DataError
from training.data.formats.header import has_header, name_columns
from training.data.formats.records import Record

SAMPLE = 200  # records
CHUNK = 50_000  # rows that are lists of cells at one time
MAX_CELLS = 50_000_000
MAX_COLUMNS = 10_000


@dataclass
class Grid:
    """A table of text cells, the line of each row, and what was understood and left out."""

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    understood: dict[str, str] = field(default_factory=dict)


def make_grid(records: Iterable[Record], header: bool | None, path: Path) -> Grid:
    """Return the table that the records hold. Raises DataError if there is none, or if rows differ in their number of cells."""
    stream = iter(records)
    sample = [record for record in islice(stream, SAMPLE) if not record.is_blank]
    if not sample:
        raise DataError(f"{path}: is empty")
    columns = _count_columns(sample)
    start = next(i for i, record in enumerate(sample) if len(record.cells) == columns)
    understood: dict[str, str] = {}
    first = sample[start]
    below = [record.cells for record in sample[start + 1 :] if len(record.cells) == columns]
    named = has_header(first.cells, below) if header is None else header
    names, remarks = name_columns(first.cells if named else [f"column {i}" for i in range(1, columns + 1)])
    understood["header"] = _describe_header(first, names, named, sample[:start])
    if remarks:
        understood["names"] = "; ".join(remarks[:5])
    body = chain(sample[start + named :], (record for record in stream if not record.is_blank))
    frame, rows = _collect(body, names, path)
    if frame.empty:
        raise DataError(f"{path}: has a header and no rows")
    return Grid(frame, rows, understood)


def _count_columns(sample: Sequence[Record]) -> int:
    """The most frequent number of cells."""
    counts = Counter(len(record.cells) for record in sample)
    return max(counts, key=lambda n: (counts[n], n))


def _describe_header(first: Record, names: Sequence[str], named: bool, above: Sequence[Record]) -> str:
    listed = ", ".join(f"'{name}'" for name in names[:10]) + (", …" if len(names) > 10 else "")
    if not named:
        text = (
            f"none: line {first.line} looks like the rows below it ('{first.shape()}'); the columns are called {listed}"
        )
    else:
        text = f"line {first.line}: {listed}"
    return text + (f"; above it stands '{above[0].shape()}' (line {above[0].line})" if above else "")


def _collect(records: Iterable[Record], names: Sequence[str], path: Path) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    chunks, lines, cells, total = [], [], list[list[str]](), 0
    for record in records:
        if len(record.cells) != len(names):
            raise DataError(
                f"{path}: line {record.line} has {len(record.cells)} fields, the header {len(names)}: '{record.shape()}'"
            )
        cells.append(record.cells)
        lines.append(record.line)
        if len(cells) == CHUNK:
            total += CHUNK
            chunks.append(to_frame(cells, names))
            cells = []
        if (total + len(cells)) * len(names) > MAX_CELLS:
            raise DataError(f"{path}: has more than {MAX_CELLS} cells; keep the columns that are needed")
    chunks.append(to_frame(cells, names))
    frame = pd.concat(chunks, ignore_index=True) if len(chunks) > 1 else chunks[0]
    return frame, np.array(lines, dtype=np.int64)


def to_frame(cells: Sequence[Sequence[str]], names: Sequence[str]) -> pd.DataFrame:
    """Return a frame of stripped texts; empty ones are missing."""
    columns = zip(*cells, strict=True) if cells else [()] * len(names)
    data = {i: pd.Series(list(column), dtype="str").str.strip() for i, column in enumerate(columns)}
    frame = pd.DataFrame({i: column.where(column != "") for i, column in data.items()})
    frame.columns = pd.Index(names)
    return frame
