"""Who forecasts: the forecasters that may answer a request, what each reads of a series, and whose forecast is taken.

Options that hold for a whole request are checked once, by `find_eligible`; then every series is prepared and asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from service.artifacts.card import ForecastCard
from service.errors import GatecastError, InvalidRequest, TooFewReadings, UnsupportedLevel
from service.forecast.bounds import bounds_of, check_readings
from service.forecast.forecaster import Forecast, PreparedSeries, SeriesFacts
from service.forecast.seasonality import may_have_season
from service.forecast.timestamps import is_same_frequency, season_of, timestamps
from service.interfaces import Notice
from service.serving.registry import LoadedForecaster, Registry

OTHER_FREQUENCY = Notice(
    "unlike_training_data", "the readings do not come as often as those of the series that this model learnt"
)


class ForecastOptions(NamedTuple):
    """What holds for all series of a request."""

    horizon: int | None
    levels: Sequence[float] | None
    model: str | None
    version: str | None


class ForecastQuery(NamedTuple):
    """One series: its readings, oldest first, and optionally the date of the first one and their frequency.

    Also what the caller says of them: how many make a season, and the least and the greatest that can be.
    """

    readings: Sequence[float | None]
    start: datetime | None = None
    frequency: str | None = None
    season: int | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def facts(self) -> SeriesFacts:
        """What a forecaster is told beside the readings. Raises UnusableBounds."""
        bounds = bounds_of(self.minimum, self.maximum)
        check_readings(self.readings, bounds)
        return SeriesFacts(self.season, bounds)


class Candidate(NamedTuple):
    """A forecaster, and what it reads of one series."""

    model: LoadedForecaster
    series: PreparedSeries


class PreparedQuery(NamedTuple):
    """One series, checked: the forecasters to ask, and the timestamps of the steps."""

    candidates: list[Candidate]
    timestamps: list[str] | None


@dataclass(frozen=True)
class Eligible:
    """The forecasters that may answer a request, in order of preference, with the levels of each or its refusal."""

    models: list[tuple[LoadedForecaster, tuple[float, ...] | UnsupportedLevel]]
    horizon: int | None
    is_named: bool

    def candidates(self, query: ForecastQuery) -> list[Candidate]:
        """Return the forecasters to ask about one series, at least one.

        The named one. Otherwise those of any series, and for every series that a network has learnt and that these
        readings resemble, the network that its card's backtest ranks first: the errors of networks on readings that
        they have learnt from say little. If there is none, the first network whose window is filled. Raises
        TooFewReadings, or what the first forecaster raised if all of them refuse.
        """
        season, facts = None if query.frequency is None else season_of(query.frequency), query.facts
        if self.is_named:
            ((model, levels),) = self.models
            return [Candidate(model, _read(model, query, self.horizon, levels, season, facts))]
        by_training_data: dict[str, Candidate] = {}
        fallback: Candidate | None = None
        refusals: list[GatecastError] = []
        for model, levels in self.models:
            card = model.predictor.card
            if card.data.sha256 in by_training_data or card.window > len(query.readings):
                continue
            try:
                candidate = Candidate(model, _read(model, query, self.horizon, levels, season, facts))
            except InvalidRequest as refusal:
                refusals.append(refusal)
                continue
            is_alike = candidate.series.in_distribution
            if is_alike and not _has_frequency(card, query.frequency, candidate.series):
                candidate.series.warnings.append(OTHER_FREQUENCY)
                is_alike = False
            if is_alike:
                by_training_data[card.data.sha256] = candidate
            elif fallback is None:
                fallback = candidate
        if by_training_data:
            return list(by_training_data.values())
        if fallback is not None:
            return [fallback]
        if refusals:
            raise refusals[0]
        least = min(model.predictor.window for model, _ in self.models)
        raise TooFewReadings(
            f"at least {least} readings are needed; {len(query.readings)} were sent", pointer="/readings"
        )


def find_eligible(registry: Registry, options: ForecastOptions) -> Eligible:
    """Return the forecasters that may answer, and check the options that no series could be answered with.

    Raises UnknownModel, UnsupportedLevel, or InvalidRequest for a version without a model.
    """
    if options.version is not None and options.model is None:
        raise InvalidRequest("a `version` needs the `model` that it is of", pointer="/model")
    return _eligible(registry, options)


def _eligible(registry: Registry, options: ForecastOptions) -> Eligible:
    models = registry.forecasters(options.model, options.version)
    levels = {id(model): _levels(model, options.levels) for model in models}
    refusals = [refusal for refusal in levels.values() if isinstance(refusal, UnsupportedLevel)]
    if len(refusals) == len(models):
        raise refusals[0]
    ranked = sorted(models, key=lambda m: (m.predictor.card.readings is None, _card_ratio(m, options.horizon)))
    return Eligible([(model, levels[id(model)]) for model in ranked], options.horizon, options.model is not None)


def _levels(model: LoadedForecaster, levels: Sequence[float] | None) -> tuple[float, ...] | UnsupportedLevel:
    try:
        return model.predictor.levels(levels)
    except UnsupportedLevel as refusal:
        return refusal


def _card_ratio(model: LoadedForecaster, horizon: int | None) -> float:
    """The RMSE of the card's backtest over the baseline's, which ranks networks of one series."""
    ratio = model.predictor.skill(horizon or model.predictor.card.horizon)["ratio"]
    return float("inf") if ratio is None else float(ratio)


def _read(
    model: LoadedForecaster,
    query: ForecastQuery,
    horizon: int | None,
    levels: tuple[float, ...] | UnsupportedLevel,
    season: int | None,
    facts: SeriesFacts,
) -> PreparedSeries:
    if isinstance(levels, UnsupportedLevel):
        raise UnsupportedLevel(levels.detail, faults=levels.faults)  # a new one: faults are added to it
    predictor = model.predictor
    steps = predictor.card.horizon if horizon is None else horizon
    return predictor.read(query.readings, steps, levels, season, facts)


def _has_frequency(card: ForecastCard, frequency: str | None, series: PreparedSeries) -> bool:
    """Whether readings come as often as those that a network of one series learnt: by their frequency, else season."""
    if card.readings is None:
        return True
    if frequency is not None and card.data.frequency is not None:
        return is_same_frequency(frequency, card.data.frequency)
    return card.data.season is None or may_have_season(np.array(series.readings), card.data.season)


def prepare(registry: Registry, options: ForecastOptions, eligible: Eligible, query: ForecastQuery) -> PreparedQuery:
    """Check one series. Raises GatecastError with all faults of the series."""
    try:
        candidates = eligible.candidates(query)
        # the candidates' own horizons may differ; dates are made for the longest
        return PreparedQuery(candidates, _timestamps(query, max(c.series.horizon for c in candidates)))
    except InvalidRequest as error:
        raise with_faults_of(error, registry, options, query) from None


def with_faults_of(
    error: InvalidRequest, registry: Registry, options: ForecastOptions, query: ForecastQuery
) -> InvalidRequest:
    """The error, with the faults of the series that do not depend on the other options."""

    def check_series() -> None:
        _eligible(registry, options._replace(horizon=None, levels=())).candidates(ForecastQuery(query.readings))

    return error.joined_by(check_series, lambda: query.facts, lambda: _timestamps(query, 1))


def _timestamps(query: ForecastQuery, horizon: int) -> list[str] | None:
    """Timestamps of the steps, if `start` and `frequency` were sent. Raises InvalidRequest, UnusableFrequency."""
    if query.start is not None and query.frequency is not None:
        return timestamps(query.start, query.frequency, len(query.readings), horizon)
    if query.start is not None or query.frequency is not None:
        missing = "frequency" if query.frequency is None else "start"
        raise InvalidRequest("`start` and `frequency` go together", pointer=f"/{missing}")
    return None


def select(candidates: Sequence[Candidate], forecasts: Sequence[Forecast]) -> int:
    """Return the index of the candidate with the least error on the readings, over the seasonal naive forecast's.

    The error on readings that a network has learnt from is multiplied by its card's optimism. If some candidate had too
    few readings to be measured, the first one is selected: a network that knows the series, if there is one.
    """
    ratios: list[float] = []
    for candidate, forecast in zip(candidates, forecasts, strict=True):
        ratio = forecast.skill["ratio"] if forecast.skill else None
        if ratio is None:
            return 0
        ratios.append(ratio * candidate.model.predictor.card.optimism)
    return ratios.index(min(ratios))
