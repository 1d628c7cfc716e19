"""Rolling-origin backtests: a method gets the past alone, and its answer is checked."""

import numpy as np
import pytest

from tests.predictions import without_intervals
from training.evaluation import rolling
from training.evaluation.rolling import Predictions

SERIES = np.arange(60, dtype=float)


def test_targets_after_the_end_are_missing_and_part_leaves_their_origins_out():
    def last_value(histories, steps, levels):
        return without_intervals(rolling.seasonal_naive(1)(histories, steps))

    backtest = rolling.rolling_backtest(SERIES, range(55, 60), 3, (), last_value)
    assert np.isnan(backtest.actual).sum() == 3
    assert len(backtest.part(1).origins) == 5
    assert backtest.part(3).origins.tolist() == [55, 56, 57]
    assert (backtest.part(3).actual - backtest.part(3).predicted.point == [1, 2, 3]).all()


def test_a_method_gets_the_past_alone_and_cannot_change_the_series():
    lengths = []

    def overwrite(histories, steps, levels):
        for history in histories:
            lengths.append(len(history))
            history[:] = -1
        return without_intervals(np.zeros((len(histories), steps)))

    backtest = rolling.rolling_backtest(SERIES, [50, 52], 3, (), overwrite)
    assert lengths == [50, 52]
    assert backtest.actual[0].tolist() == [50, 51, 52]
    assert SERIES[0] == 0


def test_forecasts_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="not a finite number"):
        rolling.rolling_backtest(SERIES, [50], 1, (), lambda *_: without_intervals(np.array([[np.nan]])))


def test_forecasts_and_intervals_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="forecasts have shape"):
        rolling.rolling_backtest(SERIES, [20], 3, (), lambda *_: without_intervals(np.zeros((1, 1))))
    point, bound = np.zeros((1, 3)), np.zeros((2, 1, 3))
    with pytest.raises(ValueError, match="intervals have shape"):
        rolling.rolling_backtest(SERIES, [20], 3, [80], lambda *_: Predictions(point, (80.0,), bound, bound))


def test_selected_predictions_keep_their_intervals():
    point = np.arange(6.0).reshape(2, 3)
    predictions = Predictions(point, (80.0,), point[np.newaxis] - 1, point[np.newaxis] + 1)
    second = predictions.select(np.array([False, True]), 2)
    assert second.point.tolist() == [[3, 4]]
    assert (second.lower.tolist(), second.upper.tolist()) == ([[[2, 3]]], [[[4, 5]]])


def test_a_backtest_returns_actual_and_forecast_readings():
    def continue_the_line(histories, steps, levels):
        return without_intervals(np.stack([history[-1] + np.arange(1, steps + 1) for history in histories]))

    backtest = rolling.rolling_backtest(SERIES, [20, 25], 3, (), continue_the_line)
    actual, forecast = backtest.actual, backtest.predicted.point
    assert actual.tolist() == forecast.tolist() == [[20, 21, 22], [25, 26, 27]]


def test_the_seasonal_naive_forecast_uses_known_readings_only():
    """Step 13 of a monthly series repeats step 1: the reading at lag 12 is not known."""
    forecast = rolling.seasonal_naive(12)([SERIES], 14)[0]
    assert forecast.tolist() == [*range(48, 60), 48, 49]


def test_without_a_season_the_naive_forecast_is_the_last_reading():
    assert rolling.seasonal_naive(1)([SERIES, SERIES[:5]], 3).tolist() == [[59, 59, 59], [4, 4, 4]]
