"""Who forecasts: the forecasters that may answer a request, which of them does, and what it reads of a series.

Options that hold for a whole request are checked once, by `find_eligible`; then every series is prepared. When a network
of one series answers unasked is in learnt.py.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ..artifacts.card import ForecastCard
from ..errors import GatecastError, InvalidRequest, TooFewReadings, UnknownModel, UnsupportedLevel
from ..forecast.bounds import bounds_of, check_readings
from ..forecast.dates.timestamps import is_same_frequency, season_of, timestamps
from ..forecast.forecaster import PreparedSeries, SeriesFacts
from ..forecast.seasons.seasonality import may_have_season
from ..interfaces import Notice
from .learnt import Considered, LearntNetwork, Selection, best_of_each_series, consider
from .registry import LoadedForecaster, Registry

OTHER_FREQUENCY = Notice(
    "unlike_training_data", "the readings do not come as often as those of the series that this model learnt"
)

Ranked = tuple[list[LoadedForecaster], list[LoadedForecaster], list[LearntNetwork]]
MAX_RANKED = 256  # names, versions and horizons for which the order of preference is kept
# a registry never changes, so neither does the order
_ranked_of: WeakKeyDictionary[Registry, dict[tuple[str | None, str | None, int | None], Ranked]] = WeakKeyDictionary()


class ForecastOptions(NamedTuple):
    """What holds for all series of a request."""

    horizon: int | None
    levels: Sequence[float] | None
    model: str | None
    version: str | None


class ForecastQuery(NamedTuple):
    """One series: its readings, oldest first, and optionally the date of the first one and their frequency.

    Also what the caller says of them: how many make a season, and the least and the greatest that can be. A caller that
    makes the timestamps itself is not `dated`: its frequency needs no date.
    """

    readings: Sequence[float | None]
    start: datetime | None = None
    frequency: str | None = None
    season: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    dated: bool = True

    @property
    def facts(self) -> SeriesFacts:
        """What a forecaster is told beside the readings. Raises UnusableBounds."""
        bounds = bounds_of(self.minimum, self.maximum)
        check_readings(self.readings, bounds)
        return SeriesFacts(self.season, bounds)


class PreparedQuery(NamedTuple):
    """One series, checked: who forecasts it and why, what it reads, and the timestamps of the steps."""

    model: LoadedForecaster
    series: PreparedSeries
    selection: Selection | None = None
    timestamps: list[str] | None = None


@dataclass(frozen=True)
class Eligible:
    """The forecasters that may answer a request, in order of preference: those of any series, and those of one.

    `learnt` has the best of the latter for each series. If the request names a forecaster, it is the only one.
    """

    any_series: list[LoadedForecaster]
    of_one_series: list[LoadedForecaster]
    learnt: list[LearntNetwork]
    options: ForecastOptions

    def choose(self, query: ForecastQuery) -> PreparedQuery:
        """Return who forecasts one series: the named forecaster.

        Otherwise that of any series, unless the readings continue a series that a network has learnt better. Without a
        forecaster of any series, the first network that they suit. Raises InvalidRequest for readings that do not suit.
        """
        season = None if query.frequency is None else season_of(query.frequency)
        if self.options.model is not None:
            (model,) = self.any_series or self.of_one_series
            return PreparedQuery(model, self._read(model, query, season))
        if not self.any_series:
            return self._choose_network(query, season)
        return self._choose(self.any_series[0], query, season)

    def _choose(self, any_series: LoadedForecaster, query: ForecastQuery, season: int | None) -> PreparedQuery:
        """The network of the series that the readings continue, if there is one; else the forecaster of any series."""
        match, considered = consider(self.learnt, query.readings, query.frequency, query.season)
        card = any_series.predictor.card
        if match is not None:
            network = match.network
            try:
                series = self._read(network.model, query, season)
            except InvalidRequest:
                considered.append(network.considered("unsuitable"))
            else:
                beside = Considered(card.name, card.version, network.any_series_ratio, "not_better")
                chosen = Selection("learnt_series", [network.considered(None), beside, *considered], match.series)
                return PreparedQuery(network.model, series, chosen)
        chosen = Selection("any_series", [Considered(card.name, card.version, None, None), *considered])
        return PreparedQuery(any_series, self._read(any_series, query, season), chosen)

    def _choose_network(self, query: ForecastQuery, season: int | None) -> PreparedQuery:
        """The first network that the readings resemble, or else whose window they fill."""
        unlike: tuple[LoadedForecaster, PreparedSeries] | None = None
        refusals: list[GatecastError] = []
        for model in self.of_one_series:
            card = model.predictor.card
            if card.window > len(query.readings):
                continue
            try:
                series = self._read(model, query, season)
            except InvalidRequest as refusal:
                refusals.append(refusal)
                continue
            is_alike = series.in_distribution
            if is_alike and not _has_frequency(card, query.frequency, series):
                series.warnings.append(OTHER_FREQUENCY)
                is_alike = False
            if is_alike:
                return self._alone(model, series)
            unlike = unlike or (model, series)
        if unlike is not None:
            return self._alone(*unlike)
        if refusals:
            raise refusals[0]
        least = min(model.predictor.window for model in self.of_one_series)
        raise TooFewReadings(
            f"at least {least} readings are needed; {len(query.readings)} were sent", pointer="/readings"
        )

    @staticmethod
    def _alone(model: LoadedForecaster, series: PreparedSeries) -> PreparedQuery:
        card = model.predictor.card
        selection = Selection("no_forecaster_of_any_series", [Considered(card.name, card.version, None, None)])
        return PreparedQuery(model, series, selection)

    def _read(self, model: LoadedForecaster, query: ForecastQuery, season: int | None) -> PreparedSeries:
        predictor = model.predictor
        horizon = predictor.card.horizon if self.options.horizon is None else self.options.horizon
        return predictor.read(query.readings, horizon, predictor.levels(self.options.levels), season, query.facts)


def find_eligible(registry: Registry, options: ForecastOptions) -> Eligible:
    """Return the forecasters that may answer, and check the options that no series could be answered with.

    Raises UnknownModel, UnsupportedLevel, or InvalidRequest for a version without a model.
    """
    if options.version is not None and options.model is None:
        raise InvalidRequest("a `version` needs the `model` that it is of", pointer="/model")
    return _eligible(registry, options)


def default_forecaster(registry: Registry) -> LoadedForecaster | None:
    """Return the forecaster of any series that answers where none is named, unless a network has learnt the series.

    None where no forecaster of any series is loaded.
    """
    with suppress(UnknownModel):
        eligible = _eligible(registry, ForecastOptions(None, None, None, None))
        return next(iter(eligible.any_series), None)
    return None


def _eligible(registry: Registry, options: ForecastOptions) -> Eligible:
    if options.levels is not None:
        _check_levels(registry.forecasters(options.model, options.version), options)
    known = _ranked_of.setdefault(registry, {})
    key = options.model, options.version, options.horizon
    if key not in known:
        if len(known) >= MAX_RANKED:
            known.clear()
        known[key] = _ranked(registry, options)
    return Eligible(*known[key], options)


def _ranked(registry: Registry, options: ForecastOptions) -> Ranked:
    """The forecasters of any series, those of one, and the best of each learnt series."""
    models = registry.forecasters(options.model, options.version)
    ranked = sorted(models, key=lambda model: _card_ratio(model, options.horizon)) if len(models) > 1 else models
    any_series = [model for model in ranked if _is_of_any_series(model.predictor.card)]
    of_one_series = [model for model in ranked if not _is_of_any_series(model.predictor.card)]
    learnt = best_of_each_series(of_one_series, options.horizon) if any_series and options.model is None else []
    return any_series, of_one_series, learnt


def _is_of_any_series(card: ForecastCard) -> bool:
    return card.readings is None and card.learnt_series is None and not card.learnt_panel


def _check_levels(models: list[LoadedForecaster], options: ForecastOptions) -> None:
    """Raise UnsupportedLevel if no model supports all levels."""
    refusals: list[UnsupportedLevel] = []
    for model in models:
        try:
            model.predictor.levels(options.levels)
        except UnsupportedLevel as refusal:
            refusals.append(refusal)
    if len(refusals) == len(models):
        raise refusals[0]


def _card_ratio(model: LoadedForecaster, horizon: int | None) -> float:
    """The RMSE of the card's backtest over the baseline's, which ranks networks of one series."""
    ratio = model.predictor.skill(horizon or model.predictor.card.horizon)["ratio"]
    return float("inf") if ratio is None else float(ratio)


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
        chosen = eligible.choose(query)
        if query.start is None and query.frequency is None:  # most, and copying it takes longer than the question
            return chosen
        return chosen._replace(timestamps=_timestamps(query, chosen.series.horizon))
    except InvalidRequest as error:
        raise with_faults_of(error, registry, options, query) from None


def with_faults_of(
    error: InvalidRequest, registry: Registry, options: ForecastOptions, query: ForecastQuery
) -> InvalidRequest:
    """The error, with the faults of the series that do not depend on the other options."""

    def check_series() -> None:
        _eligible(registry, options._replace(horizon=None, levels=())).choose(ForecastQuery(query.readings))

    return error.joined_by(check_series, lambda: query.facts, lambda: _timestamps(query, 1))


def _timestamps(query: ForecastQuery, horizon: int) -> list[str] | None:
    """Timestamps of the steps, if `start` and `frequency` were sent. Raises InvalidRequest, UnusableFrequency."""
    if not query.dated:
        return None
    if query.start is not None and query.frequency is not None:
        return timestamps(query.start, query.frequency, len(query.readings), horizon)
    if query.start is not None or query.frequency is not None:
        missing = "frequency" if query.frequency is None else "start"
        raise InvalidRequest("`start` and `frequency` go together", pointer=f"/{missing}")
    return None
