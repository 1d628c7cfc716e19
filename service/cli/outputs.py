"""Frames as a table on a terminal, or as rows in a file or a pipe."""

import io
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ..bulk.formats import output_form
from ..bulk.job import Written
from ..bulk.outputs import free_target
from ..bulk.tables import ListTable
from ..bulk.work import plain_columns
from ..bulk.work.dates import are_midnights, without_midnights
from ..bulk.writing.csv_text import CsvEncoder
from ..bulk.writing.json_text import JsonEncoder

STDOUT = "-"
MAX_SHOWN = 200  # rows of a table on a terminal
MAX_WORDS = 5  # of an explanation in a table: those that weigh most
DIGITS, SMALL_DIGITS = 6, 3  # of numbers in a table, and of those below 1


def write_frame(
    frame: pd.DataFrame,
    out: str,
    output_format: str | None,
    *,
    overwrite: bool,
    shown: Sequence[str] | None = None,
) -> None:
    """Write a frame: to a file at once, or to stdout; a table if that is a terminal. Raises Refused, OSError.

    `shown` are the columns of the table, where not all of them are wanted.
    """
    path = None if out == STDOUT else Path(out)
    if path is None and output_format is None and sys.stdout.isatty():
        show(frame if shown is None else frame[[name for name in shown if name in frame]])
        return
    written = Written(path, output_form(path, output_format, "csv"))
    raw = encoded(frame, written)
    if path is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    target = free_target(path, overwrite=overwrite)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("xb") as file:
            file.write(raw)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def check_free(out: str, *, overwrite: bool) -> None:
    """Raise Refused for a file that must not be replaced, or cannot be made."""
    if out != STDOUT:
        free_target(Path(out), overwrite=overwrite)


def encoded(frame: pd.DataFrame, written: Written) -> bytes:
    """Return the rows of a frame as a whole file."""
    columns = plain_columns(frame)
    if written.form.format != "parquet":
        columns = {name: without_midnights(values) if _are_days(values) else values for name, values in columns.items()}
    else:
        columns = {name: list(map(_in_utf8, values)) for name, values in columns.items()}
    table = ListTable(columns)
    encoder = written.encoder([])
    if isinstance(encoder, CsvEncoder):
        names, body = encoder(None, table)
        return encoder.header(names) + body
    if isinstance(encoder, JsonEncoder):
        return encoder(None, table)[1]
    from ..bulk.writing.parquet_parts import write_parquet

    _, body = encoder(None, table)
    whole = io.BytesIO()
    write_parquet(lambda: iter([body]), whole)
    return whole.getvalue()


def _in_utf8(value: Any) -> Any:
    """Text as Parquet can hold it: what were bytes of another encoding are question marks."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _are_days(values: list[Any]) -> bool:
    return datetime in set(map(type, values)) and are_midnights(values)


def show(frame: pd.DataFrame) -> None:
    """Print a table for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns = plain_columns(frame)
    columns = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    for name, values in columns.items():
        is_text = all(isinstance(value, str | None) for value in values)
        is_list = any(isinstance(value, list) for value in values)
        wraps = is_text or is_list
        table.add_column(
            name, justify="left" if wraps else "right", overflow="fold", no_wrap=not wraps, min_width=len(name)
        )
    for row in list(zip(*columns.values(), strict=True))[:MAX_SHOWN]:
        table.add_row(*map(_shown, row))
    console.print(table)
    if len(frame) > MAX_SHOWN:
        print(f"… {len(frame) - MAX_SHOWN:,} more rows; --out FILE has all of them", file=sys.stderr)


def _shown(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return Text("")
    if isinstance(value, float):
        digits = DIGITS if abs(value) >= 1 else SMALL_DIGITS
        return Text(f"{value:.{digits}g}" if abs(value) < 10 ** (DIGITS - 1) else f"{value:.0f}")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, list):  # words and what they speak for
        strongest = sorted(value, key=lambda pair: -abs(pair[1]))[:MAX_WORDS]
        return Text(", ".join(f"{word} {weight:+.2f}" for word, weight in strongest))
    return Text(str(value).removesuffix(" 00:00:00"))
