"""What series and texts share: reading a file as a table of texts, the download cache, and DataError.

`read_table` reads what people export: delimited text in any usual dialect and encoding, workbooks and Parquet. Bad input raises
a DataError. Its message says what is wrong, where, and what would be right; no row is dropped without a word in `understood`.
Default data is fetched from its public home and cached in the user's cache directory (`GATECAST_CACHE` names another).
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pooch

from training.data.errors import DataError
from training.data.formats import delimited, parquet, source, spreadsheet
from training.data.formats.numbers import NumberColumn, parse_numbers, shown_decimal
from training.data.formats.options import FileOptions, add_file_options, file_options

__all__ = [
    "FOUND_OUT",
    "DataError",
    "FileOptions",
    "Table",
    "add_file_options",
    "fetch",
    "file_options",
    "file_sha256",
    "list_columns",
    "read_table",
    "require_column",
]


FOUND_OUT = FileOptions()


@dataclass(frozen=True)
class Table:
    """A table of texts: cells are strings or missing, columns have unique names.

    `rows` is the line (of a text file), the row of the sheet or the number of the record (of Parquet) of each row of `frame`.
    `understood` says in plain sentences what was found out. `decimal_hint` is the decimal sign that the kind of file suggests.
    """

    path: Path
    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    understood: dict[str, str] = field(default_factory=dict)
    decimal_hint: str | None = "."

    def numbers(self, name: str, decimal: str | None = None) -> NumberColumn:
        """Return the numbers of a column; `decimal` is the decimal sign that the user names.

        Where neither the column nor the kind of file shows the sign, the other columns may.
        """
        numbers = parse_numbers(self.frame[name], decimal, self.decimal_hint)
        if numbers.ambiguous is None or decimal is not None:
            return numbers
        shown = {shown_decimal(self.frame[other]) for other in self.frame.columns if other != name} - {None}
        return parse_numbers(self.frame[name], shown.pop(), None) if len(shown) == 1 else numbers

    def where(self, is_wrong: "pd.Series[bool] | npt.NDArray[np.bool_]") -> str:
        """Number the wrong rows for an error message, "rows 3, 7", as the file itself counts them.

        A series may leave out rows of the frame; its index says which rows it has.
        """
        found = np.flatnonzero(is_wrong)
        places = is_wrong.index.to_numpy()[found] if isinstance(is_wrong, pd.Series) else found
        rows = [int(self.rows[i]) for i in places]
        return f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:5]))}{' …' if len(rows) > 5 else ''}"


def read_table(path: Path, options: FileOptions = FOUND_OUT, *, min_columns: int = 1) -> Table:
    """Read the table of a file. Raises DataError, and nothing else, for a file that holds none or that cannot be read."""
    content = source.read_content(path)
    if options.sheet and content.kind != "workbook":
        raise DataError(f"{path}: is no workbook, so it has no sheet '{options.sheet}'")
    if content.kind == "text":
        made, hint = delimited.read_text(content.data, options, min_columns, path)
    elif options.encoding or options.delimiter:
        raise DataError(f"{path}: is a {content.kind}, which has no --encoding and no --delimiter")
    elif content.kind == "workbook":
        made, hint = spreadsheet.read_workbook(content.data, options.sheet, options.header, min_columns, path), "."
    else:
        made, hint = parquet.read_parquet(content.data, path), "."
    if len(made.frame.columns) < min_columns:
        raise DataError(
            f"{path}: has {len(made.frame.columns)} column ({list_columns(made.frame)}); at least {min_columns} are needed, with "
            "commas, semicolons, tabs or | between them (--delimiter names another)"
        )
    if content.packed:
        made.understood["file"] += f", {content.packed}"
    return Table(path, made.frame, made.rows, made.understood, hint)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(url: str, known_hash: str | None, name: str, alternative: str) -> Path:
    """Download a file into the cache, unless it is there, and check its hash if one is known.

    Raises DataError when the download fails; the message says which `alternative` to pass.
    """
    cache = Path(os.environ.get("GATECAST_CACHE") or pooch.os_cache("gatecast"))
    downloader = pooch.HTTPDownloader(progressbar=False, timeout=60, headers={"User-Agent": "gatecast"})
    try:
        return Path(pooch.retrieve(url, known_hash, name, cache, downloader=downloader))
    except (OSError, ValueError) as error:
        raise DataError(f"{url} cannot be fetched ({type(error).__name__}); pass {alternative} instead") from error


def require_column(table: pd.DataFrame, name: str | None, path: Path) -> str | None:
    """Return the column's name as it was given. Raises DataError if the table has no such column."""
    if name is not None and name not in table.columns:
        raise DataError(f"{path}: has no column '{name}'; its columns are {list_columns(table)}")
    return name


def list_columns(table: pd.DataFrame) -> str:
    """Name the table's columns for an error message: "'date', 'value'"."""
    return ", ".join(f"'{name}'" for name in table.columns[:20])
