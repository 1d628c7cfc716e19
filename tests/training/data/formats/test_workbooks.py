"""Workbooks and Parquet are read as the tables they hold, whatever the file is called."""

from datetime import datetime

import pandas as pd
import pytest

from tests import workbooks
from tests.csv_files import months
from training.data.tables import DataError, FileOptions, read_table

ROWS: list[list[object]] = [
    ["date", "value", "time"],
    *([datetime(2020, m, 1), 100 + m / 4, datetime(2020, 1, 1, m)] for m in range(1, 13)),
]
FIRST = ["2020-01-01", "100.25", "2020-01-01 01:00:00"]
LAST = ["2020-12-01", "103", "2020-01-01 12:00:00"]


@pytest.mark.parametrize("name", ["my.xlsx", "my.csv", "my.xls"])
def test_a_workbook_is_read_whatever_its_name(tmp_path, name):
    """Dates become ISO dates, without the time if all are midnight, and whole numbers have no point."""
    table = read_table(workbooks.write_xlsx(tmp_path / name, {"Sales": ROWS}), min_columns=2)
    assert (table.frame.iloc[0].tolist(), table.frame.iloc[-1].tolist()) == (FIRST, LAST)
    assert table.rows.tolist() == list(range(2, 14))
    assert table.understood["file"] == "workbook, sheet 'Sales'"


def test_an_open_document_is_read(tmp_path):
    table = read_table(workbooks.write_ods(tmp_path / "my.ods", {"Sales": ROWS}))
    assert (table.frame.iloc[0].tolist(), table.frame.iloc[-1].tolist()) == (FIRST, LAST)


def test_the_first_sheet_with_a_table_is_read_and_others_are_named(tmp_path):
    """A title above the table and a total below it are left out."""
    sheets = {"Notes": [["hello"], ["you"]], "Data": [["Report 2020"], [], *ROWS, ["Total", 5]], "More": ROWS}
    path = workbooks.write_xlsx(tmp_path / "my.xlsx", sheets)
    table = read_table(path, min_columns=2)
    assert table.understood["file"] == "workbook, sheet 'Data'; others, which --sheet names: 'Notes', 'More'"
    assert table.understood["header"].endswith("no part of the table: 'Report 2020 | |' (row 1)")
    assert "row 16 ('Total | 5 |')" in table.understood["left out"]
    assert table.rows[[0, -1]].tolist() == [4, 15]
    assert read_table(path, FileOptions(sheet="More")).rows[0] == 2


def test_a_workbook_that_cannot_be_used_is_refused(tmp_path):
    path = workbooks.write_xlsx(tmp_path / "my.xlsx", {"May": [[]], "June": []})
    with pytest.raises(DataError, match="is empty"):
        read_table(path)
    with pytest.raises(DataError, match="has no sheet 'July'; its sheets are 'May', 'June'"):
        read_table(path, FileOptions(sheet="July"))
    with pytest.raises(DataError, match="is a workbook, which has no --encoding"):
        read_table(path, FileOptions(encoding="utf-8"))


def test_a_sheet_that_spans_too_many_cells_is_refused_before_it_is_opened(tmp_path):
    """Two cells in opposite corners would take room for 17 billion."""
    corners = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c s="0" r="XFD1048576"><v>1</v></c></row>'
    sheet = f'<worksheet xmlns="{workbooks.MAIN}"><sheetData>{corners}</sheetData></worksheet>'
    with pytest.raises(DataError, match=r"spans more than .* cells; export the sheet as CSV"):
        read_table(workbooks.write_xlsx(tmp_path / "my.xlsx", {"May": ROWS}, May=sheet))


def test_parquet_is_read(tmp_path):
    """A dated index is a column; lists are left out."""
    days = pd.date_range("2020-01-01", periods=5, freq="h")
    frame = pd.DataFrame(
        {"value": [1.0, 2.5, None, 1e-7, 3], "shop": pd.Categorical(list("aabbc")), "tags": [[1]] * 5}, days
    )
    frame.rename_axis("time").to_parquet(tmp_path / "my.csv")
    table = read_table(tmp_path / "my.csv")
    assert table.frame.columns.tolist() == ["time", "value", "shop"]
    assert table.frame.time.tolist()[:2] == ["2020-01-01 00:00:00", "2020-01-01 01:00:00"]
    assert table.frame.value.fillna("").tolist() == ["1", "2.5", "", "0.0000001", "3"]
    assert table.understood["columns"] == "column 'tags' holds lists or records and is left out"
    assert table.rows.tolist() == [1, 2, 3, 4, 5]


def test_damaged_parquet_is_refused(tmp_path):
    months().to_parquet(tmp_path / "my.parquet")
    (tmp_path / "my.parquet").write_bytes((tmp_path / "my.parquet").read_bytes()[:-40])
    with pytest.raises(DataError, match="damaged Parquet"):
        read_table(tmp_path / "my.parquet")
    months().head(0).to_parquet(tmp_path / "my.parquet")
    with pytest.raises(DataError, match="no rows"):
        read_table(tmp_path / "my.parquet")
