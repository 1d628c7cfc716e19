"""Tables of text: printed to the terminal, or as Markdown."""

import re

from rich.console import Console
from rich.table import Table

Row = tuple[str, ...]
MISSING = "–"
NUMBER = re.compile(r"[-+−±<>≤≥~×]?\s?[$€£]?\d[\d,.]*(e[-+]?\d+)?\b.{0,24}|nan|inf", re.IGNORECASE)


def is_number(cell: str) -> bool:
    """Whether a cell belongs in a column of numbers: one with something short after it, such as a unit or an interval; or nothing."""
    return not cell.strip("–- ") or NUMBER.fullmatch(cell.strip()) is not None


def show(title: str, header: Row, rows: list[Row]) -> None:
    """Print a table to the terminal; the first column is left-aligned, the others are right-aligned."""
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name, justify="left" if name == header[0] else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=max(Console().width, 140)).print(table)


def drop_empty_columns(header: Row, rows: list[Row]) -> tuple[Row, list[Row]]:
    """Return the table without the columns that have a dash in every row; the first column stays."""
    kept = [number for number in range(len(header)) if number == 0 or any(row[number] != MISSING for row in rows)]

    def select(row: Row) -> Row:
        return tuple(row[number] for number in kept)

    return select(header), [select(row) for row in rows]


def markdown(header: Row, rows: list[Row]) -> str:
    """Return a Markdown table; the first column is left-aligned, the others are right-aligned."""
    alignment = ("---", *["---:"] * (len(header) - 1))
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, alignment, *rows))
