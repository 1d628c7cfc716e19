"""`gatecast forecast`: the next readings of the series in a file."""

from typing import Annotated

import typer

from . import options
from .exits import reporting


def add_to(app: typer.Typer) -> None:
    app.command()(forecast)


def forecast(
    source: Annotated[str, typer.Argument(metavar="[FILE]", help="CSV, Parquet, JSON or JSON lines; - is stdin")] = "-",
    model: options.Model = "models/universal",
    horizon: options.Horizon = None,
    levels: options.Levels = "80,95",
    frequency: options.Frequency = None,
    season: options.Season = None,
    minimum: options.Minimum = None,
    maximum: options.Maximum = None,
    id_column: options.Id = None,
    time: options.Time = None,
    value: options.Value = None,
    time_format: options.TimeFormat = None,
    input_format: options.InputFormat = None,
    delimiter: options.Delimiter = None,
    decimal: options.Decimal = ".",
    encoding: options.Encoding = "utf-8",
    out: options.Out = "-",
    output_format: options.OutputFormat = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Forecast one series or many.

    A file with one series has a column of readings, and may have one of dates. Many series are a column each, or have
    their names in a column. Columns are found by how they look, unless --id, --time and --value name them.
    """
    percentages = options.levels_of(levels)
    with reporting():
        from ..local.loading import load
        from .inputs import dialect_of
        from .outputs import check_free
        from .series import Asked, data_of, finish

        check_free(out, overwrite=overwrite)
        dialect = dialect_of(delimiter, decimal, encoding)
        given = data_of(Asked(source, input_format, dialect, id_column, time, value, time_format))
        answer = load(model).forecast(
            given.data,
            horizon,
            percentages,
            season=season,
            minimum=minimum,
            maximum=maximum,
            **given.keywords(frequency),
        )
        finish(answer, out, output_format, overwrite=overwrite)
