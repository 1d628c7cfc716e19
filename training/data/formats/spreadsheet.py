"""The sheets of a workbook (xlsx, xlsb, xls, ods), read by calamine through pandas."""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from training.data.errors import DataError
from training.data.formats.grid import Grid, make_grid
from training.data.formats.records import Record
from training.data.formats.typed import to_texts
from training.data.formats.workbook_checks import MAX_CELLS, check_workbook

MAX_SHEETS = 20


def read_workbook(data: bytes, sheet: str | None, header: bool | None, min_columns: int, path: Path) -> Grid:
    """Return the table of the named sheet, or of the first that holds one. Raises DataError if none does."""
    check_workbook(data, path)
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
