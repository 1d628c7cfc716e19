"""The forecast of what follows the last reading, by the recommended forecaster fitted on all readings."""

from collections.abc import Mapping, Sequence

import numpy as np

from service.forecast.forecaster import Forecaster
from service.interfaces import Array
from training.data.series import Series, future_dates
from training.evaluation import served
from training.evaluation.rolling import Method, Predictions
from training.forecast.measuring import statistical
from training.forecast.measuring.backtests import LEVELS, MAX_HISTORY, weighted
from training.forecast.ranking.comparison import AnySeries
from training.forecast.ranking.recommendation import MEAN
from training.forecast.ranking.rows import Future
from training.networks import universal


def method_of(
    name: str, season_length: int, any_series: AnySeries | None, network: Forecaster | None, parts: Mapping[str, float]
) -> Method:
    """Return the forecaster of a row: the exported network, `universal` as it is, a statistic, or the mean of `parts` (name → share)."""
    if network is not None:
        return served.as_method(network, season_length)
    if name == universal.NAME and any_series is not None:
        return any_series.method(season_length)
    if name != MEAN:
        return statistical.method(name, season_length)
    methods = [method_of(part, season_length, any_series, None, {}) for part in parts]

    def mean(histories: list[Array], steps: int, levels: Sequence[float]) -> Predictions:
        return weighted([method(histories, steps, levels) for method in methods], list(parts.values()))

    return mean


def forecast(name: str, method: Method, series: Series, steps: int) -> Future:
    """Forecast the steps after the last reading."""
    with np.errstate(all="ignore"):
        predicted = method([series.readings[-MAX_HISTORY:]], steps, LEVELS)
    return Future(
        name=name,
        dates=future_dates(series, steps),
        point=predicted.point[0],
        levels=predicted.levels,
        lower=predicted.lower[:, 0],
        upper=predicted.upper[:, 0],
    )
