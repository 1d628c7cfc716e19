"""Rolling-origin backtest on the client's readings."""

import numpy as np
import pytest

from service.forecast.backtest import Backtest, Backtests, rolling_backtest


def test_forecasts_are_compared_with_the_season_before():
    """Readings that were missing are left out."""
    values = np.arange(20.0)
    observed_mask = [i != 15 for i in range(20)]
    backtest = rolling_backtest(values, observed_mask, [14, 15, 16], np.full((3, 3), 14.0), 4)
    assert backtest.actual[0].tolist()[0] == 14
    assert np.isnan(backtest.actual[0, 1])
    assert backtest.naive[0].tolist() == [10, 11, 12]
    assert backtest.errors[1, 1] == 2
    skill = backtest.skill(3)
    assert skill is not None
    assert skill["origins"] == 3
    assert rolling_backtest(values, None, [18], np.full((1, 3), 14.0), 4).skill(3) is None  # two errors are too few


def test_skill_is_the_ratio_of_errors_on_the_same_targets():
    values = np.arange(30.0)
    origins = range(18, 28)
    forecasts = np.array([values[origin : origin + 2] + 1 for origin in origins])
    skill = rolling_backtest(values, None, origins, forecasts, 4).skill(2)
    assert skill is not None
    assert skill["ratio"] == pytest.approx(0.25)
    assert (skill["measured_on"], skill["origins"]) == ("readings", 10)


def test_a_naive_forecast_without_errors_has_no_ratio():
    """A series that repeats exactly cannot be beaten."""
    values = np.tile([1.0, 2.0], 10)
    skill = rolling_backtest(values, None, range(10, 16), np.zeros((6, 2)), 2).skill(2)
    assert skill is not None
    assert skill["ratio"] is None


def test_a_naive_forecast_from_before_the_first_reading_is_unknown():
    backtest = rolling_backtest(np.arange(6.0), None, [2, 4], np.zeros((2, 1)), 4)
    assert np.isnan(backtest.naive[0, 0])
    assert backtest.naive[1, 0] == 0


def test_the_skill_of_a_series_does_not_depend_on_the_others():
    """One has a gap, one repeats exactly, one has too few errors."""
    rng = np.random.default_rng(0)
    actual, naive, forecast = rng.normal(size=(3, 4, 2, 3))
    actual[1, 0, 1] = np.nan
    naive[2] = actual[2]
    actual[3, :, 1:] = np.nan
    skills = Backtests(actual, naive, forecast, [1, 1, 4, 1]).skills()
    for index, length in enumerate([1, 1, 4, 1]):
        assert Backtest(actual[index], forecast[index], naive[index], length).skill(3) == skills[index]
    assert [each and each["ratio"] is not None for each in skills] == [True, True, False, None]
