"""The forecaster that the service chooses where a request names none, as a quantile forecast of sets.

This is the service's own choice (service/serving/selection.py), without its queues.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard
from service.interfaces import Array
from service.serving import selection
from service.serving.registry import LoadedForecaster, Registry
from service.serving.selection import ForecastOptions, ForecastQuery, PreparedQuery
from training.evaluation import served, set_methods
from training.evaluation.set_scores import QuantileForecast, SeriesQuery

FREQUENCIES = {4: "QS", 12: "MS", 52: "W-MON", 7: "D", 24: "h", 48: "30min", 96: "15min", 144: "10min", 1440: "min"}


def load(models_dir: Path) -> QuantileForecast:
    """Load the newest version of every forecaster. Raises BundleError, and ValueError where there is none."""
    paths = [versions[-1] for name in sorted(models_dir.iterdir()) if (versions := bundle.versions(name))]
    paths = [path for path in paths if isinstance(bundle.read(path)[0], ForecastCard)]
    if not paths:
        raise ValueError(f"{models_dir} holds no forecaster")
    no_batcher = cast(Any, None)  # forecasters are called directly
    registry = Registry([LoadedForecaster(served.load(path), no_batcher, "") for path in paths])
    supported = set.intersection(*({*set_methods.levels(m.predictor)} for m in registry.forecasters(None, None)))

    def forecast(queries: list[SeriesQuery]) -> Array:
        options = ForecastOptions(queries[0].horizon, sorted(supported), None, None)
        eligible = selection.find_eligible(registry, options)
        return np.stack(_answers([eligible.choose(_query(each)) for each in queries]))

    return forecast


def _query(query: SeriesQuery) -> ForecastQuery:
    """Seasons without a frequency are not told: requests tell the season by the frequency."""
    return ForecastQuery(set_methods.readings(query), None, FREQUENCIES.get(query.season_length))


def _answers(chosen: Sequence[PreparedQuery]) -> list[Array]:
    """Every forecaster is asked once, for all series that it was chosen for."""
    by_model: dict[int, list[int]] = {}
    for row, each in enumerate(chosen):
        by_model.setdefault(id(each.model), []).append(row)
    answers: list[Array] = [np.empty(0)] * len(chosen)
    for rows in by_model.values():
        forecasts = chosen[rows[0]].model.predictor.predict([chosen[row].series for row in rows])
        for row, forecast in zip(rows, forecasts, strict=True):
            answers[row] = set_methods.quantiles(forecast)
    return answers
