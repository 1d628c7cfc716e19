"""The table of a text file: its encoding and dialect are found, then its rows are read."""

import re
from pathlib import Path

from training.data.errors import DataError
from training.data.formats.dialect import find_dialect
from training.data.formats.encoding import Text, decode
from training.data.formats.grid import Grid, make_grid
from training.data.formats.options import FileOptions
from training.data.formats.records import Mended, read_records

OTHER_KINDS = {
    "an HTML page; export the table as CSV": re.compile(r"<(?:!doctype|html|head|body|table|div)\b", re.IGNORECASE),
    "XML; export the table as CSV or xlsx": re.compile(r"<\?xml|<workbook\b", re.IGNORECASE),
    "JSON; write its records as CSV (pandas: read_json, then to_csv)": re.compile(r'\[\s*[\[{"\d]|\{\s*["}]'),
    "an RTF document; export the table as CSV": re.compile(r"\{\\rtf"),
    "a Git LFS pointer, not the file itself; fetch it with git lfs pull": re.compile(r"version https://git-lfs"),
    "an ARFF file; write it as CSV": re.compile(r"@relation\b", re.IGNORECASE),
}


def read_text(data: bytes, options: FileOptions, min_columns: int, path: Path) -> tuple[Grid, str | None]:
    """Return the table of a text file, and the decimal sign that its delimiter suggests.

    A comma is no decimal sign in a file with commas between columns; semicolons are there where it often is.
    """
    text = decode(data, options.encoding, path)
    _check_kind(text, path)
    dialect = find_dialect(text, options.delimiter, min_columns)
    mended = Mended()
    made = make_grid(read_records(text, dialect, mended, path), options.header, path)
    made.understood = {"file": f"text, {dialect.name}, {text.encoding}{text.remark}", **made.understood}
    if quotes := mended.describe():
        made.understood["quotes"] = quotes
    return made, None if dialect.delimiter == ";" else "."


def _check_kind(text: Text, path: Path) -> None:
    """Raise DataError for HTML, JSON and the like, whatever the file is called."""
    start = text.text[:1000].lstrip()
    for what, pattern in OTHER_KINDS.items():
        if pattern.match(start):
            raise DataError(f"{path}: is {what}")
