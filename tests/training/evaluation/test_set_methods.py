"""Served forecasters and baselines as quantile forecasts."""

import numpy as np
import pytest

from service.errors import InvalidRequest
from service.forecast.context_forecaster import ContextForecaster
from service.forecast.forecaster import Forecast
from service.forecast.intervals import Interval
from tests import fakes
from training.evaluation import set_methods
from training.evaluation.set_scores import SeriesQuery


def query(values, observed=None, horizon=2, season_length=1):
    values = np.array(values, dtype=float)
    return SeriesQuery(values, np.ones(len(values), bool) if observed is None else observed, season_length, horizon)


@pytest.fixture
def forecaster():
    """It continues the level, and has no intervals."""
    return ContextForecaster(fakes.universal_bundle())


def test_a_served_forecaster_gives_its_forecast(forecaster):
    """Without intervals the other quantiles are not numbers."""
    quantiles = set_methods.as_quantiles(forecaster)([query([5.0] * 20), query([7.0] * 20)])
    np.testing.assert_allclose(quantiles[:, :, 4], [[5, 5], [7, 7]])
    assert np.isnan(np.delete(quantiles, 4, axis=2)).all()


def test_more_steps_than_forecasters_give_are_an_error(forecaster):
    with pytest.raises(InvalidRequest):
        set_methods.as_quantiles(forecaster)([query([5.0] * 20, horizon=1_001)])


def test_gaps_are_sent_as_gaps_but_for_the_last():
    """Forecasters refuse readings that end with a gap."""
    observed = np.array([True, False, True, False])
    assert set_methods.readings(query([1, 2, 3, 3], observed)) == [1, None, 3, 3]


def test_readings_with_many_gaps_are_interpolated_before(forecaster):
    """The service refuses them; the median does not change where the readings do not."""
    observed = np.arange(20) % 2 == 0
    quantiles = set_methods.as_quantiles(forecaster)([query([5.0] * 20, observed)])
    assert quantiles[0, :, 4].tolist() == [5, 5]


def test_levels_become_quantiles():
    intervals = [Interval(level, [-level], [level]) for level in (20.0, 40.0, 60.0, 80.0, 95.0)]
    quantiles = set_methods.quantiles(Forecast([0.0], intervals, None, []))
    assert quantiles.tolist() == [[-80, -60, -40, -20, 0, 20, 40, 60, 80, -95, 95]]


def test_a_baseline_is_fitted_to_each_series():
    quantiles = set_methods.from_method("last_value")([query([1, 2, 3]), query([1, 2, 9])])
    assert quantiles[:, :, 4].tolist() == [[3, 3], [9, 9]]
    assert (np.diff(quantiles[:, :, :9], axis=2) > 0).all()


def test_forecasts_of_negated_readings_are_taken_in_reverse():
    """A forecaster that treats both alike forecasts the same with and without."""
    forecast = set_methods.from_method("last_value")
    queries = [query([1, 2, 3]), query([1, 2, 9])]
    np.testing.assert_allclose(set_methods.with_negated(forecast)(queries), forecast(queries))
