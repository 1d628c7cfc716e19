"""Stray quotes swallow no rows, and texts with line breaks stay whole."""

import pytest

from tests.csv_files import write
from tests.training.data.formats.test_delimited import QUOTED, TEXTS, edit
from training.data.tables import DataError, read_table

BROKEN = [
    ("opened and closed by the next quote", edit(edit(TEXTS, 10, "a good", '"a good'), 30, "lamp", 'lamp"'), 10, 21),
    ("opened and never closed", edit(TEXTS, 10, "a ", '"a '), 10, 32),
    ("opened in the last line", edit(TEXTS, 41, "a ", '"a '), 41, 1),
    ("not closed between quoted cells", edit(QUOTED, 11, 'broke 4"', "broke 4"), 11, 2),
    ("tabs", edit(TEXTS.replace(",", "\t"), 10, "a ", '"a '), 10, 32),
    ("after a text of two lines", edit(QUOTED.replace("lamp 1", "lamp\nthat is 1"), 14, 'broke 5"', "broke 5"), 14, 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "swallowed"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_rows_that_a_quote_swallowed_are_given_back(tmp_path, text, line, swallowed):
    """The line of the quote is named; the quote stays in the text as a character."""
    table = read_table(write(tmp_path, text), min_columns=2)
    assert len(table.frame) == 40
    assert set(table.frame.label) == {"pos", "neg"}
    assert f"(line {line}) would swallow {swallowed} row" in table.understood["quotes"]


def test_a_lone_quote_inside_a_text_is_a_character(tmp_path):
    table = read_table(write(tmp_path, edit(TEXTS, 10, "lamp", '5" lamp')), min_columns=2)
    assert len(table.frame) == 40
    assert table.frame.text[8] == 'a good 5" lamp number 4'
    assert "quotes" not in table.understood


LINES = [
    "a good, small lamp\nand it is mine",
    "fine\n\nor so, they say\nand I",
    "one, 5\ntwo, 4\nthree",
    'he said\n""no"", and left',
]


@pytest.mark.parametrize("text", LINES)
def test_texts_with_line_breaks_stay_whole(tmp_path, text):
    """Also those whose lines hold as many commas as a row. Rows are numbered by the line that they begin in."""
    rows = "".join(f'"{text} {i}",{"pos" if i % 2 else "neg"}\n' for i in range(20))
    table = read_table(write(tmp_path, "text,label\n" + rows), min_columns=2)
    assert len(table.frame) == 20
    assert table.frame.text[0] == f"{text} 0".replace('""', '"')
    assert table.rows[1] - table.rows[0] == text.count("\n") + 1
    assert "quotes" not in table.understood


def test_texts_of_one_column_may_hold_line_breaks(tmp_path):
    table = read_table(write(tmp_path, 'text\n"one, two\nthree"\nfour\n'))
    assert table.frame.text.tolist() == ["one, two\nthree", "four"]


def test_a_quote_that_is_not_closed_is_refused_where_lines_are_no_rows(tmp_path):
    text = "text,label\n" + "".join(f"a lamp {i},pos\n" for i in range(9)) + '"a, b, c\nd, e, f\n'
    with pytest.raises(DataError, match=r"quote that opens in line 11 \('\"a, b, c'\) swallows the lines up to 12"):
        read_table(write(tmp_path, text), min_columns=2)
