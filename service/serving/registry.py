"""The proven engines in memory, and which one answers a request. How they get here is library.py's business."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from service.artifacts.card import ForecastCard
from service.errors import GatecastError, HorizonTooLong, InvalidRequest, TooFewReadings, UnknownModel, UnsupportedLevel
from service.forecast import seasonality
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries
from service.forecast.timestamps import is_same_frequency
from service.interfaces import Notice
from service.sentiment.classifier import Review, Sentiment, SentimentClassifier
from service.serving.engine import Engine


@dataclass(frozen=True)
class LoadedForecaster:
    predictor: Forecaster
    engine: Engine[PreparedSeries, Forecast]
    digest: str


@dataclass(frozen=True)
class LoadedClassifier:
    predictor: SentimentClassifier
    engine: Engine[Review, Sentiment]
    digest: str


Loaded = LoadedForecaster | LoadedClassifier
OTHER_FREQUENCY = Notice(
    "unlike_training_data", "the readings do not come as often as those of the series that this model learnt"
)


class ForecastQuery(NamedTuple):
    """What is asked of a forecaster."""

    readings: Sequence[float | None]
    horizon: int | None
    levels: Sequence[float] | None
    season: int | None
    frequency: str | None = None

    def prepared(self, model: LoadedForecaster) -> PreparedSeries:
        return model.predictor.prepare(self.readings, self.horizon, self.levels, self.season)


class Candidate(NamedTuple):
    """A forecaster, and what it reads of one series."""

    model: LoadedForecaster
    window: PreparedSeries


def select(contenders: Sequence[Candidate], forecasts: Sequence[Forecast]) -> int:
    """The place of the contender with the least error on the readings themselves, over the seasonal naive's.

    Errors on readings that a network has learnt from are raised by its card's optimism. Where not all of them had
    enough readings to be measured, the first: a network that knows the series, if there is one.
    """
    raised: list[float] = []
    for contender, forecast in zip(contenders, forecasts, strict=True):
        ratio = forecast.skill["ratio"] if forecast.skill else None
        if ratio is None:
            return 0
        raised.append(ratio * contender.model.predictor.card.optimism)
    return raised.index(min(raised))


def _steps_alike(card: ForecastCard, frequency: str | None, window: PreparedSeries) -> bool:
    """Whether readings come as often as those that a network of one series learnt: by their frequency, else their season."""
    if card.readings is None:
        return True
    if frequency is not None and card.data.frequency is not None:
        return is_same_frequency(frequency, card.data.frequency)
    return card.data.season is None or seasonality.may_have_season(np.array(window.readings), card.data.season)


def _ratio(model: LoadedForecaster, horizon: int | None) -> float:
    """The card's skill, by which networks of one series are ranked."""
    ratio = model.predictor.skill(horizon or model.predictor.card.horizon)["ratio"]
    return float("inf") if ratio is None else float(ratio)


