"""CSV: the quick way for plain lines gives what the standard library gives."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.bulk.formats import Dialect
from service.bulk.limits import BATCH_BYTES
from service.bulk.reading import csv_rows
from service.bulk.reading.csv_rows import read_csv, sniff, unquoted_columns

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
    for block in ('"a",b\n', "a,b,c\n", "a\n", "a,b,c\nd\n", "a\rb,c\n"):
        assert unquoted_columns(block, ",", 2) is None


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
