"""A CSV is read as text, or refused with an error that says what is wrong."""

import numpy as np
import pandas as pd
import pytest

from tests.csv_files import months, write, write_table
from training.data import tables
from training.data.tables import DataError


def test_a_csv_is_read_as_text(tmp_path):
    """A byte order mark, spaces after commas and words like 'NA' do not change the cells."""
    table = tables.read_csv(write(tmp_path, "\ufeffdate, value\n2020-01-01, 1.50\n2020-02-01, NA\n"))
    assert list(table.columns) == ["date", "value"]
    assert table.value.tolist() == ["1.50", "NA"]


def test_a_compressed_csv_is_read(tmp_path):
    months().to_csv(tmp_path / "my.csv.gz", index=False)
    assert len(tables.read_csv(tmp_path / "my.csv.gz")) == 24


def test_rows_of_more_fields_than_the_header_are_refused(tmp_path):
    """They would shift every column by one."""
    path = write(tmp_path, "id,date,value\n" + "".join(f"{i},2020-01-{i:02d},{i},x\n" for i in range(1, 20)))
    with pytest.raises(DataError, match="more fields than the header"):
        tables.read_csv(path)


def test_blank_lines_count_as_rows_except_at_the_end(tmp_path):
    text = months().to_csv(index=False)
    assert len(tables.read_csv(write(tmp_path, text + "\n\n"))) == 24
    table = tables.read_csv(write(tmp_path, text.replace("2020-02-01", "\n2020-02-01")))
    assert tables.list_rows(table.month.isna()) == "row 3"


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe\xfa,\xfb\n1,2\n", b'a,b\n"1,2\n'])
def test_a_file_that_is_no_csv_is_refused(tmp_path, content):
    path = tmp_path / "my.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"my\.csv"):
        tables.read_csv(path)


@pytest.mark.parametrize(
    ("table", "fault"), [(months().head(0), "a header and no rows"), (months()[["sales"]], "at least 2")]
)
def test_a_table_without_rows_or_with_one_column_is_refused(tmp_path, table, fault):
    with pytest.raises(DataError, match=fault):
        tables.read_csv(write_table(tmp_path, table))


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_CSV_BYTES", 10)
    with pytest.raises(DataError, match="larger than 10 bytes"):
        tables.read_csv(write_table(tmp_path, months()))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        tables.read_csv(tmp_path / "nowhere.csv")


def test_a_missing_column_is_an_error_that_lists_the_others(tmp_path):
    with pytest.raises(DataError, match="no column 'revenue'; its columns are 'month', 'sales'"):
        tables.require_column(months(), "revenue", tmp_path)
    assert tables.require_column(months(), "sales", tmp_path) == "sales"
    assert tables.require_column(months(), None, tmp_path) is None


def test_rows_are_numbered_as_in_the_file_and_cut_after_five():
    assert tables.list_rows(np.array([False, True])) == "row 3"
    assert tables.list_rows(pd.Series([True] * 6)) == "rows 2, 3, 4, 5, 6 …"


def test_without_a_network_the_error_says_what_to_pass(serve_download):
    serve_download()
    with pytest.raises(DataError, match=r"cannot be fetched \(ConnectionError\); pass --data my\.csv instead"):
        tables.fetch("https://example.org/a.csv", None, "a.csv", "--data my.csv")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    path = write(tmp_path, "")
    assert tables.file_sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
