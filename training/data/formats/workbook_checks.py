"""Workbooks that calamine should not open.

It makes room for every cell that a sheet spans, also for empty ones, and it never returns from an OpenDocument whose XML breaks off.
"""

import io
import re
import zipfile
from pathlib import Path
from xml.parsers import expat

from training.data.errors import DataError
from training.data.formats.source import UNPACKING_ERRORS

MAX_CELLS = 20_000_000
CELL = re.compile(rb'<(?:\w+:)?c[^>]{0,40}? r="([A-Z]{1,3})(\d{1,7})"')  # of xlsx
TAG = re.compile(rb"<(?:table:)(table-row|table-cell|covered-table-cell|table)\b([^>]*)>")  # of ods
REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')
CHUNK = 1 << 22  # bytes
OVERLAP = 100


def check_workbook(data: bytes, path: Path) -> None:
    """Raise DataError for a workbook with a sheet that spans too many cells, or with XML that is not well-formed.

    An xls file has 65,536 rows at most.
    """
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if name.endswith(".xml"):
                    _check_xml(archive, name)
            large = next((name for name in archive.namelist() if _is_large(archive, name)), None)
    except (*UNPACKING_ERRORS, expat.ExpatError) as error:
        raise DataError(f"{path}: is a damaged workbook: {error}") from error
    if large:
        raise DataError(f"{path}: '{large}' spans more than {MAX_CELLS} cells; export the sheet as CSV")


def _check_xml(archive: zipfile.ZipFile, name: str) -> None:
    """Raise ExpatError for XML that is not well-formed, and ValueError for one that defines entities, which workbooks never do."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with archive.open(name) as file:
        parser.ParseFile(file)


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it has a document type, which no workbook has")


def _is_large(archive: zipfile.ZipFile, name: str) -> bool:
    if name == "content.xml":
        return _span_of_ods(archive.read(name)) > MAX_CELLS
    return name.startswith("xl/worksheets/") and name.endswith(".xml") and _is_large_xlsx(archive, name)


def _is_large_xlsx(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether the greatest row times the greatest column is too much."""
    rows, columns, rest = 0, 0, b""
    with archive.open(name) as file:
        while chunk := file.read(CHUNK):
            for match in CELL.finditer(rest + chunk):
                rows, columns = max(rows, int(match[2])), max(columns, _number(match[1]))
            rest = chunk[-OVERLAP:]
            if rows * columns > MAX_CELLS:
                return True
    return False


def _span_of_ods(content: bytes) -> int:
    """The largest number of cells of a sheet up to its last value, where rows and cells may be repeated."""
    largest = height = above = width = place = repeated = 0
    for match in TAG.finditer(content):
        count = int(found[1]) if (found := REPEATED.search(match[2])) else 1
        if match[1] == b"table":
            height = above = width = 0
        elif match[1] == b"table-row":
            above, place, repeated = above + repeated, 0, count
            continue
        else:
            place += count
            if b"value" in match[2]:
                height, width = above + repeated, max(width, place)
                largest = max(largest, height * width)
            continue
        repeated = 0
    return largest


def _number(letters: bytes) -> int:
    """A → 1, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
