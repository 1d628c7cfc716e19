"""The log of evaluations on a test set."""

import os

import pytest

from training.evaluation import test_log
from training.evaluation.test_log import LogEntry


def entry(value, at="2026-01-01", steps=14):
    return LogEntry(at=at, settings={"steps": steps}, figures={"rmse": value})


def test_entries_are_added_and_never_overwritten(tmp_path):
    path = tmp_path / "report" / "looks.json"
    test_log.record(path, {"k": entry(1.0)})
    test_log.record(path, {"k": entry(2.0, at="2026-01-02"), "other": entry(5.0)})
    assert [item.figures["rmse"] for item in test_log.read(path)["k"]] == [1.0, 2.0]
    assert len(test_log.read(path)["other"]) == 1


def test_a_damaged_log_is_refused_and_kept(tmp_path):
    path = tmp_path / "looks.json"
    path.write_text("{")
    with pytest.raises(test_log.TestLogError, match="cannot be read"):
        test_log.record(path, {"k": entry(1.0)})
    assert path.read_text() == "{"


def test_a_write_that_fails_leaves_the_log_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "looks.json"
    test_log.record(path, {"k": entry(1.0)})
    before = path.read_text()

    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        test_log.record(path, {"k": entry(2.0)})
    assert path.read_text() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [".looks.json.lock", "looks.json"]


def test_only_entries_with_the_same_settings_can_disagree():
    assert test_log.disagreements([]) == {}
    assert test_log.disagreements([entry(1.0), entry(2.0)]) == {"rmse": [1.0, 2.0]}
    assert test_log.disagreements([entry(1.0), entry(1.0 + 1e-9)]) == {}
    assert test_log.disagreements([entry(1.0, steps=7), entry(2.0)]) == {}


def test_another_file_split_or_method_is_another_key():
    parts = (("a", "1:2", "m"), ("b", "1:2", "m"), ("a", "1:3", "m"), ("a", "1:2", "n"))
    assert len({test_log.key(*part) for part in parts}) == 4


def test_a_time_is_utc_to_the_second():
    assert test_log.now().endswith("+00:00")
    assert len(test_log.now()) == len("2026-01-01T00:00:00+00:00")
