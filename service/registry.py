"""The proven engines in memory, and which one answers a request. How they get here is library.py's business."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from service.engine import Engine
from service.errors import HorizonTooLong, TooFewReadings, UnknownModel
from service.predictors import Forecaster, Review, Sentiment, SentimentClassifier, Window


@dataclass(frozen=True)
class LoadedForecaster:
    predictor: Forecaster
    engine: Engine[Window, list[float]]
    digest: str


@dataclass(frozen=True)
class LoadedClassifier:
    predictor: SentimentClassifier
    engine: Engine[Review, Sentiment]
    digest: str


Loaded = LoadedForecaster | LoadedClassifier


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

    def check_forecaster(self, name: str | None, version: str | None, horizon: int | None) -> None:
        """Raise UnknownModel or HorizonTooLong where no series at all could be answered."""
        if name is None:
            self._by_error(horizon)
        else:
            self._far(self._candidates(name, version), horizon)

    def prepared(
        self, name: str | None, version: str | None, readings: Sequence[float | None], horizon: int | None
    ) -> tuple[LoadedForecaster, Window]:
        """The named forecaster, or the one that suits the readings best, and the window that it reads of them.

        The best is the one with the least backtest error over steps 1 to `horizon`, by the cards, among those whose
        window is filled, that go so far, and that have learnt from a series like this one (if any has).
        """
        if name is not None:
            model = self._far(self._candidates(name, version), horizon)[0]
            return model, model.predictor.prepare(readings, horizon)
        ranked = self._by_error(horizon)
        best: tuple[LoadedForecaster, Window] | None = None
        for model in ranked:
            if model.predictor.window > len(readings):
                continue
            window = model.predictor.prepare(readings, horizon)
            if window.familiar:
                return model, window
            best = best or (model, window)
        if best is None:
            least = min(model.predictor.window for model in ranked)
            raise TooFewReadings(
                f"at least {least} readings are needed; {len(readings)} were sent", pointer="/readings"
            )
        return best

    def _by_error(self, horizon: int | None) -> list[LoadedForecaster]:
        """The newest of every forecaster that goes so far, the most accurate first."""
        ranked = self._ranked.get(horizon)
        if ranked is None:
            ranked = self._far(self._candidates(None, None), horizon)
            ranked.sort(key=lambda m: m.predictor.error(horizon or m.predictor.card.horizon))
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
