"""Tables on the terminal and in Markdown."""

import pytest
from rich.cells import cell_len

from training.reporting import tables

HEADER = ("method", "RMSE")
ROWS = [("naive", "2.00"), ("gru", "1.50")]


def test_a_markdown_table_aligns_its_figures_to_the_right():
    assert tables.markdown(HEADER, ROWS) == "| method | RMSE |\n| --- | ---: |\n| naive | 2.00 |\n| gru | 1.50 |\n"


def test_a_table_is_printed_with_its_title(capsys):
    tables.show("Errors", HEADER, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "Errors"
    assert [line for line in lines if "gru" in line and "1.50" in line]


WIDE = ("forecaster", *(f"a long name of column {number}" for number in range(9)), "remark")
WIDE_ROWS = [
    ("seasonal_naive", *["1,234.567 [0.12, 0.98]"] * 9, "its 95 % interval spans more than the readings ever did " * 2),
    ("an-unusually-long-name-of-a-model-" * 3, *["–"] * 9, ""),
    ("漢字" * 30, *["2"] * 9, "\x1b[31mred\x07\n"),
]


@pytest.mark.parametrize("width", [40, 80, 120, 300])
def test_no_line_of_a_table_is_wider_than_the_terminal(width):
    """Columns that do not fit follow below, after the first column again; no cell is lost, and none moves the cursor."""
    lines = tables.layout("A title of some length " * 8, WIDE, WIDE_ROWS, width)
    assert max(cell_len(line) for line in lines) <= width
    assert "".join(lines).count("[0.12, 0.98]") == 9
    assert "".join(lines).isprintable()
    assert "".join("".join(lines).split()).count("everdid") >= 1


def test_a_table_is_plain_text_and_fits_80_columns_where_there_is_no_terminal(capsys, monkeypatch):
    """As in a file or a log: no frames, no colours."""
    monkeypatch.delenv("COLUMNS", raising=False)
    tables.show("Errors", WIDE, WIDE_ROWS[:2])
    out = capsys.readouterr().out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert set(out) & set("│┃━─┏\x1b") == set()


def test_a_table_without_rows_has_its_names():
    """Nothing was measured, but the reader sees what would have been."""
    assert tables.layout("None", HEADER, [], 80)[2].split() == ["method", "RMSE"]
    assert tables.drop_empty_columns(HEADER, []) == (("method",), [])


@pytest.mark.parametrize(
    "cell", ["1", "-1.5", "1,234.5 [0.1, 0.2]", "93 %", "71 s", "", "–", "2016-01-01", "1.2e-07", "nan"]
)
def test_a_number_with_something_short_after_it_belongs_in_a_column_of_numbers(cell):
    """A unit, an interval or nothing at all."""
    assert tables.is_number(cell)


@pytest.mark.parametrize("cell", ["gru", "v1", "3 airlines that nobody has ever heard of before", "its 95 % interval"])
def test_a_sentence_does_not(cell):
    """Text is aligned to the left."""
    assert not tables.is_number(cell)
