"""Whether the first row names the columns, and what they are called."""

import re
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
SURE = 0.95  # of the cells below are numbers or dates: then a text above them is their name
NAME = re.compile(r"[\w .\-/#()%:$€£&]+")


def has_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: it differs in kind from the rows below, or its cells are usual names."""
    kinds = [kind(cell) for cell in first]
    if not below:
        return "number" not in kinds and "date" not in kinds
    if any(cell.strip().casefold() in NAMES for cell in first) and not _looks_alike(kinds, below):
        return True
    if _counts_up(first) and not any(map(_counts_up, below[:5])):
        return True
    if any(
        found == "text" and main_kind(column(below, i), SURE) in ("number", "date") for i, found in enumerate(kinds)
    ):
        return True
    if len(first) == 1 and kinds[0] == "text":
        return len(first[0].split()) == 1 and bool(NAME.fullmatch(first[0].strip()))
    votes = sum(_vote(cell, column(below, i)) for i, cell in enumerate(first))
    return votes >= 0


def column(rows: Sequence[Sequence[str]], number: int) -> list[str]:
    """Return the cells of one column."""
    return [row[number] for row in rows if number < len(row)]


def _looks_alike(kinds: Sequence[Kind], below: Sequence[Sequence[str]]) -> bool:
    """Whether a cell of the first row is a number or date above numbers or dates."""
    return any(found in ("number", "date") and main_kind(column(below, i)) == found for i, found in enumerate(kinds))


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether years or dates follow one another, as above the columns of a wide table."""
    dated = [cell.strip() for cell in cells if kind(cell) in ("date", "number")]
    is_dated = all(
        kind(cell) == "date" or (len(cell) == 4 and cell.isdecimal() and cell[:2] in ("19", "20")) for cell in dated
    )
    return len(dated) >= 3 and is_dated and len(set(dated)) == len(dated)


def _vote(cell: str, cells: Sequence[str]) -> float:
    """1 for a name above values, -1 for a value like those below it, 0 for neither."""
    found, most = kind(cell), main_kind(cells)
    if found == "missing" or most == "missing":
        return 0.0
    if most in ("number", "date"):
        return 1.0 if found == "text" else -1.0
    values = Counter(value.strip() for value in cells)
    if len(values) <= max(2, len(cells) // 3) and len(values) < len(cells):  # labels: few values, again and again
        return -1.0 if cell.strip() in values else 1.0
    lengths = sorted(len(value.split()) for value in cells if not is_missing(value))
    if found == "text" and lengths and lengths[len(lengths) // 2] > MAX_NAME_WORDS:
        is_name = len(cell.split()) <= MAX_NAME_WORDS and bool(NAME.fullmatch(cell.strip()))
        return 1.0 if is_name else -1.0
    return 0.0
