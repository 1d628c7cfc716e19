"""`gatecast keys`: makes, lists and revokes the keys of callers."""

import typer


def add_to(app: typer.Typer) -> None:
    app.command(
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
        add_help_option=False,
    )(keys)


def keys(context: typer.Context) -> None:
    """Make a key for a caller (NAME), or --list or --revoke NAME them; --help has the options."""
    from ..keys.__main__ import main

    raise typer.Exit(main(context.args, program="gatecast keys"))
