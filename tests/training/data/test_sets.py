"""Sets of series in JSON files."""

import gzip
import json

import numpy as np
import pytest

from training.data import sets
from training.data.tables import DataError

ITEM = {"id": "a", "set": "apples", "m": 4, "h": 2, "y": [1, 2.5, None, 4, 5, 6]}


def write(path, content):
    """Write a value as JSON, or a text as it is; compressed where the name says so."""
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_series_are_grouped_by_their_set(tmp_path):
    """Null is a missing reading; without a lag, MASE compares with readings a season before."""
    items = [ITEM, ITEM | {"set": "pears", "h": 1, "lag": 1}, ITEM | {"id": "b"}]
    apples, pears = sets.read_json(write(tmp_path / "fruit.json.gz", items))
    assert [series.name for series in apples.series] == ["a", "b"]
    assert (apples.season_length, apples.horizon, apples.lag, pears.lag) == (4, 2, 4, 1)
    np.testing.assert_array_equal(apples.series[0].readings, [1, 2.5, np.nan, 4, 5, 6])


def test_the_first_series_of_a_set_are_a_set():
    whole = sets.SeriesSet("s", 1, 1, 1, [sets.SetSeries(name, np.arange(5.0)) for name in "abc"])
    assert [series.name for series in whole.first(2).series] == ["a", "b"]
    assert whole.first(None) == whole
    assert whole.first(2).sha256() != whole.sha256()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("[1,\n2,,]", "line 2: not JSON"),
        ("[" * 100_000, "not JSON"),
        ({}, "must hold a list of series"),
        ([], "must hold a list of series"),
        ([ITEM, 3], "item 1: must be an object"),
        ([ITEM | {"set": None}], "item 0: must be an object with a string `set`"),
        ([ITEM | {"m": True}], "`m` must be a whole number from 1"),
        ([ITEM | {"h": 0}], "`h` must be a whole number from 1"),
        ([ITEM | {"lag": "1"}], "`lag` must be a whole number from 1"),
        ([ITEM, ITEM | {"h": 3}], "item 1: its set 'apples' began with m 4, h 2 and lag 4"),
        ([ITEM | {"y": [1, "2"]}], "`y` must be a list of numbers"),
        ([ITEM | {"y": [1, True, 2, 3]}], "`y` must be a list of numbers"),
        ([ITEM | {"y": [1, 2, 3]}], "3 readings are too few"),
        ([ITEM | {"y": [1, 2, 3, 1e200]}], "within ±1e+150"),
        ([ITEM | {"y": [1, 2, 3, 10**400]}], "a reading is too large"),
        ([ITEM | {"y": [1, 2, None, None]}], "every reading of one part is missing"),
    ],
)
def test_what_is_no_set_is_refused(tmp_path, content, fault):
    """The message names the file and the line, or the item."""
    with pytest.raises(DataError, match=r"bad\.json") as raised:
        sets.read_json(write(tmp_path / "bad.json", content))
    assert fault in str(raised.value)


def test_too_much_json_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "MAX_BYTES", 20)
    with pytest.raises(DataError, match="more than 0 MiB"):
        sets.read_json(write(tmp_path / "large.json.gz", [ITEM]))


def test_a_file_that_is_not_compressed_as_its_name_says_is_refused(tmp_path):
    path = tmp_path / "set.json.gz"
    path.write_text("[]")
    with pytest.raises(DataError, match="cannot be read"):
        sets.read_json(path)


def test_files_are_found_in_directories(tmp_path):
    """Files of other kinds are left out; a path without any is an error."""
    for name in ("b.json", "a.tsf", "notes.txt"):
        (tmp_path / name).touch()
    assert [file.name for file in sets.find_files([tmp_path])] == ["a.tsf", "b.json"]
    for path in (tmp_path / "notes.txt", tmp_path / "nowhere"):
        with pytest.raises(DataError, match="is no file, and no directory"):
            sets.find_files([path])
