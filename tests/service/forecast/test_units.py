"""A series in a unit of its own."""

import numpy as np
import pytest

from service.forecast.bounds import Bounds
from service.forecast.forecaster import Forecast, PreparedSeries
from service.forecast.intervals import Interval
from service.forecast.units import in_own_unit, in_unit, unit_of


@pytest.mark.parametrize("largest", [5e-324, 1e-300, 0.3, 1.0, 3.0, 1e12, 1e150, 1.7e308])
def test_the_unit_is_a_power_of_two_near_the_largest_reading(largest):
    unit = unit_of(np.array([0.0, np.nan, -largest]))
    assert 1 <= largest / unit < 2
    assert np.frexp(unit)[0] == 0.5


def test_readings_of_zeros_have_a_unit_too():
    assert unit_of(np.zeros(3)) > 0


def test_a_series_and_its_bounds_are_in_one_unit_and_the_forecast_in_the_old_one():
    unit, item = in_own_unit(PreparedSeries([3.0, -6.0], 1, 1, True, [], bounds=Bounds(-8)))
    assert (unit, list(item.readings), item.bounds) == (4, [0.75, -1.5], Bounds(-2))
    forecast = in_unit(unit, Forecast([0.5], [Interval(80, [0.25], [1.0])], None, []))
    assert (forecast.values, forecast.intervals) == ([2], [Interval(80, [1], [4])])
