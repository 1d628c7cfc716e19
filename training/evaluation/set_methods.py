"""Served forecasters and baselines as quantile forecasts of set_scores.py."""

from collections.abc import Sequence

import numpy as np

from service.errors import MissingReadings
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries
from service.interfaces import Array
from training.evaluation import baselines, served
from training.evaluation.rolling import Method
from training.evaluation.set_scores import DECILES, HIGH, MEDIAN, OUTER, QuantileForecast, SeriesQuery

LEVELS = (20.0, 40.0, 60.0, 80.0)  # their ends are the deciles but for the median
OUTER_LEVEL = 95.0
MOST_READINGS = 8192  # a forecaster gets no more, and reads what it needs of them


def as_quantiles(forecaster: Forecaster) -> QuantileForecast:
    """Return the forecasts that the service would give, with the season told; NaN for levels that are not supported.

    The forecast raises InvalidRequest for a set that asks for more steps than forecasters give.
    """
    supported = levels(forecaster)

    def forecast(queries: list[SeriesQuery]) -> Array:
        prepared = [_prepare(forecaster, each, supported) for each in queries]
        return np.stack([quantiles(each) for each in forecaster.predict(prepared)])

    return forecast


def levels(forecaster: Forecaster) -> tuple[float, ...]:
    """Return those levels of LEVELS and OUTER_LEVEL that a forecaster has intervals for."""
    return tuple(level for level in (*LEVELS, OUTER_LEVEL) if served.is_supported(forecaster, level))


def readings(query: SeriesQuery) -> list[float | None]:
    """Return the last readings as a caller would send them: None where one is missing, but for the last ones.

    Forecasters refuse readings that end with a gap; there the caller must say what to think of it.
    """
    values, observed = query.values[-MOST_READINGS:], query.observed[-MOST_READINGS:].copy()
    last = len(observed) - 1 - int(np.argmax(observed[::-1]))
    observed[last:] = True
    observed[0] = True
    return [value if known else None for value, known in zip(values.tolist(), observed.tolist(), strict=True)]


def _prepare(forecaster: Forecaster, query: SeriesQuery, supported: Sequence[float]) -> PreparedSeries:
    """Where too many readings are missing for the service, they are interpolated before."""
    try:
        return forecaster.prepare(readings(query), query.horizon, supported, query.season_length)
    except MissingReadings:
        values = query.values[-MOST_READINGS:].tolist()
        return forecaster.prepare(values, query.horizon, supported, query.season_length)


def quantiles(forecast: Forecast) -> Array:
    """Return the quantiles of one forecast, (horizon, 11)."""
    values = np.full((len(forecast.values), len(DECILES) + len(OUTER)), np.nan)
    values[:, MEDIAN] = forecast.values
    for level, lower, upper in forecast.intervals:
        low, high = columns(level)
        values[:, low], values[:, high] = lower, upper
    return values


def columns(level: float) -> tuple[int, int]:
    """Return the columns of a level's ends in quantiles (…, 11)."""
    if level == OUTER_LEVEL:
        return -2, -1
    low = round((1 - level / 100) / 2 * (len(DECILES) + 1)) - 1
    return low, HIGH - low


def from_method(name: str, n_jobs: int = 1) -> QuantileForecast:
    """Return a baseline of baselines.py, fitted to each series. It gets the interpolated readings."""

    def forecast(queries: list[SeriesQuery]) -> Array:
        season_length, horizon = queries[0].season_length, queries[0].horizon
        method: Method = baselines.method(name, season_length, n_jobs=n_jobs)
        predicted = method([query.values for query in queries], horizon, (*LEVELS, OUTER_LEVEL))
        values = np.full((len(queries), horizon, len(DECILES) + len(OUTER)), np.nan)
        values[:, :, MEDIAN] = predicted.point
        for level, lower, upper in zip(predicted.levels, predicted.lower, predicted.upper, strict=True):
            low, high = columns(level)
            values[:, :, low], values[:, :, high] = lower, upper
        return values

    return forecast


def with_negated(forecast: QuantileForecast) -> QuantileForecast:
    """Return the mean of the forecasts of each series and of its negation, whose quantiles are taken in reverse."""

    def both(queries: list[SeriesQuery]) -> Array:
        plain = forecast(queries)
        negated = -forecast([query._replace(values=-query.values) for query in queries])
        order = [*range(HIGH, -1, -1), *((10, 9) if negated.shape[2] > len(DECILES) else ())]
        mean: Array = (plain + negated[:, :, order]) / 2
        return mean

    return both
