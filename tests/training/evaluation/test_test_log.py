"""The diary of looks at a test part."""

import pytest

from training.evaluation import test_log
from training.evaluation.test_log import LogEntry


def look(value, at="2026-01-01", steps=14):
    return LogEntry(at=at, settings={"steps": steps}, figures={"rmse": value})


def test_looks_are_added_and_never_overwritten(tmp_path):
    path = tmp_path / "report" / "looks.json"
    test_log.record(path, {"k": look(1.0)})
    test_log.record(path, {"k": look(2.0, at="2026-01-02"), "other": look(5.0)})
    assert [one.figures["rmse"] for one in test_log.read(path)["k"]] == [1.0, 2.0]
    assert len(test_log.read(path)["other"]) == 1


def test_a_damaged_diary_is_refused_and_kept(tmp_path):
    path = tmp_path / "looks.json"
    path.write_text("{")
    with pytest.raises(test_log.TestLogError, match="cannot be read"):
        test_log.record(path, {"k": look(1.0)})
    assert path.read_text() == "{"


def test_only_looks_with_the_same_settings_can_disagree():
    assert test_log.differing([look(1.0), look(2.0)]) == {"rmse": [1.0, 2.0]}
    assert test_log.differing([look(1.0), look(1.0 + 1e-9)]) == {}
    assert test_log.differing([look(1.0, steps=7), look(2.0)]) == {}


def test_another_file_split_or_method_is_another_test_part():
    assert (
        len(
            {
                test_log.key(*parts)
                for parts in (("a", "1:2", "m"), ("b", "1:2", "m"), ("a", "1:3", "m"), ("a", "1:2", "n"))
            }
        )
        == 4
    )
