"""Whether the first row names the columns, and what they are called."""

from collections import Counter
from collections.abc import Sequence

from training.data.formats.cells import Kind, is_missing, kind, main_kind, words

NAMES = words(
    """
    date time datetime timestamp ds day week month quarter year period datum zeit monat fecha jahr value values y sales price
    count amount volume total text review reviews tweet comment content sentence message body title label labels sentiment
    class target category rating stars score id index name store item product series unique_id
    """
)
MAX_NAME_WORDS = 4


def has_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: it differs in kind from the rows below, or its cells are usual names."""
    kinds = [kind(cell) for cell in first]
    if not below:
        return "number" not in kinds and "date" not in kinds
    if any(cell.strip().casefold() in NAMES for cell in first) and not _looks_alike(kinds, below):
        return True
    if _counts_up(first) and not any(map(_counts_up, below[:5])):
        return True
    votes = sum(_vote(cell, [row[i] for row in below if i < len(row)]) for i, cell in enumerate(first))
    return votes >= 0


def _looks_alike(kinds: Sequence[Kind], below: Sequence[Sequence[str]]) -> bool:
    """Whether a cell of the first row is a number or date above numbers or dates."""
    return any(
        found in ("number", "date") and main_kind(row[i] for row in below if i < len(row)) == found
        for i, found in enumerate(kinds)
    )


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether years or dates follow one another, as above the columns of a wide table."""
    dated = [cell.strip() for cell in cells if kind(cell) in ("date", "number")]
    is_dated = all(
        kind(cell) == "date" or (len(cell) == 4 and cell.isdecimal() and cell[:2] in ("19", "20")) for cell in dated
    )
    return len(dated) >= 3 and is_dated and len(set(dated)) == len(dated)


def _vote(cell: str, column: Sequence[str]) -> float:
    """1 for a name above values, -1 for a value like those below it, 0 for neither."""
    found, most = kind(cell), main_kind(column)
    if found == "missing" or most == "missing":
        return 0.0
    if most in ("number", "date"):
        return 1.0 if found == "text" else -1.0
    values = Counter(value.strip() for value in column)
    if len(values) <= max(2, len(column) // 3):  # labels: few values, again and again
        return -1.0 if cell.strip() in values else 1.0
    lengths = sorted(len(value.split()) for value in column if not is_missing(value))
    if found == "text" and lengths and lengths[len(lengths) // 2] > MAX_NAME_WORDS:
        return 1.0 if len(cell.split()) <= MAX_NAME_WORDS else -1.0
    return 0.0
