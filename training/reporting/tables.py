"""Tables of text: printed to the terminal, or as Markdown."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from rich.cells import cell_len

Row = tuple[str, ...]
MISSING = "–"
GAP = "  "
MIN_WIDTH, MAX_TEXT = 40, 44  # of the terminal; of a column of text
SHORT_NAME = 10  # letters of a column's name that is not wrapped
NUMBER = re.compile(r"[-+−±<>≤≥~×]?\s?[$€£]?\d[\d,.]*(e[-+]?\d+)?\b.{0,24}|nan|inf", re.IGNORECASE)


def is_number(cell: str) -> bool:
    """Whether a cell fits a column of numbers: a number with something short after it, such as an interval; or nothing."""
    return not cell.strip("–- ") or NUMBER.fullmatch(cell.strip()) is not None


def show(title: str, header: Row, rows: Sequence[Row]) -> None:
    """Print a table as plain lines that fit the terminal, or 80 columns where there is none."""
    for line in layout(title, header, rows, shutil.get_terminal_size((80, 24)).columns):
        print(line)


def layout(title: str, header: Row, rows: Sequence[Row], width: int) -> list[str]:
    """Return the lines of a table, none wider than `width`.

    Long texts are wrapped. Columns that do not fit beside the others follow below, each time after the first column.
    """
    width = max(width, MIN_WIDTH)
    table = [tuple(_clean(cell) for cell in row) for row in (header, *rows)]
    columns = list(zip(*table, strict=True))
    widths = [_column_width(column, width, is_first=number == 0) for number, column in enumerate(columns)]
    lines = wrap(_clean(title), width)
    for group in _groups(widths, width):
        lines += ["", *_block([columns[number] for number in group], [widths[number] for number in group])]
    return [*lines, ""]


def _clean(cell: str) -> str:
    """The cell without what could move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in cell)


def _column_width(column: Sequence[str], width: int, *, is_first: bool) -> int:
    """As wide as the widest cell; the name above is wrapped at its words. Texts are as wide as their limit at most."""
    words = max(map(cell_len, column[0].split() if cell_len(column[0]) > SHORT_NAME else [column[0]]), default=1)
    cells = max((cell_len(cell) for cell in column[1:]), default=1)
    limit = width // 3 if is_first else min(MAX_TEXT, width - width // 3 - len(GAP))
    return min(max(words, cells, 1), limit)


def _groups(widths: Sequence[int], width: int) -> Iterator[list[int]]:
    """The columns that are printed beside each other; each group begins with the first column."""
    group, used = [0], widths[0]
    for number, own in enumerate(widths[1:], 1):
        if used + len(GAP) + own > width and len(group) > 1:
            yield group
            group, used = [0], widths[0]
        group.append(number)
        used += len(GAP) + own
    yield group


def _block(columns: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """The lines of some columns: the names, a rule, and the cells."""
    aligned = [number > 0 and all(is_number(cell) for cell in column[1:]) for number, column in enumerate(columns)]
    for row, cells in enumerate(zip(*columns, strict=True)):
        wrapped = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
        if row == 0:
            wrapped = [[""] * (max(map(len, wrapped)) - len(part)) + part for part in wrapped]
        for parts in zip_longest(*wrapped, fillvalue=""):
            texts = (_pad(part, width, right) for part, width, right in zip(parts, widths, aligned, strict=True))
            yield GAP.join(texts).rstrip()
        if row == 0:
            yield GAP.join("-" * width for width in widths)


def _wrap(cell: str, width: int) -> list[str]:
    """The lines of a cell; letters that are two columns wide are counted so."""
    if cell_len(cell) <= width:
        return [cell]
    per_letter = 2 if cell_len(cell) > len(cell) else 1
    return wrap(cell, max(1, width // per_letter)) or [""]


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * max(0, width - cell_len(text))
    return space + text if right else text + space


def drop_empty_columns(header: Row, rows: Sequence[Row]) -> tuple[Row, list[Row]]:
    """Return the table without the columns that have a dash in every row; the first column stays."""
    kept = [number for number in range(len(header)) if number == 0 or any(row[number] != MISSING for row in rows)]

    def select(row: Row) -> Row:
        return tuple(row[number] for number in kept)

    return select(header), [select(row) for row in rows]


def markdown(header: Row, rows: list[Row]) -> str:
    """Return a Markdown table; the first column is left-aligned, the others are right-aligned."""
    alignment = ("---", *["---:"] * (len(header) - 1))
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, alignment, *rows))
