"""The benchmark of the front: its options, its servers and its table; nothing is started."""

import pytest

from benchmarks import front


def test_ratios_are_those_of_the_medians_to_echo():
    """One disturbed round changes none of them."""
    echo = [{"rate": 100.0, "cpu_us": 10.0, "p50": 1.0, "p99": 4.0}] * 3
    own = [{"rate": 200.0, "cpu_us": 5.0, "p50": 1.5, "p99": 2.0}] * 2
    disturbed = [{"rate": 1.0, "cpu_us": 900.0, "p50": 90.0, "p99": 900.0}]
    lines = front.table({"forecast": {front.ECHO: echo, front.OWN: own + disturbed}}).splitlines()
    assert lines[2] == "| /forecast, gru | echo | 100 | 1.00 | 10 | 1.00 | 1.00 | 4.00 | 1.00 |"
    assert lines[3] == "| /forecast, gru | gatecast | 200 | 2.00 | 5 | 1.50 | 1.50 | 2.00 | 0.50 |"


def test_another_checkout_is_measured_beside_this_one(tmp_path):
    options = front.parse_options(["--beside", str(tmp_path), "--tasks", "forecast,sentiment"])
    echo, own, beside = front.servers(options, ["forecast", "sentiment"])
    assert list(echo.calls) == list(own.calls) == list(beside.calls) == ["forecast", "sentiment"]
    assert beside.command(1)[:3] == ["env", "-C", str(tmp_path)]
    assert beside.command(1)[3:] == own.command(1)


def test_unknown_tasks_are_refused(capsys):
    with pytest.raises(SystemExit):
        front.parse_options(["--tasks", "forecast,nothing"])
    assert "nothing" in capsys.readouterr().err
