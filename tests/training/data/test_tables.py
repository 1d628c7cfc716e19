"""A file is read as a table of texts, or refused with an error that says what is wrong."""

import argparse

import numpy as np
import pandas as pd
import pytest

from tests.csv_files import as_table, months, write, write_table
from training.data import tables
from training.data.formats import source
from training.data.tables import DataError, FileOptions, add_file_options, file_options, read_table


def test_cells_are_texts_without_spaces_around_them(tmp_path):
    """A byte order mark, spaces after commas and words like 'NA' do not change the cells; empty ones are missing."""
    table = read_table(write(tmp_path, "\ufeffdate, value\n2020-01-01, 1.50\n2020-02-01, NA\n2020-03-01,\n"))
    assert list(table.frame.columns) == ["date", "value"]
    assert table.frame.value.fillna("missing").tolist() == ["1.50", "NA", "missing"]
    assert table.understood["file"] == "text, commas between columns, UTF-8 with a byte order mark"


def test_rows_are_numbered_as_in_the_file():
    """Rows that were left out before do not shift the numbers."""
    table = as_table(pd.DataFrame({"a": list("uvwxyz") * 2}))
    assert table.where(np.array([False, True])) == "row 3"
    assert table.where(table.frame.a == "u") == "rows 2, 8"
    assert table.where(table.frame[table.frame.a != "u"].a == "v") == "rows 3, 9"
    assert table.where(np.ones(6, dtype=bool)) == "rows 2, 3, 4, 5, 6 …"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "is empty"),
        (b"\x00\x01\x02\x00\x07" * 9, "binary, not text"),
        (bytes(range(256)) * 4, "binary, not text"),
        (b"a,b\n", "a header and no rows"),
        (b"value\n1\n2\n", "has 1 column .* at least 2 are needed"),
        (b"\x28\xb5\x2f\xfd12", "Zstandard; unpack it first"),
        (b"%PDF-1.4", "a PDF document"),
        (b"\x80\x04\x95\x01", "a Python pickle, which is never opened"),
        (b"<!DOCTYPE html><html></html>", "is an HTML page"),
        (b'[{"a": 1}]', "is JSON; write its records as CSV"),
        (b"<?xml version='1.0'?><a/>", "is XML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"\x1f\x8b\x08 not gzip", "cannot be unpacked with gzip"),
        (b"PK\x03\x04 no zip", "damaged or locked zip archive"),
        (b"PAR1 no parquet", "damaged Parquet file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no workbook", "damaged or locked workbook"),
    ],
)
def test_what_is_no_table_is_refused_with_what_it_is(tmp_path, content, fault):
    path = tmp_path / "my.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"my\.csv: .*{fault}"):
        read_table(path, min_columns=2)


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="larger than 10 bytes"):
        read_table(write_table(tmp_path, months()))


def test_a_missing_file_and_a_directory_are_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="is a directory"):
        read_table(tmp_path)


def test_a_sheet_of_a_text_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no workbook, so it has no sheet 'May'"):
        read_table(write_table(tmp_path, months()), FileOptions(sheet="May"))


def test_other_columns_show_the_decimal_sign(tmp_path):
    """1.234 is 1234 beside a column of 5,6."""
    rows = "".join(f"2020-01-{day};1.{day}0;{day},5\n" for day in range(10, 28))
    table = read_table(write(tmp_path, f"day;units;price\n{rows}"))
    assert table.numbers("units").values[:2].tolist() == [1100, 1110]
    assert table.numbers("price").values[0] == 10.5


def test_the_options_are_taken_from_the_command_line():
    parser = argparse.ArgumentParser()
    add_file_options(parser)
    values = vars(parser.parse_args(["--delimiter", "tab", "--no-header", "--encoding", "cp1252"]))
    assert file_options(values) == FileOptions(encoding="cp1252", delimiter="\t", header=False)
    assert values == {}
    with pytest.raises(DataError, match="--delimiter ;;: is one character"):
        file_options({"delimiter": ";;"})


def test_a_missing_column_is_an_error_that_lists_the_others(tmp_path):
    with pytest.raises(DataError, match="no column 'revenue'; its columns are 'month', 'sales'"):
        tables.require_column(months(), "revenue", tmp_path)
    assert tables.require_column(months(), "sales", tmp_path) == "sales"
    assert tables.require_column(months(), None, tmp_path) is None


def test_without_a_network_the_error_says_what_to_pass(serve_download):
    serve_download()
    with pytest.raises(DataError, match=r"cannot be fetched \(ConnectionError\); pass --data my\.csv instead"):
        tables.fetch("https://example.org/a.csv", None, "a.csv", "--data my.csv")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    path = write(tmp_path, "")
    assert tables.file_sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
