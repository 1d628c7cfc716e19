"""Units of a series: a power of two near its largest reading, so that nothing overflows or vanishes when it is squared.

Dividing by a power of two loses nothing.
"""

import numpy as np

from ..interfaces import Array
from .bounds import NO_BOUNDS, Bounds
from .forecaster import Forecast, PreparedSeries
from .intervals import Interval


def unit_of(values: Array) -> float:
    """Return the greatest power of two that the largest of the values holds; NaN is left out."""
    return float(np.ldexp(1.0, np.frexp(np.fmax.reduce(np.abs(values)))[1] - 1))


def in_own_unit(item: PreparedSeries) -> tuple[float, PreparedSeries]:
    """Return the unit of a series, and the series in that unit."""
    readings = np.asarray(item.readings)
    unit = unit_of(readings)
    bounds = item.bounds if item.bounds == NO_BOUNDS else Bounds(*(bound / unit for bound in item.bounds))
    return unit, item._replace(readings=readings / unit, bounds=bounds)


def in_unit(unit: float, forecast: Forecast) -> Forecast:
    """Return a forecast that was made in a unit in the units of the readings."""
    intervals = [
        Interval(level, [unit * bound for bound in lower], [unit * bound for bound in upper])
        for level, lower, upper in forecast.intervals
    ]
    return forecast._replace(values=[unit * value for value in forecast.values], intervals=intervals)
