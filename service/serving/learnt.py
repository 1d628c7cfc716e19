"""The networks of learnt series, where a request names no forecaster: which of them, if any, is to answer.

A network answers if the readings beyond doubt continue the series that it has learnt, and if it was better than the
forecaster of any series on readings that neither had learnt. The card says both; no model is called to find out.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from ..artifacts.card import ForecastCard
from ..forecast.dates.timestamps import is_same_frequency
from ..forecast.forecaster import Forecaster
from ..interfaces import Array
from .registry import LoadedForecaster

Rule = Literal["learnt_series", "any_series", "no_forecaster_of_any_series"]
Refused = Literal[
    "not_compared",
    "not_better",
    "other_frequency",
    "other_season",
    "too_few_readings",
    "no_overlap",
    "other_level",
    "other_amplitude",
    "other_shape",
    "unsuitable",
]
MAX_CONSIDERED = 4  # networks that an answer lists


class Considered(NamedTuple):
    """A forecaster that might answer, and why it does not; `refused` is None for the one that does.

    `ratio` is its RMSE over the seasonal naive forecast's, on origins that all of the same learnt series share.
    """

    model: str
    version: str
    ratio: float | None
    refused: Refused | None


class Selection(NamedTuple):
    """Why this forecaster answers a request that names none; `series` is which of many learnt ones the readings continue."""

    rule: Rule
    candidates: list[Considered]
    series: str | None = None


class LearntNetwork(NamedTuple):
    """The best network of one learnt series, or of many, and the error of the forecaster of any series on the same origins."""

    model: LoadedForecaster
    ratio: float | None
    any_series_ratio: float | None

    def considered(self, refused: Refused | None) -> Considered:
        card = self.model.predictor.card
        return Considered(card.name, card.version, self.ratio, refused)


def best_of_each_series(models: Iterable[LoadedForecaster], horizon: int | None) -> list[LearntNetwork]:
    """Return the network with the least error of each learnt series, those of the greatest gain first."""
    best: dict[tuple[str, int | None], tuple[float, LearntNetwork]] = {}
    for model in models:
        data = model.predictor.card.data
        ratios = model.predictor.comparison(horizon or model.predictor.card.horizon)
        network = LearntNetwork(model, *(ratios or (None, None)))
        gain = ratios[0] / ratios[1] if ratios and ratios[1] > 0 else float("inf")
        key = (data.sha256, data.season)
        if key not in best or gain < best[key][0]:
            best[key] = (gain, network)
    return [network for _, network in sorted(best.values(), key=lambda each: each[0])]


class Match(NamedTuple):
    """The network that is to answer, and which of its series the readings continue, where it has learnt many."""

    network: LearntNetwork
    series: str | None


def consider(
    networks: Sequence[LearntNetwork],
    readings: Sequence[float | None],
    frequency: str | None = None,
    season: int | None = None,
) -> tuple[Match | None, list[Considered]]:
    """Return the first network that is to answer, if there is one, and those that are not.

    frequency, season: None where they are not told.
    """
    refused: list[Considered] = []
    values: Array | None = None
    series: str | None = None
    for network in networks:
        reason = _reason_of_card(network, len(readings), frequency, season)
        if reason is None:
            if values is None:
                values = np.array(readings, dtype=np.float64)  # None becomes NaN
            series, reason = _continued(network.model.predictor, values)
        if reason is None:
            return Match(network, series), refused
        if len(refused) < MAX_CONSIDERED:
            refused.append(network.considered(reason))
    return None, refused


def _continued(predictor: Forecaster, readings: Array) -> tuple[str | None, Refused | None]:
    """Which of many learnt series readings continue, and why they continue none."""
    if predictor.learnt_panel is not None and (found := predictor.learnt_panel.find(readings)) is not None:
        return found, None
    check = predictor.learnt_series
    return None, "no_overlap" if check is None else check.difference(readings)


def _reason_of_card(network: LearntNetwork, count: int, frequency: str | None, season: int | None) -> Refused | None:
    """Why a network does not answer, as far as its card says it."""
    card: ForecastCard = network.model.predictor.card
    predictor = network.model.predictor
    has_learnt = predictor.learnt_series is not None or predictor.learnt_panel is not None
    if network.ratio is None or network.any_series_ratio is None or not has_learnt:
        return "not_compared"
    learnt_frequency = card.data.frequency
    if frequency is not None and learnt_frequency is not None and not is_same_frequency(frequency, learnt_frequency):
        return "other_frequency"
    if season is not None and card.data.season is not None and season != card.data.season:
        return "other_season"
    if network.ratio >= network.any_series_ratio:
        return "not_better"
    return "too_few_readings" if count < card.window else None
