"""What was understood of a file, as text."""

from tests.csv_files import months, write_table
from training.data import understanding
from training.data.series import one_series, read_panel, read_series


def test_sentences_wrap_beside_their_labels():
    lines = understanding.lines({"file": "a " * 60, "header": "line 1"})
    assert lines[0].startswith("file    a a")
    assert lines[1].startswith("        a a")
    assert lines[-1] == "header  line 1"
    assert max(len(line) for line in lines) <= 80


def test_a_long_label_keeps_a_column_for_its_sentence():
    assert understanding.lines({"x" * 30: "yes"}) == ["x" * 30 + " yes"]


def test_facts_have_the_columns_and_iso_dates(tmp_path):
    facts = understanding.facts(one_series(read_series(write_table(tmp_path, months()))))
    assert (facts["date column"], facts["value column"]) == ("month", "sales")
    assert (facts["first date"], facts["last date"]) == ("2020-01-01", "2021-12-01")
    assert (facts["frequency"], facts["season"], facts["readings"], facts["filled"]) == ("MS", "12", "24", "0")


def test_a_command_for_one_series_says_how_to_choose_it(tmp_path, capsys):
    panel = read_panel(write_table(tmp_path, months(costs=range(24))))
    understanding.show_dry_run(panel, reads_one=True)
    assert "--series-id" in capsys.readouterr().out
