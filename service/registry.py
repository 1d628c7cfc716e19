"""models/<name>/<version>/ on disk → proven engines in memory; which one answers a request."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.bundle import Bundle, BundleError
from service.card import AnyCard, Name, Version
from service.engine import Engine, prove
from service.errors import HorizonTooLong, TooFewReadings, UnknownModel
from service.predictors import (
    Forecaster,
    Review,
    Sentiment,
    SentimentClassifier,
    Window,
    predictor,
)
from service.settings import Settings

Load = Callable[[Path, int], Bundle]
log = logging.getLogger("gatecast")


@dataclass(frozen=True)
class LoadedForecaster:
    predictor: Forecaster
    engine: Engine[Window, list[float]]


@dataclass(frozen=True)
class LoadedClassifier:
    predictor: SentimentClassifier
    engine: Engine[Review, Sentiment]


Loaded = LoadedForecaster | LoadedClassifier


class Registry:
    """The loaded versions by name and number; the newest version of a name is its default."""

    def __init__(self, loaded: Iterable[Loaded]) -> None:
        self._models: dict[str, dict[int, Loaded]] = {}
        for model in sorted(loaded, key=lambda m: (m.predictor.card.name, int(m.predictor.card.version))):
            card = model.predictor.card
            self._models.setdefault(card.name, {})[int(card.version)] = model

    def cards(self) -> list[tuple[AnyCard, bool]]:
        """Every card, with whether it is its name's default version."""
        return [
            (model.predictor.card, number == max(versions))
            for versions in self._models.values()
            for number, model in versions.items()
        ]

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
        self._far(self._candidates(name, version), horizon)

    def forecaster(
        self, name: str | None, version: str | None, readings: Sequence[float | None], horizon: int | None
    ) -> LoadedForecaster:
        """The named forecaster, or the one that suits the readings best.

        That is the one with the least backtest error over steps 1 to `horizon`, by the cards, among those whose
        window is filled, that go so far, and that have learnt from a series like this one (if any has).
        """
        candidates = self._far(self._candidates(name, version), horizon)
        if name is not None:
            return candidates[0]
        filled = [m for m in candidates if m.predictor.card.window <= len(readings)]
        if not filled:
            least = min(m.predictor.card.window for m in candidates)
            raise TooFewReadings(
                f"at least {least} readings are needed; {len(readings)} were sent", pointer="/readings"
            )
        filled.sort(key=lambda m: m.predictor.error(horizon or m.predictor.card.horizon))
        return next((m for m in filled if m.predictor.knows(readings)), filled[0])

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

    async def close(self) -> None:
        """Drain every engine."""
        engines = [m.engine for versions in self._models.values() for m in versions.values()]
        await asyncio.gather(*(engine.close() for engine in engines))


async def open_registry(settings: Settings, load: Load) -> Registry:
    """Load and prove every version under `models_dir`, or raise BundleError and start nothing."""
    paths = await asyncio.to_thread(version_directories, settings.models_dir)
    predictors = []
    for path in paths:
        proven = await asyncio.to_thread(_load_proven, path, load, settings.threads)
        predictors.append(proven)
        log.info("loaded %s version %s", proven.card.name, proven.card.version)
    return Registry([_start(found, settings) for found in predictors])


def version_directories(models_dir: Path) -> list[Path]:
    """Every models/<name>/<version>/; raises BundleError for anything that is not one.

    Plain files beside the model directories (a README) are left alone, and so are names that begin
    with a dot: a version that is being written has one.
    """
    if not models_dir.is_dir():
        raise BundleError(f"{models_dir} is not a directory; GATECAST_MODELS_DIR names the models")
    found: list[Path] = []
    for model in _directories(models_dir, Name, "a model name (lower-case letters, digits, _)"):
        versions = _directories(model, Version, "a version (a whole number from 1)")
        if not versions:
            raise BundleError(f"{model} holds no version directory")
        found += versions
    if not found:
        raise BundleError(
            f"{models_dir} holds no models; train some with `make train-forecast` and `make train-sentiment`"
        )
    return found


def _directories(parent: Path, rule: Any, meaning: str) -> list[Path]:
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(rule)
    found = sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))
    for path in found:
        try:
            adapter.validate_python(path.name)
        except ValidationError:
            raise BundleError(f"{path}: its name is not {meaning}") from None
    return found


def _load_proven(path: Path, load: Load, threads: int) -> Forecaster | SentimentClassifier:
    bundle = load(path, threads)
    found = predictor(bundle)
    prove(found, bundle.golden, str(path / "golden.json"))
    return found


def _start(found: Forecaster | SentimentClassifier, settings: Settings) -> Loaded:
    label = found.card.name
    limits = {"max_batch": settings.max_batch, "max_queue": settings.max_queue}
    if isinstance(found, Forecaster):
        return LoadedForecaster(found, Engine(found, label, **limits))
    return LoadedClassifier(found, Engine(found, label, **limits))


def _list(names: Sequence[object] | dict[Any, Any]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
