"""The forecaster that the service chooses where a request names none, as a quantile forecast of sets.

This is the service's own choice (service/serving/selection.py), without its queues: all candidates are asked, and the
forecast of the one with the least error on the readings is taken.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard
from service.forecast.forecaster import Forecast
from service.interfaces import Array
from service.serving import selection
from service.serving.registry import LoadedForecaster, Registry
from service.serving.selection import Candidate, ForecastOptions, ForecastQuery
from training.evaluation import set_methods
from training.evaluation.set_scores import QuantileForecast, SeriesQuery

FREQUENCIES = {4: "QS", 12: "MS", 52: "W-MON", 7: "D", 24: "h", 48: "30min", 96: "15min", 144: "10min", 1440: "min"}


def load(models_dir: Path) -> QuantileForecast:
    """Load the newest version of every forecaster. Raises BundleError, and ValueError where there is none."""
    paths = [versions[-1] for name in sorted(models_dir.iterdir()) if (versions := bundle.versions(name))]
    paths = [path for path in paths if isinstance(bundle.read(path)[0], ForecastCard)]
    if not paths:
        raise ValueError(f"{models_dir} holds no forecaster")
    no_batcher = cast(Any, None)  # forecasters are called directly
    registry = Registry([LoadedForecaster(set_methods.load(path), no_batcher, "") for path in paths])
    supported = set.intersection(*({*set_methods.levels(m.predictor)} for m in registry.forecasters(None, None)))

    def forecast(queries: list[SeriesQuery]) -> Array:
        options = ForecastOptions(queries[0].horizon, sorted(supported), None, None)
        eligible = selection.find_eligible(registry, options)
        return np.stack(_answers([eligible.candidates(_query(each)) for each in queries]))

    return forecast


def _query(query: SeriesQuery) -> ForecastQuery:
    """Seasons without a frequency are not told: requests tell the season by the frequency."""
    return ForecastQuery(set_methods.readings(query), None, FREQUENCIES.get(query.season_length))


def _answers(candidates: Sequence[list[Candidate]]) -> list[Array]:
    """Every forecaster is asked once, for all series of which it is a candidate."""
    forecasts: list[list[Forecast | None]] = [[None] * len(each) for each in candidates]
    by_model: dict[int, list[tuple[int, int]]] = {}
    for row, each in enumerate(candidates):
        for column, candidate in enumerate(each):
            by_model.setdefault(id(candidate.model), []).append((row, column))
    for places in by_model.values():
        predictor = candidates[places[0][0]][places[0][1]].model.predictor
        answers = predictor.predict([candidates[row][column].series for row, column in places])
        for (row, column), answer in zip(places, answers, strict=True):
            forecasts[row][column] = answer
    chosen = []
    for each, answers_of_row in zip(candidates, forecasts, strict=True):
        known = [answer for answer in answers_of_row if answer is not None]
        chosen.append(set_methods.quantiles(known[selection.select(each, known)]))
    return chosen
