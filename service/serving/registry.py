"""The verified models in memory. repository.py puts them here; selection.py chooses which one answers."""

import asyncio
import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..errors import UnknownModel
from ..forecast.forecaster import Forecast, Forecaster, PreparedSeries
from ..sentiment.classifier import Review, SentimentClassifier
from ..sentiment.judgement import Sentiment
from .arms import Arms, is_chosen
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
MAX_VIEWS = 64  # of six canaries, all there are; of more, those made last
SENTIMENT = "sentiment"  # the classifier that answers if none is named, and no setting names one


class Usage:
    """How many requests are answered from a registry and its views."""

    def __init__(self) -> None:
        self.requests = 0
        self.unused = asyncio.Event()
        self.unused.set()


class Registry:
    """The loaded versions by name and number. `arms` says which of a name is its default; otherwise the newest is.

    `sentiment_model` names the classifier of requests that name none; without it, `sentiment` is, or the first one by name.

    A registry never changes: a reload makes a new one. A request enters the registry that is current when it comes, and
    is answered from there until it leaves. A model that no registry lists any more can be closed. Where a name has a canary,
    a request enters a view: the same models, with the defaults that its id has chosen.
    """

    def __init__(
        self,
        models: Iterable[LoadedModel],
        sentiment_model: str | None = None,
        arms: Mapping[str, Arms] = MappingProxyType({}),
    ) -> None:
        self._models: dict[str, dict[int, LoadedModel]] = {}
        for model in sorted(models, key=lambda m: (m.predictor.card.name, int(m.predictor.card.version))):
            card = model.predictor.card
            self._models.setdefault(card.name, {})[int(card.version)] = model
            model.registries += 1
        self._sentiment_model = sentiment_model
        self.arms = {name: arms.get(name) or Arms(max(versions)) for name, versions in self._models.items()}
        self._canaries = {name: arm for name, arm in self.arms.items() if arm.canary is not None and arm.percent > 0}
        self._views: dict[frozenset[str], Registry] = {}
        self._usage = Usage()
        self._choose({name: arm.stable for name, arm in self.arms.items()})

    def _choose(self, defaults: dict[str, int]) -> None:
        """Make these versions the defaults."""
        self._defaults = {name: self._models[name][version] for name, version in defaults.items()}
        self._classifiers = [name for name, model in self._defaults.items() if isinstance(model, LoadedClassifier)]
        preferred = [name for name in (self._sentiment_model, SENTIMENT) if name in self._classifiers]
        self._default_classifier: str | None = next(iter([*preferred, *self._classifiers]), None)

    def view(self, request_id: str) -> "Registry":
        """Return the registry of a request: itself, unless the id chooses a canary. The same id gets the same view."""
        if not self._canaries:
            return self
        chosen = frozenset(name for name, arm in self._canaries.items() if is_chosen(name, request_id, arm.percent))
        if not chosen:
            return self
        if chosen not in self._views:
            if len(self._views) >= MAX_VIEWS:
                del self._views[next(iter(self._views))]
            self._views[chosen] = self._with_canaries(chosen)
        return self._views[chosen]

    def _with_canaries(self, chosen: frozenset[str]) -> "Registry":
        """The same models, where the canaries of some names are their defaults."""
        view = copy.copy(self)
        view._canaries, view._views = {}, {}
        arms = self._canaries
        view._choose(
            {name: int(m.predictor.card.version) for name, m in self._defaults.items()}
            | {name: canary for name in chosen if (canary := arms[name].canary) is not None}
        )
        return view

    def share_of(self, model: LoadedModel) -> float:
        """Return the share of the requests without a version that a model answers, from 0 to 1."""
        card = model.predictor.card
        return self.arms[card.name].share_of(int(card.version))

    def __iter__(self) -> Iterator[LoadedModel]:
        return (model for versions in self._models.values() for model in versions.values())

    def enter(self) -> None:
        """Count one more request that is answered from here."""
        self._usage.requests += 1
        self._usage.unused.clear()

    def leave(self) -> None:
        """Count one request less."""
        self._usage.requests -= 1
        if not self._usage.requests:
            self._usage.unused.set()

    async def retire(self) -> None:
        """Wait until no request is answered from here, then close the models that no other registry lists."""
        await self._usage.unused.wait()
        for model in self:
            model.registries -= 1
        await asyncio.gather(*(model.batcher.close() for model in self if not model.registries))

    @property
    def wait_seconds(self) -> float:
        """How long all waiting items will take, estimated from past calls: the models share the machine."""
        return sum([model.batcher.wait_seconds for model in self])

    def is_default(self, model: LoadedModel) -> bool:
        """Whether it answers requests that name its model and no version."""
        return self._defaults[model.predictor.card.name] is model

    def get(self, name: str, version: str | None = None) -> LoadedModel:
        """Return a model by name and version; without a version, the default. Raises UnknownModel."""
        versions = self._models.get(name)
        if versions is None:
            raise UnknownModel(f"no model of that name is loaded; loaded are {quoted(self._models)}")
        if version is None:
            return self._defaults[name]
        for number, model in versions.items():
            if str(number) == version:
                return model
        raise UnknownModel(f"'{name}' has no version of that number; loaded are {quoted(versions)}")

    def forecasters(self, name: str | None, version: str | None) -> list[LoadedForecaster]:
        """Return the named forecaster, or the default version of every one. Raises UnknownModel."""
        forecasters = [model for model in self._defaults.values() if isinstance(model, LoadedForecaster)]
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
        """Return the named sentiment model, or the default one; without a version, its default. Raises UnknownModel."""
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


def quoted(names: Iterable[Any]) -> str:
    """Names in quotes with commas between, or "none"."""
    return ", ".join(f"'{name}'" for name in names) or "none"
