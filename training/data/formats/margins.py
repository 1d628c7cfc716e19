"""Rows around a table that are no data: what stands above the header, comments, units, totals and notes below."""

import re
from collections.abc import Sequence
from statistics import median

import pandas as pd

from training.data.formats.cells import is_missing, kind, main_kind, words
from training.data.formats.header import has_header
from training.data.formats.records import Record

TOTALS = words(
    "total totals sum sums summe gesamt gesamtsumme insgesamt average avg mean mittelwert durchschnitt subtotal"
)
NOTE = re.compile(
    r"\(?\d[\d,.]* (?:rows?|records?|zeilen)(?: (?:selected|returned|affected))?\.?\)?"
    r"|(?:sources?|quelle|notes?|footnotes?|hinweis|copyright|generated|exported|downloaded|last updated|updated)\b.*"
    r"|©.*|end of (?:file|report|data).*",
    re.IGNORECASE | re.DOTALL,
)
MAX_FOOTERS = 20
MAX_UNIT_WORDS = 3
MAX_UNIT_ROWS = 3


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


def is_comment(record: Record, columns: int, first_column: str) -> bool:
    """Whether a row begins with # and is no data: it has another number of cells, or # stands where values stand."""
    if columns < 2 or not record.cells[0].lstrip().startswith(("#", "//")):
        return False
    return len(record.cells) != columns or first_column in ("number", "date")


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


def is_note(record: Record, first_column: str) -> bool:
    """Whether a last row of another number of cells is a note: text where values stand, or words that begin notes."""
    text = ", ".join(cell for cell in record.cells if cell.strip())
    return bool(NOTE.fullmatch(text)) or (first_column in ("number", "date") and kind(record.cells[0]) == "text")


def count_footers(frame: pd.DataFrame) -> int:
    """Return how many of the last rows are totals or notes, which the first cell says."""
    tail = frame.tail(MAX_FOOTERS).fillna("")
    above = frame.iloc[:, 0].head(500).fillna("")
    first_column = main_kind(above.iloc[: max(1, len(frame) - len(tail) // 2)])
    count = 0
    for cells in reversed(tail.to_numpy(dtype=object).tolist()):
        if count + 1 >= len(frame) or not _is_footer([str(cell) for cell in cells], first_column):
            return count
        count += 1
    return count


def _is_footer(cells: Sequence[str], first_column: str) -> bool:
    first, is_alone = cells[0].strip(), not any(cell.strip() for cell in cells[1:])
    if len(cells) < 2 or is_missing(first) or kind(first) != "text":
        return False
    if NOTE.fullmatch(first) and is_alone:
        return True
    opening = re.split(r"[\s:.]+", first.casefold().removeprefix("grand "))[0]
    return first_column in ("number", "date") and (is_alone or opening in TOTALS)
