"""CSV: the quick way for plain lines gives what the standard library gives."""

import csv
import io
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.bulk.arrow_tables import ArrowTable
from service.bulk.formats import Dialect
from service.bulk.limits import BATCH_BYTES
from service.bulk.reading import csv_rows
from service.bulk.reading.csv_rows import read_csv, sniff
from service.bulk.reading.plain_csv import ARROW_COLUMNS, is_plain, plain_lines, unquoted_columns
from service.bulk.tables import ListTable

NUMBERS = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(
        ["", " 1", "1 ", "+1", "1e5", "1e400", "1e-400", "1_000", ".5", "5.", "1,5", "0x1", "nan", "-inf", "NaN"]
    ),
    st.text("0123456789.,eE+-_ infa", max_size=8),
)
FIELDS = st.lists(st.lists(st.text('ab,;"\n é', max_size=4), min_size=2, max_size=2), max_size=12)


def rows_of(text: str, size: int = 3) -> tuple[list[list[str]], dict[int, str]]:
    """The rows of all batches, and their faults by row."""
    rows: list[list[str]] = []
    faults: dict[int, str] = {}
    for batch in read_csv(io.StringIO(text, newline=""), "x", Dialect(","), size):
        assert batch.first == len(rows) + 1
        faults |= {len(rows) + place: fault for place, fault in batch.faults.items()}
        columns = [batch.rows.values(name) for name in batch.rows.names]
        rows += [list(row) for row in zip(*columns, strict=True)]
    return rows, faults


@settings(deadline=None, derandomize=True)
@given(FIELDS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([8, 20, 1000]))
def test_what_was_written_is_read(fields, end, block):
    """Wherever blocks end, and whichever way they are parsed."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["one", "two"], *fields])
    whole, csv_rows.BLOCK = csv_rows.BLOCK, block
    try:
        rows, faults = rows_of(text.getvalue())
    finally:
        csv_rows.BLOCK = whole
    expected = [row for row in csv.reader(io.StringIO(text.getvalue(), newline="")) if row]
    assert (rows, faults) == (expected[1:], {})


def test_plain_lines_are_taken_apart_at_once():
    """Others are left to the standard library: quotation marks, and lines with more or fewer fields."""
    assert unquoted_columns("a,b\n\nc,\n", ",", 2) == [["a", "c"], ["b", ""]]
    assert unquoted_columns("a\r\nb\r\n", ",", 1) == [["a", "b"]]
    assert unquoted_columns("", ",", 2) == [[], []]
    for block in ("a,b,c\n", "a\n", "a,b,c\nd\n"):
        assert unquoted_columns(block, ",", 2) is None
    for block in ('"a",b\n', "a,b,c\n", "a\n", "a,b,c\nd\n", "a\rb,c\n"):
        assert plain_lines(["one", "two"], ",")(block) is None


LINES = st.text("ab1 ,;\n\r\t\0\x1f\ufeffé\udc80", max_size=24)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(LINES, st.sampled_from([",", ";", "\x1f"]), st.integers(1, 3))
def test_pyarrow_reads_the_same_texts(block, delimiter, width):
    """It is installed here or not: no text differs, and no block is left alone that the other way reads."""
    names = ["one", "two", "three"][:width]
    table = plain_lines(names, delimiter)(block)
    expected = unquoted_columns(block, delimiter, width) if is_plain(block) else None
    assert (None if table is None else [table.values(name) for name in names]) == expected


def test_pyarrow_reads_plain_lines():
    """It is what makes them quick. Of wide files, lists are quicker."""
    assert isinstance(plain_lines(["a", "b"], ",")("1,2\n"), ArrowTable)
    for width, kind in ((ARROW_COLUMNS, ArrowTable), (ARROW_COLUMNS + 1, ListTable)):
        names = [f"c{number}" for number in range(width)]
        table = plain_lines(names, ",")(",".join(names) + "\n")
        assert isinstance(table, kind)
        assert [table.values(name) for name in names] == [[name] for name in names]


def test_pyarrow_reads_numbers_and_different_texts():
    """They need not be looked at one by one."""
    table = plain_lines(["y", "day"], ",")("1,b\n,a\n1e5,b\n")
    np.testing.assert_array_equal(table.numbers("y", "."), [1, math.nan, 1e5])
    found = table.different("day")
    assert found is not None
    assert (found[0], found[1].tolist()) == (["b", "a"], [0, 1, 0])
    assert table.numbers("day", ".") is None


@pytest.mark.parametrize("decimal", [".", ","])
@settings(deadline=None, derandomize=True, max_examples=300)
@given(fields=st.lists(NUMBERS, min_size=1, max_size=6))
def test_pyarrow_reads_the_same_numbers(fields, decimal):
    """What it reads as a number is the number that Python reads."""
    numbers = ArrowTable(pa.table({"y": fields})).numbers("y", decimal)
    if numbers is not None:
        expected = [math.nan if field == "" else float(field.replace(decimal, ".")) for field in fields]
        np.testing.assert_array_equal(numbers, expected)


def test_rows_after_an_odd_one_are_read_too():
    rows, faults = rows_of("one,two\n1,2\n3\n4,5\n" * 3)
    assert [row[0] for row in rows] == ["1", "3", "4", "one"] * 2 + ["1", "3", "4"]
    assert sorted(faults) == [1, 5, 9]


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [("a;b\n1,5;2\n", ";"), ("a\tb\n", "\t"), ("a|b\nc|d\n", "|"), ("a,b\n1,2,3\n", ","), ("a\nx, y\n", "\x1f")],
)
def test_delimiters_are_found(sample, delimiter):
    assert sniff(sample) == delimiter


@pytest.mark.parametrize("field", ['"{}"', "{},"])
def test_little_is_read_ahead_of_large_rows(field):
    """Also where a file has quotation marks, or rows of uneven length."""

    class Counted(io.StringIO):
        read_so_far = 0

        def read(self, size=-1):
            data = super().read(size)
            self.read_so_far += len(data)
            return data

    row = field.format("x" * 2000)
    text = Counted("one\n" + f"{row}\n" * 6000, newline="")
    next(read_csv(text, "x", Dialect(","), 1000))
    assert text.read_so_far < BATCH_BYTES + 3 * csv_rows.BLOCK
