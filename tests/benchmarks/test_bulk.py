"""What bulk is measured with: inputs that are always the same, and the memory of a process."""

import os
import subprocess
import sys

from benchmarks import bulk
from benchmarks.bulk import READINGS, WORDS, parse_options, readings, text, tree_mb, write_input


def test_inputs_are_always_the_same():
    """Texts differ, and series have their length."""
    assert text(3) == text(3) != text(4)
    assert len(text(3).split()) == WORDS + 1
    assert len(readings(1)) == READINGS


def test_a_file_has_a_row_for_each_text_or_reading(tmp_path):
    write_input(tmp_path / "texts.csv", "texts", 3)
    write_input(tmp_path / "series.csv", "series", 2)
    assert len((tmp_path / "texts.csv").read_text().splitlines()) == 4
    assert (tmp_path / "series.csv").read_text().splitlines()[1] == f"s0000000,2018-01-01,{readings(0)[0]}"
    assert len((tmp_path / "series.csv").read_text().splitlines()) == 1 + 2 * READINGS


def test_memory_counts_children():
    """A process that has a child needs more than alone."""
    alone = tree_mb(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "print(1, flush=True); input()"], stdin=-1, stdout=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert tree_mb(os.getpid()) > alone + 1
        child.communicate(b"\n")


def test_a_measurement_has_ratios_and_memory(monkeypatch, tmp_path):
    """With runs that are made up: less the start, twice the speed of the engine in time, and equal in processor time."""
    runs = iter([bulk.Run(1, 1, []), bulk.Run(6, 11, [100.0, 110.0, 105.0])])
    monkeypatch.setattr(bulk, "engine_speed", lambda *_: bulk.Speed(10, 10))
    monkeypatch.setattr(bulk, "bulk", lambda *_: next(runs))
    result = bulk.measure("texts", parse_options(["--texts", "100", "--rounds", "1", "--out", str(tmp_path)]))
    assert (result["ratio"], result["cpu_ratio"], result["peaks_mb"]) == (2.0, 1.0, [100.0, 110.0])
