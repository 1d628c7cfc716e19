"""What the rows of a table look like, so that a line can be told to be one of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from training.data.formats.cells import Kind, kind, main_kind

MIN_SHARE = 0.9  # of the cells have the kind of their column
MAX_LABELS = 50
MAX_WORDS = 3  # of a short cell, such as a label


@dataclass(frozen=True)
class Column:
    """The kind of a column's cells; for labels also their values, and texts are short if hardly any has more than three words."""

    kind: Kind
    is_short: bool
    labels: frozenset[str]

    def fits(self, cell: str) -> bool:
        """Whether a cell may stand in this column."""
        found = kind(cell)
        if self.kind in ("number", "date") and found not in (self.kind, "missing"):
            return False
        if self.labels:
            return found == "missing" or cell.strip().casefold() in self.labels
        return not self.is_short or (len(cell.split()) <= MAX_WORDS and '"' not in cell)


@dataclass(frozen=True)
class Profile:
    """The columns of a table."""

    columns: tuple[Column, ...]

    @property
    def tells_rows(self) -> bool:
        """Whether a line of text is hardly ever taken for a row: one column at least holds values."""
        return len(self.columns) > 1 and any(each.labels or each.kind in ("number", "date") for each in self.columns)

    def fits(self, cells: list[str]) -> bool:
        """Whether cells may be a row: their number is right, and values stand where values stand."""
        return len(cells) == len(self.columns) and all(
            column.fits(cell) for column, cell in zip(self.columns, cells, strict=True)
        )


def make_profile(rows: Iterable[list[str]]) -> Profile:
    """Return what most rows look like; cells with line breaks do not count, since a stray quote may have made them."""
    rows = [row for row in rows if any(row)]
    counts = Counter(len(row) for row in rows)
    if not counts:
        return Profile(())
    width = max(counts, key=lambda n: (n > 1, counts[n]))
    columns = zip(*(row for row in rows if len(row) == width), strict=True)
    return Profile(tuple(_profile(tuple(cell for cell in column if "\n" not in cell)) for column in columns))


def _profile(cells: tuple[str, ...]) -> Column:
    found = main_kind(cells, MIN_SHARE)
    short = sum(len(cell.split()) <= MAX_WORDS for cell in cells)
    is_short = found == "text" and bool(cells) and short >= MIN_SHARE * len(cells)
    values = Counter(cell.strip().casefold() for cell in cells)
    repeated = sum(count for count in values.values() if count > 1)
    labels = (
        frozenset(values)
        if is_short and repeated >= MIN_SHARE * len(cells) and len(values) <= MAX_LABELS
        else frozenset()
    )
    return Column(found, is_short, labels)
