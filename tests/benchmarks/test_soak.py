"""When a soak test has passed, and how it measures the growth of memory."""

import pytest

from benchmarks.soak import Observations, is_passed

GOOD = {"load": {"lost": 0, "unsent": 0, "answered": {"200": 9}}, "reloads": [{"status": 200}], "alive": True}


def test_nothing_lost_and_every_reload_done_is_a_pass():
    assert is_passed(GOOD)


@pytest.mark.parametrize(
    "change",
    [
        {"load": GOOD["load"] | {"lost": 1}},
        {"load": GOOD["load"] | {"unsent": 1}},
        {"load": GOOD["load"] | {"answered": {"200": 9, "503": 1}}},
        {"reloads": [{"status": 200}, {"status": 500}]},
        {"alive": False},
    ],
)
def test_one_fault_of_any_kind_is_a_failure(change):
    assert not is_passed(GOOD | change)


def test_growth_is_measured_after_the_first_minute():
    memory = [{"s": float(s), "mb": 100.0 + (50 if s < 60 else s / 60)} for s in range(0, 181, 10)]
    growth = Observations(memory=memory).growth()
    assert growth == {"from_mb": 101.0, "to_mb": 103.0, "mb": 2.0, "mb_per_hour": 60.0}


def test_a_run_of_less_than_a_minute_has_no_growth():
    assert Observations(memory=[{"s": 0.0, "mb": 1.0}, {"s": 30.0, "mb": 2.0}]).growth() is None
