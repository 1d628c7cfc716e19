"""The comparison of the default with `universal`."""

import gzip
import json

import numpy as np
import pytest

from benchmarks import selection
from benchmarks.selection import Series, Tally
from tests.processes import ROOT


def test_series_are_read_from_directories_and_files(tmp_path):
    (tmp_path / "a.csv").write_text("date,value\n2020-01-01,1.5\n2020-02-01,NA\n2020-03-01,2\n")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps([{"id": "b", "y": [1, None, 3]}]).encode()))
    series = [*selection.read(tmp_path), *selection.read(tmp_path / "b.json.gz")]
    assert [(each.name, each.readings.tolist()) for each in series] == [("a", [1.5, 2.0]), ("b", [1.0, 3.0])]


def test_windows_without_a_network_count_as_equal():
    tally = Tally()
    for ratio in (None, None, 4.0):
        tally.add("a", ratio)
    assert str(tally) == (
        "3 windows, 1 by a network of one series ['a']; default over universal 1.5874, worst error over universal's 4.000"
    )


def test_the_shipped_models_are_asked_at_every_cut(tmp_path):
    series = Series("noise", np.random.default_rng(0).normal(100, 9, 60))
    (tmp_path / "noise.csv").write_text("date,value\n" + "\n".join(f"d,{value}" for value in series.readings))
    selection.main(["--data", str(tmp_path), "--models-dir", str(ROOT / "models"), "--every", "12"])


@pytest.mark.parametrize("path", ["nowhere", "nowhere.json"])
def test_what_is_not_there_holds_no_series(tmp_path, path):
    assert list(selection.read(tmp_path / path)) == []
