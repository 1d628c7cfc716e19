"""What is measured of a model's calls, by model and version.

Waiting, calls, items and steps are histograms. The series of a version that is retired stay until the service is
restarted: a counter that vanished would look like one that began anew.
"""

from collections.abc import Sequence

from ..measures import Measures
from .queues import Item, Result, Scheduled

LABELS = ("model", "version")
ITEMS = tuple(2.0**n for n in range(8))  # 1 … 128
STEPS = tuple(2.0**n for n in range(3, 13))  # 8 … 4096


class ModelMeasures:
    """The instruments of one version, for its batcher. `refused`, `expired`, `left` and `failed` are counters."""

    def __init__(self, instruments: "ServingMeasures", name: str, version: str, steps_per_cost: int) -> None:
        self._steps_per_cost = steps_per_cost
        self._wait = instruments.queue_wait.labels(name, version)
        self._call = instruments.model_call.labels(name, version)
        self._items = instruments.batch_items.labels(name, version)
        self._steps = instruments.item_steps.labels(name, version)
        self.refused, self.expired, self.left, self.failed = (
            counter.labels(name, version) for counter in instruments.outcomes
        )

    def count_call(
        self,
        group: Sequence[Scheduled[Item, Result]],
        failed: int,
        started: float,
        seconds: float,
    ) -> None:
        """Count a model call of these items, which took so many seconds. So many of them failed."""
        self._call.observe(seconds)
        self._items.observe(len(group))
        steps_per_cost = float(self._steps_per_cost)  # a comparison of floats takes a third of the time
        self._wait.observe_all([started - job.enqueued for job, _ in group])
        self._steps.observe_all([job.items[index].cost * steps_per_cost for job, index in group])
        if failed:
            self.failed.add(failed)


class ServingMeasures:
    """The metrics of all models."""

    def __init__(self, measures: Measures) -> None:
        self.queue_wait = measures.histogram(
            "gatecast_queue_wait_seconds", "time that an item waited for its model call", LABELS, exemplars=True
        )
        self.model_call = measures.histogram("gatecast_model_call_seconds", "time of a model call", LABELS)
        self.batch_items = measures.histogram("gatecast_batch_items", "items of a model call", LABELS, ITEMS)
        self.item_steps = measures.histogram(
            "gatecast_item_steps", "tokens or time steps that an item made the network read", LABELS, STEPS
        )
        self.outcomes = [
            measures.counter(f"gatecast_model_{name}_total", meaning, LABELS)
            for name, meaning in (
                ("refused", "requests refused because the queue was full, or too long for their deadline"),
                ("expired", "requests whose deadline passed"),
                ("left", "requests dropped because their caller left"),
                ("failed", "items that a model raised an error for"),
            )
        ]

    def of(self, name: str, version: str, steps_per_cost: int = 1) -> ModelMeasures:
        """The instruments of a version. A network reads `steps_per_cost` tokens or time steps for each unit of cost."""
        return ModelMeasures(self, name, version, steps_per_cost)

    def keep_exemplar(self, name: str, version: str, seconds: float, trace_id: str) -> None:
        """Show a trace in which an item has waited so long. Its wait is counted already."""
        handle = self.queue_wait.known(name, version)
        if handle is not None:
            handle.keep(seconds, trace_id)
