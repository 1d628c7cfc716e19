"""The baselines: ours by hand, statsforecast's where it is installed (make backtest makes its environment)."""

import sys

import numpy as np
import pytest

from training.evaluation import baselines, rolling

T = np.arange(60)
SERIES = 100 + T / 2 + 8 * np.sin(T * np.pi / 2) + np.random.default_rng(0).normal(0, 1, 60)  # a season of 4
HISTORIES = [SERIES[:t] for t in (50, 51, 52)]


def test_the_naive_interval_by_hand():
    """Differences of ±2 have a deviation of 2; the second season is √2 times as uncertain."""
    history = np.array([0.0, 2.0, 0.0, 2.0])
    found = baselines.naive([history], 2, [95], season=1)
    half = 1.959964 * 2 * np.sqrt([1, 2])
    assert found.upper[0, 0] == pytest.approx(2 + half)
    assert found.lower[0, 0] == pytest.approx(2 - half)


def test_words_stand_for_groups_and_keep_one_order():
    assert baselines.chosen(["ets", "naive"]) == ("last_value", "seasonal_naive", "ets")
    assert baselines.chosen(["none"]) == ()
    assert baselines.chosen(["all"]) == baselines.ALL
    with pytest.raises(ValueError, match="no baseline is named 'prophet'"):
        baselines.chosen(["prophet"])


def test_the_mean_is_that_of_points_and_of_both_ends():
    one = baselines.naive([SERIES], 3, [80], season=1)
    other = baselines.naive([SERIES], 3, [80], season=4)
    found = baselines.mean([one, other])
    assert found.point == pytest.approx((one.point + other.point) / 2)
    assert found.lower == pytest.approx((one.lower + other.lower) / 2)


def test_a_missing_package_is_told_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(baselines.BaselineMissing, match="statsforecast is not installed"):
        baselines.method("ets", 4)(HISTORIES, 3, [80])


@pytest.mark.parametrize("name", [*baselines.FITTED])
def test_a_fitted_baseline_gives_ordered_bands_and_never_sees_the_future(name):
    """Other readings after an origin change nothing; bands hold the point, the wider level the narrower."""
    pytest.importorskip("statsforecast")
    one = baselines.method(name, 4)
    found = one(HISTORIES[:1], 5, [95, 80])
    assert found.levels == (80, 95)
    assert found.lower.shape == (2, 1, 5)
    assert (found.lower[1] <= found.lower[0]).all()
    assert (found.lower[0] < found.upper[0]).all()
    assert np.abs(found.point - SERIES[50:55]).mean() < 8
    changed = np.concatenate([SERIES[:50], np.full(10, 1e6)])
    assert rolling.rolling_backtest(changed, [50], 5, [95, 80], one).predicted.point == pytest.approx(found.point)


def test_a_kept_fit_is_brought_up_to_each_origin():
    pytest.importorskip("statsforecast")
    kept = baselines.method("ets", 4, refit_every=3)(HISTORIES, 4, [80])
    anew = baselines.method("ets", 4)(HISTORIES, 4, [80])
    assert kept.point[0] == pytest.approx(anew.point[0])
    assert kept.point[2] == pytest.approx(anew.point[2], rel=0.05)


def test_the_logarithm_is_left_where_a_reading_is_not_positive():
    pytest.importorskip("statsforecast")
    shifted = [SERIES[:50] - 110]
    on_log, raw = (baselines.method(name, 4)(shifted, 4, [80]) for name in ("mstl_log", "mstl"))
    assert (on_log.point == raw.point).all()
