"""What is so now of the models: which are loaded, what waits for them, and what reloads did."""

from collections.abc import Iterable

from ..measures import Gauge, Measures
from ..serving.model_measures import LABELS
from ..serving.registry import LoadedModel
from ..serving.repository import ModelRepository


class PublishedModels:
    """Sets gauges for the versions that are loaded, and takes away those of versions that are not any more."""

    def __init__(self, measures: Measures, repository: ModelRepository) -> None:
        self._repository = repository
        self._loaded = _Current(
            measures.gauge("gatecast_model_loaded", "1 for every loaded version", (*LABELS, "engine"), "max")
        )
        self._share = _Current(
            measures.gauge("gatecast_version_share", "share of the requests that name no version", LABELS, "max")
        )
        self._depth = _Current(measures.gauge("gatecast_queue_depth", "items that wait for their turn", LABELS))
        self._wait = _Current(
            measures.gauge("gatecast_queue_seconds", "how long what waits will take, by estimate", LABELS, "max")
        )
        self._refused = _Current(
            measures.gauge("gatecast_refused_versions", "1 for every version that the last scan refused", LABELS, "max")
        )
        reloads = measures.counter("gatecast_reloads_total", "rescans of the models directory", ("outcome",))
        for outcome in repository.reloads:
            reloads.labels(outcome)
        repository.count_reload = lambda outcome: reloads.labels(
            outcome
        ).add()  # as they happen: a worker may be killed
        self._tensorflow_loads = measures.counter(
            "gatecast_tensorflow_loads_total",
            "SavedModels that TensorFlow loaded after the start, and whose memory it keeps",
        ).labels()

    def publish(self) -> None:
        """Set them."""
        repository = self._repository
        models = [*repository.registry]
        self._loaded.set(((*_labels(model), model.predictor.backend), 1) for model in models)
        self._share.set((_labels(model), repository.registry.share_of(model)) for model in models)
        self._depth.set((_labels(model), model.batcher.depth) for model in models)
        self._wait.set((_labels(model), model.batcher.wait_seconds) for model in models)
        self._refused.set(((name or "", version or ""), 1) for name, version, _ in repository.refused)
        self._tensorflow_loads.set_total(repository.tensorflow_loads)


class _Current:
    """A gauge whose series are those of the last time that it was set."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._shown: set[tuple[str, ...]] = set()

    def set(self, values: Iterable[tuple[tuple[str, ...], float]]) -> None:
        """Set the series with these label values; the others have no value any more."""
        current = dict(values)
        for labels in self._shown - current.keys():
            self._gauge.labels(*labels).clear()
        for labels, value in current.items():
            self._gauge.labels(*labels).set(value)
        self._shown = set(current)


def _labels(model: LoadedModel) -> tuple[str, str]:
    card = model.predictor.card
    return card.name, card.version
