"""The commands put together. What a command needs is imported when it runs, so that --help is quick."""

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from .. import __version__
from . import anomalies, bulk, exits, forecast, keys, sentiment, serving, sign, versions

EPILOG = "Exit statuses: 0 done; 1 some rows have errors; 2 usage, or input that cannot be read; 3 a model that cannot be loaded; 130 interrupted."


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gatecast {__version__}")
        raise typer.Exit


def make_app() -> typer.Typer:
    """Return the command line."""
    app = typer.Typer(
        name="gatecast",
        help="Forecasts of series and sentiment of texts: as a service, on files, in a pipe.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for module in (serving, forecast, anomalies, sentiment, bulk, keys, versions, sign):
        module.add_to(app)
    return app


def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options without a command."""


def run(arguments: Sequence[str], *, ends_at_hangup: bool = False) -> int:
    """Run a command. Returns the exit status."""
    try:
        make_app()(args=list(arguments), prog_name="gatecast", obj={"ends_at_hangup": ends_at_hangup})
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # a defect: 1 would mean that rows have errors
        traceback.print_exc(file=sys.stderr)
        return exits.DEFECT
    return 0
