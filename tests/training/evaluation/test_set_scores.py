"""Scores of forecasters on sets of series."""

import numpy as np
import pytest

from training.data.sets import SeriesSet, SetSeries
from training.evaluation import set_scores
from training.evaluation.set_scores import SeriesQuery

NAN = np.nan


def one_set(*readings, season_length=1, horizon=2, lag=None):
    series = [SetSeries(str(i), np.array(values, dtype=float)) for i, values in enumerate(readings)]
    return SeriesSet("s", season_length, horizon, lag or season_length, series)


def constant(value, width=9):
    """A forecaster that is sure of one value."""
    return lambda queries: np.full((len(queries), queries[0].horizon, width), value)


def test_mase_is_a_mean_of_ratios():
    """The naive forecast errs by 1 and by 2 inside these series; the forecast 3 errs by 1, 2 and by 3, 5."""
    found = one_set([1, 2, 3, 4, 5], [0, 2, 4, 6, 8])
    (row,) = set_scores.score_sets(constant(3.0), [found])
    assert row.mase == pytest.approx((1.5 / 1 + 4 / 2) / 2)
    assert row.naive_mase == pytest.approx((1.5 + 3 / 2) / 2)
    assert row.ratio == pytest.approx(row.mase / row.naive_mase)


def test_wql_of_a_point_is_its_error_over_the_readings():
    """With all quantiles equal, the mean of the quantile losses is half of the absolute error."""
    (row,) = set_scores.score_sets(constant(3.0), [one_set([1, 2, 3, 4, 5])])
    assert row.wql == pytest.approx((1 + 2) / (4 + 5))
    assert row.coverage_80 == 0
    assert np.isnan(row.coverage_95)


def test_missing_readings_count_nowhere():
    found = one_set([1, 2, NAN, 4, 5, 7, NAN])
    (row,) = set_scores.score_sets(constant(4.0), [found])
    assert row.mase == pytest.approx(3 / 1)
    assert row.wql == pytest.approx(3 / 7)


def test_a_series_that_never_changes_has_no_mase():
    (row,) = set_scores.score_sets(constant(3.0), [one_set([1, 1, 1, 2, 3], [1, 2, 3, 4, 5])])
    assert row.unscaled == 1
    assert row.mase == pytest.approx(1.5)


def test_a_forecaster_is_told_what_comes_before_the_test_part():
    """Gaps are interpolated and marked; missing readings at the beginning are left out, and the context is cut."""
    asked = []

    def forecast(queries):
        asked.extend(queries)
        return np.zeros((len(queries), 2, 9))

    found = one_set([NAN, 1, NAN, 3, 4, NAN, 6, 7], season_length=3)
    set_scores.score_set(forecast, found)
    set_scores.score_set(forecast, found, context=2)
    whole, cut = asked
    assert whole.values.tolist() == [1, 2, 3, 4, 4]
    assert whole.observed.tolist() == [True, False, True, True, False]
    assert (whole.season_length, whole.horizon, cut.values.tolist()) == (3, 2, [4, 4])


def test_series_are_asked_in_batches():
    sizes = []

    def forecast(queries):
        sizes.append(len(queries))
        return np.zeros((len(queries), 2, 9))

    found = one_set(*[[1, 2, 3, 4, 5]] * 5)
    set_scores.score_sets(forecast, [found], batch=2)
    set_scores.score_sets(forecast, [found], batch=2, limit=1)
    assert sizes == [2, 2, 1, 1]


def test_the_naive_forecast_repeats_the_last_known_season():
    """A missing reading is replaced by the one a season before; the quantiles are symmetric and widen by the season."""
    observed = np.array([True, True, True, False])
    query = SeriesQuery(np.array([1.0, 5.0, 2.0, 2.0]), observed, 2, 3)
    (forecast,) = set_scores.seasonal_naive([query])
    assert forecast[:, 4].tolist() == [2, 5, 2]
    assert forecast[:, 0] + forecast[:, 8] == pytest.approx(2 * forecast[:, 4])
    assert (forecast[2, 8] - forecast[2, 4]) / (forecast[0, 8] - forecast[0, 4]) == pytest.approx(np.sqrt(2))


def test_the_lag_may_differ_from_the_season():
    """Then the naive forecast repeats the last reading."""
    (row,) = set_scores.score_sets(constant(9.0), [one_set([1, 2, 3, 4, 5, 6], season_length=7, lag=1)])
    assert row.naive_mase == pytest.approx(1.5)


def test_intervals_at_95_percent_are_measured_where_there_are_any():
    wide = np.concatenate([np.full((1, 2, 9), 4.0), [[[0.0, 4.5]] * 2]], axis=2)
    (row,) = set_scores.score_sets(lambda queries: wide, [one_set([1, 2, 3, 4, 5])])
    assert (row.coverage_80, row.coverage_95) == (0.5, 0.5)


def test_a_forecaster_without_intervals_has_mase_only():
    point = np.full((1, 2, 11), NAN)
    point[:, :, set_scores.MEDIAN] = 4.0
    (row,) = set_scores.score_sets(lambda queries: point, [one_set([1, 2, 3, 4, 5])])
    assert row.mase == pytest.approx(0.5)
    assert np.isnan([row.wql, row.coverage_80, row.coverage_95]).all()


@pytest.mark.parametrize("forecast", [np.zeros((1, 3, 9)), np.zeros((1, 2, 10)), np.full((1, 2, 9), NAN)])
def test_what_is_no_forecast_is_refused(forecast):
    with pytest.raises(ValueError, match=r"forecasts have shape|not a finite number"):
        set_scores.score_sets(lambda queries: forecast, [one_set([1, 2, 3, 4, 5])])
