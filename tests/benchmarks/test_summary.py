"""Medians over rounds."""

import pytest

from benchmarks.summary import summarize
from tests.benchmark_results import closed_loop, result, round_of


def test_rows_are_medians_and_the_fastest_is_first():
    rows = summarize(result(echo=[round_of(900), round_of(1100), round_of(1000)], onnx=[round_of(2000)]), "forecast")
    assert [(row.name, row.rate["16"]) for row in rows] == [("onnx", 2000), ("echo", 1000)]
    assert rows[1].spread == pytest.approx(0.2)


def test_the_peak_is_the_best_rate_over_the_numbers_of_connections():
    measured = round_of(1000)
    measured["paths"]["forecast"]["closed_loop"]["64"] = closed_loop(1500, cpu_us=7.0)
    (row,) = summarize(result(echo=[measured]), "forecast")
    assert (row.peak, row.cpu_us) == (1500, 7.0)


def test_servers_without_the_path_or_without_a_round_are_left_out():
    measured = result(echo=[round_of(1000)], naive=[])
    assert [row.name for row in summarize(measured, "forecast")] == ["echo"]
    assert summarize(measured, "sentiment") == []


def test_other_statuses_and_lost_requests_are_faults():
    """wrk counts responses of 400 and more as errors too (`status`); those count once."""
    measured = round_of(1000)
    measured["paths"]["forecast"]["closed_loop"]["16"] |= {
        "statuses": {"200": 5, "503": 2},
        "errors": {"status": 2, "timeout": 3, "read": 0},
    }
    (row,) = summarize(result(echo=[measured]), "forecast")
    assert row.faults == 5


def test_the_disturbance_is_the_largest_of_all_loads():
    measured = round_of(1000)
    measured["paths"]["forecast"]["open_loop"] = {"latency": {"p50": 1.0, "p99": 9.0}, "disturbed": 0.4}
    (row,) = summarize(result(echo=[measured]), "forecast")
    assert (row.disturbed, row.open_loop) == (0.4, (1.0, 9.0))
