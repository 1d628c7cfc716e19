"""The benchmark of cross-validation: windows, their errors, which series are taken, and the table."""

import json
from typing import Any

import numpy as np
import pytest

from benchmarks import cross_validation
from benchmarks.cross_validation import __main__ as command
from benchmarks.cross_validation.task import Task, made_up, read_series

YEARS = [float(month % 12) for month in range(60)]
TASK = Task([YEARS, [10 * value for value in YEARS]], horizon=6, windows=3, step=4)


def test_windows_end_with_the_series():
    """They take the last readings, and overlap if the step is shorter than the horizon."""
    assert TASK.before == 14
    assert TASK.actual()[0].tolist() == [YEARS[46:52], YEARS[50:56], YEARS[54:60]]


def test_errors_are_scaled_by_those_of_the_seasonal_naive_forecast():
    """So a unit of the series does not matter."""
    series = [[value + (month // 12) for month, value in enumerate(YEARS)]]
    task = Task([series[0], [3 * value for value in series[0]]], 12, 1, 12)
    assert task.mase(task.seasonal_naive()) == {"mean": pytest.approx(1), "median": pytest.approx(1)}
    perfect = task.actual().ravel().tolist()
    assert task.mase(perfect)["mean"] == 0


def test_the_naive_forecast_knows_only_what_is_before_its_window():
    medians = np.array(TASK.seasonal_naive()).reshape(2, 3, 6)
    assert medians[0, 0].tolist() == YEARS[34:40]


def test_series_that_are_short_or_miss_readings_are_left_out(tmp_path):
    """Those that are taken are spread over the file."""
    items: list[dict[str, Any]] = [
        {"id": str(n), "set": "a", "m": 12, "h": 2, "y": [n + month % 12 for month in range(40)]} for n in range(10)
    ]
    items[0]["y"] = items[0]["y"][:20]
    items[1]["y"][5] = None
    items += [{"id": "day", "set": "b", "m": 7, "h": 2, "y": list(range(50))}]
    file = tmp_path / "sets.json"
    file.write_text(json.dumps(items))
    assert [each[0] for each in read_series([file], 4, 30, 6)] == [2, 4, 6, 8]
    with pytest.raises(SystemExit, match="only 8 monthly series"):
        read_series([file], 9, 30, 6)


def test_made_up_series_are_the_same_every_time():
    assert made_up(3, 40) == made_up(3, 40)
    assert {len(each) for each in made_up(3, 40)} == {100}


def test_a_run_compares_round_by_round_and_writes_its_figures(tmp_path, monkeypatch, capsys):
    """Ratios are those within a round; a round's order is that of the sides."""
    seconds = iter([1.0, 20.0, 5.0, 2.0, 60.0, 8.0])
    monkeypatch.setattr(command, "ServerProcess", FakeServer)
    monkeypatch.setattr(
        command, "run_side", lambda side, file, url: answer(json.loads(file.read_text()), next(seconds))
    )
    out = tmp_path / "result.json"
    command.main(["--series", "2", "--windows", "2", "--repeats", "2", "--out", str(out)])
    sides = json.loads(out.read_text())["sides"]
    assert {side: each["times_ours"] for side, each in sides.items()} == {
        "nixtla": 1,
        "auto_ets": 25,
        "auto_ets_once": 4.5,
    }
    assert "AutoETS, fitted to each window" in capsys.readouterr().out


class FakeServer:
    port = 1

    def __init__(self, *arguments, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *arguments):
        pass


def answer(task, seconds):
    return {"seconds": seconds, "medians": [0.0] * (len(task["series"]) * task["windows"] * task["horizon"])}


def test_each_side_runs_in_its_own_environment(monkeypatch, tmp_path):
    """A side that fails says why."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text('#!/bin/sh\necho noise\necho \'{"seconds": 1, "medians": []}\'\n')
    python.chmod(0o755)
    monkeypatch.setattr(command, "SIDES", {"nixtla": tmp_path})
    monkeypatch.setattr(command, "CORES", "0")
    assert command.run_side("nixtla", tmp_path, "http://x") == {"seconds": 1, "medians": []}
    python.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    with pytest.raises(SystemExit, match="broken"):
        command.run_side("nixtla", tmp_path, "http://x")


def test_the_peers_script_needs_no_package_of_the_repository():
    """It runs in environments that have none of them."""
    text = command.PEERS.read_text("utf-8")
    assert not any(f"import {name}" in text or f"from {name}" in text for name in ("service", "benchmarks", "training"))
    assert cross_validation.__doc__ is not None
