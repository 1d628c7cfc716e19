"""`gatecast serve` and `gatecast check`: `python -m service`, with the most used settings as options."""

import os
from pathlib import Path
from typing import Annotated

import typer

from .options import Models

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one (GATECAST_PORT, or 8000)")]
Host = Annotated[str | None, typer.Option(help="Address to listen on (GATECAST_HOST, or 127.0.0.1)")]


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(check)


def serve(context: typer.Context, port: Port = None, host: Host = None, models: Models = None) -> None:
    """Serve models over HTTP. All settings are GATECAST_… variables; docs/operating.md lists them."""
    from ..__main__ import main

    _set(port=port, host=host, models_dir=models)
    ends_at_hangup = bool((context.obj or {}).get("ends_at_hangup"))
    raise typer.Exit(main([], ends_at_hangup=ends_at_hangup))


def check(models: Models = None) -> None:
    """Load and prove all models like a start, print them and every fault."""
    from ..__main__ import CHECK, main

    _set(models_dir=models)
    raise typer.Exit(main(CHECK))


def _set(**settings: int | str | Path | None) -> None:
    """Set the variables of options that are given."""
    for name, value in settings.items():
        if value is not None:
            os.environ[f"GATECAST_{name.upper()}"] = str(value)
