"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

INPUT = "Input"
COLUMNS = "Columns"
OUTPUT = "Output"

Models = Annotated[Path | None, typer.Option(help="Directory of the models (GATECAST_MODELS_DIR, or models)")]
Model = Annotated[str, typer.Option(help="Directory of the model: its newest version is used, or that which is named")]
Horizon = Annotated[int | None, typer.Option(min=1, help="Steps to forecast (the model's own)")]
Levels = Annotated[str, typer.Option(help="Percentages of the intervals, with commas; '' for none")]
Frequency = Annotated[str | None, typer.Option(help="pandas offset alias, such as MS, D or h (found by the dates)")]
Season = Annotated[int | None, typer.Option(min=1, help="Readings in a season (found)")]
Minimum = Annotated[float | None, typer.Option(help="No forecast is below")]
Maximum = Annotated[float | None, typer.Option(help="No forecast is above")]

Id = Annotated[str | None, typer.Option("--id", help="Column of the series' names", rich_help_panel=COLUMNS)]
Time = Annotated[str | None, typer.Option("--time", help="Column of the dates", rich_help_panel=COLUMNS)]
Value = Annotated[str | None, typer.Option("--value", help="Column of the readings", rich_help_panel=COLUMNS)]


def _time_format(given: str | None) -> str | None:
    """Return a form of dates that pandas can read. Raises BadParameter."""
    if given is not None:
        import pandas as pd

        try:
            pd.to_datetime(["2016"], format=given, errors="coerce")
        except ValueError as error:
            raise typer.BadParameter(f"'{given}' is no form of dates, such as %d.%m.%Y: {error}") from None
    return given


TimeFormat = Annotated[
    str | None,
    typer.Option(
        help="How dates are written, such as %d.%m.%Y (ISO 8601)", rich_help_panel=INPUT, callback=_time_format
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option(help="csv, tsv, jsonl, json, parquet or txt (by the name, or the content)", rich_help_panel=INPUT),
]
Delimiter = Annotated[
    str | None, typer.Option(help="Of CSV: , ; | or tab (found)", show_default=False, rich_help_panel=INPUT)
]
Decimal = Annotated[str, typer.Option(help="Decimal sign of CSV: . or ,", rich_help_panel=INPUT)]
Encoding = Annotated[str, typer.Option(help="Of text, such as cp1252", rich_help_panel=INPUT)]
Out = Annotated[str, typer.Option("--out", "-o", help="File to write; - is standard output", rich_help_panel=OUTPUT)]
OutputFormat = Annotated[
    str | None,
    typer.Option(
        "--format", "-f", help="csv, tsv, jsonl or parquet (by the name; csv in a pipe)", rich_help_panel=OUTPUT
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file", rich_help_panel=OUTPUT)]


def levels_of(given: str) -> tuple[float, ...]:
    """Return the percentages of an option. Raises BadParameter."""
    try:
        return tuple(float(part) for part in given.replace("%", "").split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(f"'{given}' is no list of percentages, such as 80,95", param_hint="--levels") from None


def names_of(given: str) -> tuple[str, ...]:
    """Return the names of an option that are parted by commas."""
    return tuple(part.strip() for part in given.split(",") if part.strip())
