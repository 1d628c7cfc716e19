"""`gatecast anomalies`: which of the last readings were not to be expected."""

from typing import Annotated

import typer

from . import options
from .exits import reporting


def add_to(app: typer.Typer) -> None:
    app.command()(anomalies)


def anomalies(
    source: Annotated[str, typer.Argument(metavar="[FILE]", help="CSV, Parquet, JSON or JSON lines; - is stdin")] = "-",
    model: options.Model = "models/universal",
    level: Annotated[float, typer.Option(help="Percentage of readings that are to be expected")] = 99,
    last: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many of the last readings are judged (24, or as many as can be)", show_default=False
        ),
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="Write the anomalies alone, and errors")] = False,
    frequency: options.Frequency = None,
    season: options.Season = None,
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
    """Judge the last readings of one series or many: what was expected, and how surprising each is.

    Files are read as `gatecast forecast` reads them.
    """
    with reporting():
        from ..local.loading import load
        from .inputs import dialect_of
        from .outputs import check_free
        from .series import Asked, data_of, finish, is_error

        check_free(out, overwrite=overwrite)
        dialect = dialect_of(delimiter, decimal, encoding)
        given = data_of(Asked(source, input_format, dialect, id_column, time, value, time_format))
        answer = load(model).anomalies(given.data, level, last, season=season, **given.keywords(frequency))
        if only:
            answer = answer[answer["anomaly"].fillna(False).astype(bool) | is_error(answer)]
        finish(answer, out, output_format, overwrite=overwrite)
