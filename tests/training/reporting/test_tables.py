"""Tables on the terminal and in Markdown."""

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
