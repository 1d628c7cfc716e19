"""`gatecast bulk`: a file of any size, in constant memory, on all cores."""

from typing import Annotated

import typer

from . import options
from .exits import end_with, reporting


def add_to(app: typer.Typer) -> None:
    app.command()(bulk)


def bulk(
    source: Annotated[str, typer.Argument(metavar="FILE", help="CSV, JSON lines (also .gz) or Parquet; - is stdin")],
    out: options.Out = "-",
    text: Annotated[str | None, typer.Option("--text", help="Column of texts", rich_help_panel=options.COLUMNS)] = None,
    readings: Annotated[
        str | None,
        typer.Option("--readings", help="Column of lists: a series in each row", rich_help_panel=options.COLUMNS),
    ] = None,
    id_column: options.Id = None,
    time: options.Time = None,
    value: options.Value = None,
    start_column: Annotated[
        str | None, typer.Option(help="With --readings: first dates", rich_help_panel=options.COLUMNS)
    ] = None,
    frequency_column: Annotated[
        str | None, typer.Option(help="With --readings: frequencies", rich_help_panel=options.COLUMNS)
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Columns of the input to write, with commas (all; none of a panel)", rich_help_panel=options.OUTPUT
        ),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Write the model's columns alone", rich_help_panel=options.OUTPUT)
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="Directory of the model (models/sentiment, or models/universal)")
    ] = None,
    horizon: options.Horizon = None,
    levels: options.Levels = "80,95",
    frequency: options.Frequency = None,
    season: options.Season = None,
    minimum: options.Minimum = None,
    maximum: options.Maximum = None,
    time_format: options.TimeFormat = None,
    input_format: options.InputFormat = None,
    delimiter: options.Delimiter = None,
    decimal: options.Decimal = ".",
    encoding: options.Encoding = "utf-8",
    output_format: options.OutputFormat = None,
    overwrite: options.Overwrite = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget a run that was stopped", rich_help_panel=options.OUTPUT)
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes (one for each core)")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary")] = False,
) -> None:
    """Score a file of any size: texts (--text), series in rows (--readings), or a reading in each row (--value).

    Rows keep their order; what is wrong with one is in the column `error`. A run that was stopped goes on where it was
    when it is started again. The rows of a series must come together: sort a panel by --id.
    """
    with reporting():
        from .bulk_job import Asked, Forecasting, run_job
        from .inputs import dialect_of

        forecasting = Forecasting(
            horizon, options.levels_of(levels), frequency, season, minimum, maximum, start_column, frequency_column
        )
        asked = Asked(
            source=source,
            input_format=input_format,
            out=out,
            output_format=output_format,
            dialect=dialect_of(delimiter, decimal, encoding),
            text=text,
            readings=readings,
            id=id_column,
            time=time,
            value=value,
            time_format=time_format,
            keep=() if only and keep is None else None if keep is None else options.names_of(keep),
            model=model,
            forecasting=forecasting,
            workers=workers,
            overwrite=overwrite,
            restart=restart,
            quiet=quiet,
        )
        end_with(run_job(asked))
