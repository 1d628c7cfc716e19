"""The statistical methods of the ranking, and how their cost is bounded."""

import sys

import numpy as np
import pytest

from training.evaluation import baselines
from training.evaluation.rolling import Predictions
from training.forecast.measuring import backtests, splits, statistical


def test_without_statsforecast_theta_alone_is_measured(monkeypatch):
    """The remark names the command that has it."""
    monkeypatch.setattr(statistical, "is_installed", lambda: False)
    names, remarks = statistical.select(12)
    assert names == ["theta"]
    assert "make train-forecast" in remarks[0]


def test_a_long_season_leaves_arima_out(monkeypatch):
    """A fit takes minutes there. Without a season there is nothing for MSTL."""
    monkeypatch.setattr(statistical, "is_installed", lambda: True)
    assert statistical.select(12) == (["ets", "arima", "mstl_log", "theta"], [])
    names, remarks = statistical.select(48)
    assert names == ["ets", "mstl_log", "theta"]
    assert "arima is left out" in remarks[0]
    names, remarks = statistical.select(288)
    assert names == ["mstl_log", "theta"]
    assert "ets and arima are left out" in remarks[0]
    assert statistical.select(1)[0] == ["ets", "arima", "theta"]


def test_the_season_decides_among_the_methods_that_are_wanted():
    """The same rule holds for several series."""
    names, remarks = statistical.for_season(("arima", "theta"), 168)
    assert names == ["theta"]
    assert "takes minutes" in remarks[0]
    assert statistical.for_season(("theta",), 168) == (["theta"], [])
    assert statistical.for_season(("mstl_log", "ets"), 1) == (["ets"], [])


def test_an_import_that_is_blocked_is_no_statsforecast(monkeypatch):
    """find_spec raises for a module that is None."""
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    assert not statistical.is_installed()


def test_the_baseline_has_the_name_of_what_it_does():
    """Without a season it repeats the last value."""
    assert (baselines.naive_name(12), baselines.naive_name(1)) == ("seasonal_naive", "last_value")


def test_a_method_reads_the_last_readings_alone():
    """500, or five seasons if those are more: what is before changes nothing."""
    rng = np.random.default_rng(0)
    readings = rng.normal(100, 5, 1_500)
    changed = np.concatenate([readings[:900] * 3, readings[900:]])
    method = statistical.method("theta", 12)
    assert method([readings], 3, (80.0,)).point == pytest.approx(method([changed], 3, (80.0,)).point)


def test_every_fold_has_one_fit_and_the_test_set_three():
    """A statistic is fitted as rarely as a network, and gets no reading after an origin."""
    split = splits.split(200, 12, 3, 50, 12)
    asked: list[int] = []

    def make(refit_every):
        asked.append(refit_every)

        def method(histories, steps, levels):
            point = np.stack([np.full(steps, history[-1]) for history in histories])
            return Predictions(point, (), np.empty((0, *point.shape)), np.empty((0, *point.shape)))

        return method

    readings = np.arange(200.0)
    measured = backtests.measure("last", "statistic", make, readings, split)
    assert asked == [len(fold.origins) for fold in split.folds] + [17]
    assert measured.folds.predicted.point[:, 0].tolist() == [origin - 1.0 for origin in split.fold_origins]
    assert backtests.rmse_by_step(measured.folds) == pytest.approx([1.0, 2.0, 3.0])
    assert np.nanmax(measured.folds.actual) < split.train_size


def test_no_history_is_longer_than_forecasters_read():
    """The readings of a long series are not copied for every origin."""
    lengths: list[int] = []

    def method(histories, steps, levels):
        lengths.extend(len(history) for history in histories)
        point = np.zeros((len(histories), steps))
        return Predictions(point, (), np.empty((0, *point.shape)), np.empty((0, *point.shape)))

    backtests.rolling_backtest(np.zeros(10_000), [100, 9_000], 2, method)
    assert lengths == [100, backtests.MAX_HISTORY]


@pytest.mark.parametrize("name", ["ets", "arima", "mstl_log"])
def test_statsforecasts_methods_are_measured_where_it_is_installed(name):
    """Fits are kept between origins and give intervals of both levels."""
    pytest.importorskip("statsforecast")
    from functools import partial

    t = np.arange(80)
    readings = 100 + t / 2 + 8 * np.sin(t * np.pi / 2) + np.random.default_rng(0).normal(0, 1, 80)
    split = splits.split(80, 4, 4, None, 12)
    measured = backtests.measure(name, "statistic", partial(statistical.method, name, 4), readings, split)
    assert measured.folds.predicted.levels == (80, 95)
    assert measured.fold_rmse < 5
