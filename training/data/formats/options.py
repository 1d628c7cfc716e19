"""What the user says of a file on the command line."""

import argparse
from dataclasses import dataclass, fields
from typing import Any

from training.data.errors import DataError

NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True)
class FileOptions:
    """What the user says of a file; None stands for what is found out."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file is written: --encoding, --delimiter, --header or --no-header, --sheet."""
    add = parser.add_argument_group("how the file is written (found out if not given)").add_argument
    add("--encoding", help="utf-8, cp1252, latin-1, utf-16, …")
    add("--delimiter", help="what separates columns: , ; | or tab")
    add("--header", action=argparse.BooleanOptionalAction, help="whether the first row names the columns")
    add("--sheet", help="sheet of a workbook (default: the first that holds a table)")


def file_options(values: dict[str, Any]) -> FileOptions:
    """Take the file options out of the parsed command line. Raises DataError for a delimiter that is not one character."""
    taken = {each.name: values.pop(each.name, None) for each in fields(FileOptions)}
    delimiter = NAMED_DELIMITERS.get(str(taken["delimiter"]), taken["delimiter"])
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise DataError(f"--delimiter {delimiter}: is one character: , ; | or tab")
    return FileOptions(**{**taken, "delimiter": delimiter})
