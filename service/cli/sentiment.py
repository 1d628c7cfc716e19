"""`gatecast sentiment`: what texts say."""

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .exits import end_with, reporting

SHOWN = ("text", "label", "confidence", "score", "uncertain", "mixed", "warnings", "explanation", "error")  # in a table


def add_to(app: typer.Typer) -> None:
    app.command()(sentiment)


def sentiment(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts; - or none reads stdin")] = None,
    source: Annotated[str | None, typer.Option("--input", "-i", help="File with a text a line, or a column")] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Column of the texts", rich_help_panel=options.COLUMNS)
    ] = None,
    model: options.Model = "models/sentiment",
    explain: Annotated[bool, typer.Option("--explain", help="What each word speaks for the label")] = False,
    input_format: options.InputFormat = None,
    delimiter: options.Delimiter = None,
    encoding: options.Encoding = "utf-8",
    out: options.Out = "-",
    output_format: options.OutputFormat = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Judge texts: each argument, each line, or each row of a column.

    Large files, and those whose other columns are wanted, are for `gatecast bulk`.
    """
    with reporting():
        import pandas as pd

        from ..local.loading import load
        from .exits import USAGE, fail, warn
        from .outputs import check_free, write_frame
        from .texts import faults_of_encoding, texts_of

        if texts and texts != ["-"] and (source is not None or text is not None):
            raise fail("give texts, or --input and a file, not both; --text is a column of the file", USAGE)
        check_free(out, overwrite=overwrite)
        arguments = None if texts in (None, [], ["-"]) else texts
        for name in filter(_is_file, arguments or []):
            warn(f"'{name}' is judged as a text, and is a file: --input {name} reads it")
        given = arguments or texts_of(source or "-", text, input_format, delimiter, encoding)
        answer = load(model).sentiment(given, explain=explain, errors="column")
        answer.insert(0, "text", pd.Series(given, dtype=object))  # Arrow's text is in UTF-8 alone
        for place, fault in faults_of_encoding(given).items():
            answer.loc[place, "error"] = fault
        errors = int(answer["error"].notna().sum())
        answer = answer if errors else answer.drop(columns="error")
        write_frame(answer, out, output_format, overwrite=overwrite, shown=SHOWN)
        end_with(errors)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL character
        return False
