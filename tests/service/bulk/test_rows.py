"""What is wrong with a row is told in it, and spoils no other."""

import json

import pytest

from service.bulk.limits import ROW_BYTES, SERIES_READINGS
from service.bulk.values import to_number, to_numbers
from tests.service.bulk.helpers import done, series_job, texts_job


def outcomes(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_that_is_no_object_is_a_row_with_an_error(tmp_path):
    """Its number stays that of the input."""
    lines = [
        '{"body": "x"}',
        "{nonsense",
        "[1]",
        '{"other": 1}',
        '{"body": 5}',
        '{"body": "' + "y" * ROW_BYTES + '"}',
        '{"body": "z"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    progress, _ = done(texts_job(tmp_path / "in.jsonl", tmp_path / "out.jsonl", scoring=None))
    errors = [row["error"] for row in outcomes(tmp_path / "out.jsonl")]
    assert [bool(error) for error in errors] == [False, True, True, True, True, True, False]
    assert "no JSON" in errors[1]
    assert "no object" in errors[2]
    assert f"more than {ROW_BYTES:,} bytes" in errors[5]
    assert progress.errors == 5


def test_a_row_of_csv_with_too_many_or_too_few_fields_has_an_error(tmp_path):
    (tmp_path / "in.csv").write_text("id,body\n1,x,y\n2\n3,z\n")
    done(texts_job(tmp_path / "in.csv", tmp_path / "out.jsonl"))
    assert [row["error"] for row in outcomes(tmp_path / "out.jsonl")] == [
        "the row has 3 fields, and the header 2",
        "the row has 1 fields, and the header 2",
        None,
    ]


def test_a_row_can_hold_a_series_in_many_forms(tmp_path):
    """JSON, or numbers parted by spaces, commas or semicolons; in JSON lines a list."""
    (tmp_path / "in.csv").write_text('readings\n"[1, 2, 3]"\n1 2 3\n1;2;3\n"1, 2,3"\n\n"[1, x]"\n"1,x"\n')
    done(series_job(tmp_path / "in.csv", tmp_path / "out.jsonl"))
    rows = outcomes(tmp_path / "out.jsonl")
    assert [row["forecast"] for row in rows[:4]] == [[6.0]] * 4
    assert "no list of numbers" in rows[4]["error"]
    assert "'x' is no number" in rows[5]["error"]


def test_a_series_that_is_too_long_has_an_error(tmp_path):
    rows = [{"readings": [1] * SERIES_READINGS}, {"readings": [1] * (SERIES_READINGS + 1)}, {"readings": []}]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done(series_job(tmp_path / "in.jsonl", tmp_path / "out.jsonl"))
    first, second, _ = outcomes(tmp_path / "out.jsonl")
    assert first["forecast"] == [float(SERIES_READINGS)]
    assert "at most 10,000 are read" in second["error"]


def test_numbers_are_read_with_decimal_commas():
    assert to_number("1,5", ",") == 1.5
    assert to_numbers("1,5; 2", ",") == [1.5, 2.0]
    with pytest.raises(ValueError, match="--decimal ,"):
        to_number("1,5")


def test_a_long_list_in_a_message_ends_as_it_began():
    with pytest.raises(ValueError, match=r"^\[0, 1, .*…\] is no number$"):
        to_number(list(range(100)))
