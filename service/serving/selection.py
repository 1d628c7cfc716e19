"""Who forecasts: the forecasters that may answer a request, which of them does, and what it reads of a series.

Options that hold for a whole request are checked once, by `find_eligible`; then every series is prepared. When a network
of one series answers unasked is in learnt.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from service.artifacts.card import ForecastCard
from service.errors import GatecastError, HorizonTooLong, InvalidRequest, TooFewReadings, UnsupportedLevel
from service.forecast.forecaster import PreparedSeries
from service.forecast.seasonality import may_have_season
from service.forecast.timestamps import is_same_frequency, season_of, timestamps
from service.interfaces import Notice
from service.serving.learnt import Considered, LearntNetwork, Selection, best_of_each_series, consider
from service.serving.registry import LoadedForecaster, Registry, quoted

MAX_LISTED = 10  # names, or different horizons, in a message
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
    """One series: its readings, oldest first, and optionally the date of the first one and their frequency."""

    readings: Sequence[float | None]
    start: datetime | None = None
    frequency: str | None = None


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
        network, considered = consider(self.learnt, query.readings, query.frequency)
        card = any_series.predictor.card
        if network is not None:
            try:
                series = self._read(network.model, query, season)
            except InvalidRequest:
                considered.append(network.considered("unsuitable"))
            else:
                beside = Considered(card.name, card.version, network.any_series_ratio, "not_better")
                chosen = Selection("learnt_series", [network.considered(None), beside, *considered])
                return PreparedQuery(network.model, series, chosen)
        self._check_reach(card)
        chosen = Selection("any_series", [Considered(card.name, card.version, None, None), *considered])
        return PreparedQuery(any_series, self._read(any_series, query, season), chosen)

    def _check_reach(self, card: ForecastCard) -> None:
        if self.options.horizon is not None and self.options.horizon > card.max_horizon:
            raise HorizonTooLong(
                f"'{card.name}' forecasts up to {card.max_horizon} steps of any series; {self.options.horizon} were asked "
                "for, and no network that reaches so far has learnt these readings",
                pointer="/horizon",
            )

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
        return predictor.read(query.readings, horizon, predictor.levels(self.options.levels), season)


def find_eligible(registry: Registry, options: ForecastOptions) -> Eligible:
    """Return the forecasters that may answer, and check the options that no series could be answered with.

    Raises UnknownModel, UnsupportedLevel, HorizonTooLong, or InvalidRequest for a version without a model.
    """
    if options.version is not None and options.model is None:
        raise InvalidRequest("a `version` needs the `model` that it is of", pointer="/model")
    return _eligible(registry, options)


def _eligible(registry: Registry, options: ForecastOptions) -> Eligible:
    models = registry.forecasters(options.model, options.version)
    if options.levels is not None:
        _check_levels(models, options)
    ranked = _reaching(models, options.horizon)
    if len(ranked) > 1:
        ranked.sort(key=lambda model: _card_ratio(model, options.horizon))
    any_series = [model for model in ranked if model.predictor.card.readings is None]
    if not any_series and options.model is None:  # one that does not reach so far still has no stand-in
        any_series = [model for model in models if model.predictor.card.readings is None]
    of_one_series = [model for model in ranked if model.predictor.card.readings is not None]
    learnt = best_of_each_series(of_one_series, options.horizon) if any_series and options.model is None else []
    return Eligible(any_series, of_one_series, learnt, options)


def _check_levels(models: list[LoadedForecaster], options: ForecastOptions) -> None:
    """Raise UnsupportedLevel if no model supports all levels."""
    refusals: list[UnsupportedLevel] = []
    for model in models:
        try:
            model.predictor.levels(options.levels)
        except UnsupportedLevel as refusal:
            refusals.append(refusal)
    if len(refusals) == len(models):
        raise refusals[0].joined_by(lambda: _reaching(models, options.horizon))


def _reaching(models: list[LoadedForecaster], horizon: int | None) -> list[LoadedForecaster]:
    """The models of at least `horizon` steps; HorizonTooLong, with how far each goes, if there is none."""
    reaching = [m for m in models if m.predictor.card.max_horizon >= (horizon or 1)]
    if horizon is not None and not reaching:
        raise HorizonTooLong(f"{_reaches(models)}; {horizon} were asked for", pointer="/horizon")
    return reaching


def _reaches(models: list[LoadedForecaster]) -> str:
    """How far each model goes, farthest first: "'any' forecasts up to 64 steps, 'gru' and 'lstm' up to 36"."""
    names: dict[int, list[str]] = {}
    for model in models:
        names.setdefault(model.predictor.card.max_horizon, []).append(model.predictor.card.name)
    farthest = sorted(names, reverse=True)
    parts = [f"{_listed(names[steps])} up to {steps}" for steps in farthest[:MAX_LISTED]]
    verb = "forecasts" if len(names[farthest[0]]) == 1 else "forecast"
    parts[0] = f"{_listed(names[farthest[0]])} {verb} up to {farthest[0]} steps"
    return ", ".join(parts) + (f", others less than {farthest[MAX_LISTED - 1]}" if len(farthest) > MAX_LISTED else "")


def _listed(names: list[str]) -> str:
    """ "'a', 'b' and 'c'"; of many names the first ones."""
    if len(names) == 1:
        return quoted(names)
    last = f"{len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else quoted(names[-1:])
    return f"{quoted(names[: min(MAX_LISTED, len(names) - 1)])} and {last}"


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
        return chosen._replace(timestamps=_timestamps(query, chosen.series.horizon))
    except InvalidRequest as error:
        raise with_faults_of(error, registry, options, query) from None


def with_faults_of(
    error: InvalidRequest, registry: Registry, options: ForecastOptions, query: ForecastQuery
) -> InvalidRequest:
    """The error, with the faults of the series that do not depend on the other options."""

    def check_readings() -> None:
        _eligible(registry, options._replace(horizon=None, levels=())).choose(ForecastQuery(query.readings))

    return error.joined_by(check_readings, lambda: _timestamps(query, 1))


def _timestamps(query: ForecastQuery, horizon: int) -> list[str] | None:
    """Timestamps of the steps, if `start` and `frequency` were sent. Raises InvalidRequest, UnusableFrequency."""
    if query.start is not None and query.frequency is not None:
        return timestamps(query.start, query.frequency, len(query.readings), horizon)
    if query.start is not None or query.frequency is not None:
        missing = "frequency" if query.frequency is None else "start"
        raise InvalidRequest("`start` and `frequency` go together", pointer=f"/{missing}")
    return None