class Registry:
    """The loaded versions by name and number; the newest version of a name is its default.

    Never changes: a reload makes another. A request enters the one that it finds, and everything it asks is answered
    from there until it leaves.
    """

    def __init__(self, loaded: Iterable[Loaded]) -> None:
        self._models: dict[str, dict[int, Loaded]] = {}
        for model in sorted(loaded, key=lambda m: (m.predictor.card.name, int(m.predictor.card.version))):
            card = model.predictor.card
            self._models.setdefault(card.name, {})[int(card.version)] = model
            model.engine.hold()
        self._ranked: dict[int | None, list[LoadedForecaster]] = {}
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def __iter__(self) -> Iterator[Loaded]:
        return (model for versions in self._models.values() for model in versions.values())

    def enter(self) -> None:
        """One more request is answered from here."""
        self._inside += 1
        self._empty.clear()

    def leave(self) -> None:
        self._inside -= 1
        if not self._inside:
            self._empty.set()

    async def drained(self) -> None:
        """Wait until no request is inside."""
        await self._empty.wait()

    @property
    def wait_seconds(self) -> float:
        """How long all that waits will take, by what was measured: the engines share the machine."""
        return sum([model.engine.batcher.wait_seconds for model in self])

    def is_default(self, model: Loaded) -> bool:
        """Whether it is the newest of its name."""
        card = model.predictor.card
        return int(card.version) == max(self._models[card.name])

    def get(self, name: str, version: str | None = None) -> Loaded:
        """A model by name, and its newest version unless one is named; or UnknownModel."""
        versions = self._models.get(name)
        if versions is None:
            raise UnknownModel(f"no model of that name is loaded; loaded are {_list(self._models)}")
        if version is None:
            return versions[max(versions)]
        for number, model in versions.items():
            if str(number) == version:
                return model
        raise UnknownModel(f"'{name}' has no version of that number; loaded are {_list(versions)}")

    def check_horizon(self, name: str | None, version: str | None, horizon: int | None) -> None:
        """Raise UnknownModel or HorizonTooLong where no series at all could be answered."""
        self._far(self._candidates(name, version), horizon)

    def check_levels(self, name: str | None, version: str | None, levels: Sequence[float] | None) -> None:
        """Raise UnknownModel or UnsupportedLevel where no series at all could be answered."""
        refusals: list[UnsupportedLevel] = []
        for model in self._candidates(name, version):
            try:
                model.predictor.levels(levels)
                return
            except UnsupportedLevel as refusal:
                refusals.append(refusal)
        raise refusals[0]

    def contenders(self, name: str | None, version: str | None, question: ForecastQuery) -> list[Candidate]:
        """The forecasters that may answer, each with what it reads of the readings; at least one.

        The named one; else those of any series, and of every series that a network has learnt and that these readings
        look like, the network that its card's backtest puts first: the errors of networks on readings that they have
        learnt from say little. Where none of them can, whichever network's window is filled. Raises what the first
        one raises where all refuse.
        """
        if name is not None:
            model = self._far(self._candidates(name, version), question.horizon)[0]
            return [Candidate(model, question.prepared(model))]
        ranked = self._by_skill(question.horizon)
        found: dict[str, Candidate] = {}
        strange: list[Candidate] = []
        refusals: list[GatecastError] = []
        for model in ranked:
            card = model.predictor.card
            if card.data.sha256 in found or card.window > len(question.readings):
                continue
            try:
                contender = Candidate(model, question.prepared(model))
            except InvalidRequest as refusal:
                refusals.append(refusal)
                continue
            if contender.window.familiar and _steps_alike(card, question.frequency, contender.window):
                found[card.data.sha256] = contender
            elif contender.window.familiar:
                contender.window.warnings.append(OTHER_FREQUENCY)
                strange.append(contender)
            else:
                strange.append(contender)
        if found or strange:
            return list(found.values()) or strange[:1]
        if refusals:
            raise refusals[0]
        least = min(model.predictor.window for model in ranked)
        raise TooFewReadings(
            f"at least {least} readings are needed; {len(question.readings)} were sent", pointer="/readings"
        )

    def _by_skill(self, horizon: int | None) -> list[LoadedForecaster]:
        """The newest of every forecaster that goes so far: those of one series first, the most accurate first."""
        ranked = self._ranked.get(horizon)
        if ranked is None:
            ranked = self._far(self._candidates(None, None), horizon)
            ranked.sort(key=lambda m: (m.predictor.card.readings is None, _ratio(m, horizon)))
            self._ranked[horizon] = ranked
        return ranked

    def _candidates(self, name: str | None, version: str | None) -> list[LoadedForecaster]:
        """The one that is named, or the newest of every name."""
        newest = [versions[max(versions)] for versions in self._models.values()]
        forecasters = [m for m in newest if isinstance(m, LoadedForecaster)]
        if name is None:
            if not forecasters:
                raise UnknownModel("no forecaster is loaded")
            return forecasters
        model = self.get(name, version)
        if not isinstance(model, LoadedForecaster):
            known = _list([m.predictor.card.name for m in forecasters])
            raise UnknownModel(f"'{name}' is not a forecaster; forecasters are {known}")
        return [model]

    def _far(self, candidates: list[LoadedForecaster], horizon: int | None) -> list[LoadedForecaster]:
        """Those that go up to `horizon` steps; HorizonTooLong when none does."""
        longest = max(m.predictor.card.max_horizon for m in candidates)
        if horizon is not None and horizon > longest:
            raise HorizonTooLong(
                f"{_list([m.predictor.card.name for m in candidates])} forecast up to {longest} steps; "
                f"{horizon} were asked for",
                pointer="/horizon",
            )
        return [m for m in candidates if m.predictor.card.max_horizon >= (horizon or 1)]

    def classifier(self, version: str | None) -> LoadedClassifier:
        """The sentiment model, and its newest version unless one is named."""
        names = [
            name for name, versions in self._models.items() if isinstance(versions[max(versions)], LoadedClassifier)
        ]
        if not names:
            raise UnknownModel("no sentiment model is loaded")
        model = self.get("sentiment" if "sentiment" in names else names[0], version)
        assert isinstance(model, LoadedClassifier)
        return model


def _list(names: Sequence[object] | dict[Any, Any]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
