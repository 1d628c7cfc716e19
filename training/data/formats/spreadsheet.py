"""The sheets of a workbook (xlsx, xlsb, xls, ods), read by calamine through pandas."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from training.data.errors import DataError
from training.data.formats.grid import Grid, make_grid
from training.data.formats.records import Record
from training.data.formats.typed import to_texts

MAX_SHEETS = 20
MAX_CELLS = 20_000_000  # of a sheet, empty ones too: calamine keeps a place for each
CELL = re.compile(rb'<(?:\w+:)?c[^>]{0,40}? r="([A-Z]{1,3})(\d{1,7})"')
REPEATED = re.compile(rb'table:number-(?:rows|columns)-repeated="(\d+)"')
CHUNK = 1 << 22  # bytes


def read_workbook(data: bytes, sheet: str | None, header: bool | None, min_columns: int, path: Path) -> Grid:
    """Return the table of the named sheet, or of the first that holds one. Raises DataError if none does."""
    _check_size(data, path)
    workbook = _open(data, path)
    names = [str(name) for name in workbook.sheet_names]
    if sheet is not None and sheet not in names:
        raise DataError(f"{path}: has no sheet '{sheet}'; its sheets are {_listed(names)}")
    fault: DataError | None = None
    for name in [sheet] if sheet else names[:MAX_SHEETS]:
        try:
            made = make_grid(_records(workbook, name, path), header, path, place="row")
            if len(made.frame.columns) < min_columns:
                raise DataError(
                    f"{path}: sheet '{name}' has {len(made.frame.columns)} column; {min_columns} are needed"
                )
        except DataError as error:
            fault = fault or error
            continue
        others = [other for other in names if other != name]
        more = f"; others, which --sheet names: {_listed(others)}" if others else ""
        return Grid(made.frame, made.rows, {"file": f"workbook, sheet '{name}'{more}", **made.understood})
    raise fault or DataError(f"{path}: the workbook has no sheet")


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:10]) + (", …" if len(names) > 10 else "")


def _open(data: bytes, path: Path) -> pd.ExcelFile:
    try:
        return pd.ExcelFile(io.BytesIO(data), engine="calamine")
    except BaseException as error:
        raise _fault(error, path) from error


def _fault(error: BaseException, path: Path) -> BaseException:
    """calamine's errors have no common base, and a damaged file makes it panic, which is no Exception."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, DataError)):
        return error
    return DataError(f"{path}: is a damaged or locked workbook, or none: {error}; export the sheet as CSV")


def _records(workbook: pd.ExcelFile, sheet: str, path: Path) -> Iterator[Record]:
    try:
        frame = pd.read_excel(
            workbook, sheet_name=sheet, header=None, dtype=object, keep_default_na=False, na_values=[]
        )
    except BaseException as error:
        raise _fault(error, path) from error
    if frame.size > MAX_CELLS:
        raise DataError(f"{path}: sheet '{sheet}' has more than {MAX_CELLS} cells; export it as CSV")
    columns = [to_texts(frame[name].tolist()) for name in frame.columns]
    for number, cells in enumerate(zip(*columns, strict=True), 1):
        yield Record(number, list(cells))


def _check_size(data: bytes, path: Path) -> None:
    """Raise DataError for a sheet that spans too many cells, before calamine makes room for them."""
    if not data.startswith(b"PK"):
        return  # an xls file has 65,536 rows at most
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            try:
                is_large = _is_large(archive, name)
            except (OSError, ValueError, zipfile.BadZipFile, EOFError, RuntimeError) as error:
                raise _fault(error, path) from error
            if is_large:
                raise DataError(f"{path}: '{name}' spans more than {MAX_CELLS} cells; export the sheet as CSV")


def _is_large(archive: zipfile.ZipFile, name: str) -> bool:
    is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
    if not is_sheet and name != "content.xml":
        return False
    rows, columns, rest = 0, 0, b""
    with archive.open(name) as file:
        while chunk := file.read(CHUNK):
            for match in CELL.finditer(rest + chunk):
                rows, columns = max(rows, int(match[2])), max(columns, _number(match[1]))
            rest = chunk[-100:]
            if rows * columns > MAX_CELLS:
                return True
    return False


def _number(letters: bytes) -> int:
    """A → 1, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
