"""Rows that are no data: rules drawn with dashes, comments, and totals and notes after the last row."""

import re
from collections.abc import Sequence

import pandas as pd

from training.data.formats.cells import is_missing, kind, main_kind, words
from training.data.formats.records import Record

TOTALS = words(
    "total totals sum sums summe gesamt gesamtsumme insgesamt average avg mean mittelwert durchschnitt subtotal"
)
NOTE = re.compile(
    r"\(?\d[\d,.]* (?:rows?|records?|zeilen)(?: (?:selected|returned|affected|in set).*)?\.?\)?"
    r"|(?:sources?|quelle|notes?|footnotes?|hinweis|copyright|generated|exported|downloaded|last updated|updated)\b.*"
    r"|©.*|end of (?:file|report|data).*",
    re.IGNORECASE | re.DOTALL,
)
RULE = re.compile(r"[-=_+|:\s]+")
MAX_FOOTERS = 20


def is_rule(cells: Sequence[str]) -> bool:
    """Whether a row is a line drawn with dashes, as below the header of a printed table."""
    text = "".join(cells).strip()
    return ("---" in text or "===" in text or "___" in text) and bool(RULE.fullmatch(text))


def is_comment(record: Record, columns: int, first_column: str) -> bool:
    """Whether a row begins with # and is no data: it has another number of cells, or # stands where values stand."""
    if columns < 2 or not record.cells[0].lstrip().startswith(("#", "//")):
        return False
    return len(record.cells) != columns or first_column in ("number", "date")


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
