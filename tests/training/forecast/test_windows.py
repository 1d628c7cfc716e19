"""Windows and targets, and the walk over a test part."""

import numpy as np
import pytest

from training.evaluation import metrics as evaluate
from training.evaluation import rolling
from training.forecast import windows

SERIES = np.arange(30, dtype=float)


def test_next_steps_have_a_different_target_for_every_output():
    """A (n, 1) target against 14 outputs would broadcast silently: every column is another reading."""
    x, y = windows.next_steps(SERIES, 15, 14)
    assert (x.shape, y.shape) == ((2, 15, 1), (2, 14))
    assert y[0].tolist() == list(range(15, 29))
    assert x[1, :, 0].tolist() == list(range(1, 16))


def test_partly_known_windows_reach_the_end():
    """The last windows are there too; what comes after the series is not a number."""
    x, y = windows.partly_known(SERIES, 15, 14)
    assert (x.shape, y.shape) == ((15, 15, 1), (15, 14))
    assert y[-1, 0] == 29
    assert np.isnan(y[-1, 1:]).all()
    assert not np.isnan(y[:2]).any()


def test_shifted_targets_are_the_window_one_reading_later():
    x, y = windows.shifted(SERIES, 15)
    assert x.shape == y.shape == (15, 15, 1)
    assert (y - x == 1).all()
    assert y[-1, -1, 0] == 29


def test_a_series_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="hold no window"):
        windows.next_steps(SERIES[:15], 15, 1)


def test_seasonal_naive_never_uses_what_is_not_known_yet():
    """Step 13 of a monthly series repeats step 1: the reading at lag 12 has not happened."""
    forecast = rolling.seasonal_naive(12)([SERIES], 14)[0]
    assert forecast.tolist() == [*range(18, 30), 18, 19]


def test_seasonal_naive_without_a_season_is_the_last_value():
    same = rolling.seasonal_naive(1)([SERIES], 3)
    assert same.tolist() == rolling.last_value([SERIES], 3).tolist() == [[29, 29, 29]]


def test_rolling_gives_a_forecast_nothing_but_the_past():
    seen = []

    def forecast(histories, steps):
        seen.extend(history[-1] for history in histories)
        return np.stack([history[-1] + np.arange(1, steps + 1) for history in histories])

    actual, predicted = rolling.point_backtest(SERIES, [20, 25], 3, forecast)
    assert seen == [19, 24]
    assert (actual == predicted).all()


def test_rolling_refuses_a_forecast_of_another_shape():
    with pytest.raises(ValueError, match="expected"):
        rolling.point_backtest(SERIES, [20], 3, lambda histories, steps: np.zeros((1, 1)))


def test_point_metrics_are_those_of_the_textbook():
    metrics = evaluate.point_metrics(np.array([10.0, 20.0]), np.array([13.0, 16.0]))
    assert metrics == pytest.approx({"rmse": 12.5**0.5, "mae": 3.5, "bias": -0.5, "mape": 25.0})


def test_mape_is_left_out_where_a_reading_is_zero():
    assert "mape" not in evaluate.point_metrics(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
