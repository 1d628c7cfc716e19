"""The options that say how a file of series is read: the same for every command."""

import argparse
from dataclasses import dataclass, field
from typing import Any, Literal

from training.data.tables import FileOptions, add_file_options, file_options

DateOrder = Literal["day_first", "month_first", "year_first"]


@dataclass(frozen=True)
class SeriesOptions:
    """What the user says of the file and of the series; None or empty: it is found out.

    date_columns: one, or several that make the date together. value_column, id_column: one, or several with commas.
    """

    date_columns: tuple[str, ...] = ()
    value_column: str | None = None
    id_column: str | None = None
    date_order: DateOrder | None = None
    date_format: str | None = None
    frequency: str | None = None
    fill: bool = False
    season_length: int | None = None
    decimal: str | None = None
    series_id: str | None = None
    source: str | None = None
    units: str | None = None
    file: FileOptions = field(default_factory=FileOptions)
    dry_run: bool = False


DEFAULT = SeriesOptions()


def add_series_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command's parser."""
    add_file_options(parser)
    group = parser.add_argument_group("how the file is read (default: found out, and printed)")
    add = group.add_argument
    add("--date-column", action="append", default=[], help="may be repeated: year, month, day")
    add("--value-column", help="the readings; several with commas are several series")
    add("--id-column", help="tells several series of a file apart; several with commas")
    add("--series-id", help="read this series alone, of a file of several")
    order = group.add_mutually_exclusive_group()
    order.add_argument("--day-first", action="store_const", const="day_first", dest="date_order", help="01/02/2016")
    order.add_argument("--month-first", action="store_const", const="month_first", dest="date_order", help="02/01/2016")
    order.add_argument("--year-first", action="store_const", const="year_first", dest="date_order", help="16/02/01")
    add("--date-format", help="of the dates, as strptime has it: %%d.%%m.%%Y")
    add("--frequency", help="pandas alias of the dates, such as MS, D, h, 15min")
    add("--fill", action="store_true", help="interpolate missing values and dates, up to a fifth")
    season_help = "readings in a season (default: a year of months, a week of days, …)"
    add("--season", type=int, dest="season_length", metavar="SEASON", help=season_help)
    add("--decimal", choices=(".", ","), help="what stands before the decimals")
    add("--units", help="units of the readings, for the card")
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--dry-run", action="store_true", help="print what was understood of the file, and stop")


def series_options(values: dict[str, Any]) -> SeriesOptions:
    """Take the options out of a command's parsed values."""
    columns = values.pop("date_column")
    names = [name for name in SeriesOptions.__dataclass_fields__ if name not in ("date_columns", "file")]
    return SeriesOptions(
        date_columns=tuple(columns), file=file_options(values), **{name: values.pop(name) for name in names}
    )
