"""The verified models in memory. repository.py puts them here; selection.py chooses which one answers."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import UnknownModel
from ..forecast.forecaster import Forecast, Forecaster, PreparedSeries
from ..sentiment.classifier import Review, SentimentClassifier
from ..sentiment.judgement import Sentiment
from .batching import MicroBatcher


@dataclass(eq=False)
class LoadedForecaster:
    """A forecaster, and the batcher that runs it. `registries` counts the registries that list it."""

    predictor: Forecaster
    batcher: MicroBatcher[PreparedSeries, Forecast]
    digest: str
    registries: int = 0


@dataclass(eq=False)
class LoadedClassifier:
    """A sentiment classifier, and the batcher that runs it. `registries` counts the registries that list it."""

    predictor: SentimentClassifier
    batcher: MicroBatcher[Review, Sentiment]
    digest: str
    registries: int = 0


LoadedModel = LoadedForecaster | LoadedClassifier
SENTIMENT = "sentiment"  # the classifier that answers if none is named, and no setting names one


class Registry:
    """The loaded versions by name and number. The newest version of a name is its default.

    `sentiment_model` names the classifier of requests that name none; without it, `sentiment` is, or the first one by name.

    A registry never changes: a reload makes a new one. A request enters the registry that is current when it comes, and
    is answered from there until it leaves. A model that no registry lists any more can be closed.
    """

    def __init__(self, models: Iterable[LoadedModel], sentiment_model: str | None = None) -> None:
        self._models: dict[str, dict[int, LoadedModel]] = {}
        for model in sorted(models, key=lambda m: (m.predictor.card.name, int(m.predictor.card.version))):
            card = model.predictor.card
            self._models.setdefault(card.name, {})[int(card.version)] = model
            model.registries += 1
        self._classifiers = self._names_of(LoadedClassifier)
        preferred = [name for name in (sentiment_model, SENTIMENT) if name in self._classifiers]
        self._default_classifier: str | None = next(iter([*preferred, *self._classifiers]), None)
        self._requests = 0
        self._unused = asyncio.Event()
        self._unused.set()

    def __iter__(self) -> Iterator[LoadedModel]:
        return (model for versions in self._models.values() for model in versions.values())

    def enter(self) -> None:
        """Count one more request that is answered from here."""
        self._requests += 1
        self._unused.clear()

    def leave(self) -> None:
        """Count one request less."""
        self._requests -= 1
        if not self._requests:
            self._unused.set()

    async def retire(self) -> None:
        """Wait until no request is answered from here, then close the models that no other registry lists."""
        await self._unused.wait()
        for model in self:
            model.registries -= 1
        await asyncio.gather(*(model.batcher.close() for model in self if not model.registries))

    @property
    def wait_seconds(self) -> float:
        """How long all waiting items will take, estimated from past calls: the models share the machine."""
        return sum([model.batcher.wait_seconds for model in self])

    def is_default(self, model: LoadedModel) -> bool:
        """Whether it is the newest version of its name."""
        card = model.predictor.card
        return int(card.version) == max(self._models[card.name])

    def get(self, name: str, version: str | None = None) -> LoadedModel:
        """Return a model by name and version; without a version, the newest. Raises UnknownModel."""
        versions = self._models.get(name)
        if versions is None:
            raise UnknownModel(f"no model of that name is loaded; loaded are {quoted(self._models)}")
        if version is None:
            return versions[max(versions)]
        for number, model in versions.items():
            if str(number) == version:
                return model
        raise UnknownModel(f"'{name}' has no version of that number; loaded are {quoted(versions)}")

    def forecasters(self, name: str | None, version: str | None) -> list[LoadedForecaster]:
        """Return the named forecaster, or the newest version of every one. Raises UnknownModel."""
        newest = [versions[max(versions)] for versions in self._models.values()]
        forecasters = [model for model in newest if isinstance(model, LoadedForecaster)]
        if name is None:
            if not forecasters:
                raise UnknownModel("no forecaster is loaded")
            return forecasters
        model = self.get(name, version)
        if not isinstance(model, LoadedForecaster):
            known = quoted([m.predictor.card.name for m in forecasters])
            raise UnknownModel(f"'{name}' is not a forecaster; forecasters are {known}")
        return [model]

    def classifier(self, name: str | None = None, version: str | None = None) -> LoadedClassifier:
        """Return the named sentiment model, or the default one; without a version, the newest. Raises UnknownModel."""
        if self._default_classifier is None:
            raise UnknownModel("no sentiment model is loaded")
        name = self._default_classifier if name is None else name
        known = f"sentiment models are {quoted(self._classifiers)}"
        if name not in self._models:
            raise UnknownModel(f"no model of that name is loaded; {known}")
        model = self.get(name, version)
        if not isinstance(model, LoadedClassifier):
            raise UnknownModel(f"'{name}' is a forecaster, which answers /forecast; {known}")
        return model

    def is_default_classifier(self, model: LoadedModel) -> bool:
        """Whether it answers texts where a request names no model."""
        return model.predictor.card.name == self._default_classifier and self.is_default(model)

    def _names_of(self, kind: type[LoadedModel]) -> list[str]:
        return [name for name, versions in self._models.items() if isinstance(versions[max(versions)], kind)]


def quoted(names: Iterable[Any]) -> str:
    """Names in quotes with commas between, or "none"."""
    return ", ".join(f"'{name}'" for name in names) or "none"
