"""What `/metrics` answers: the measures of all processes, and what is read when it is asked.

Requests and model calls are counted where they happen. What is so now (queues, connections, models) is published: when
`/metrics` is asked, and where several processes serve, a few times a second.
"""

import platform
from collections.abc import Iterator

from .. import __version__
from ..measures import Definition, Family, Measures
from ..serving.model_measures import LABELS
from ..serving.repository import ModelRepository
from ..settings import Settings
from .access import Access
from .connections import Connections
from .exposition import PLAIN, render
from .lifecycle import Lifecycle
from .memory_limit import publish_memory
from .process_facts import ProcessFacts
from .published_models import PublishedModels
from .published_requests import PublishedRequests

PYTHON = ("implementation", "major", "minor", "patchlevel", "version")
# counters that a histogram holds already: the counter, the histogram, whether its count or its sum, and the meaning
DERIVED = (
    (
        "gatecast_model_calls_total",
        "gatecast_model_call_seconds",
        "count",
        "model calls; items by calls is the batch size",
    ),
    ("gatecast_model_seconds_total", "gatecast_model_call_seconds", "sum", "time in model calls"),
    ("gatecast_model_items_total", "gatecast_batch_items", "sum", "items answered or failed"),
)


class Metrics:
    """Everything that `/metrics` answers."""

    def __init__(
        self,
        settings: Settings,
        measures: Measures,
        lifecycle: Lifecycle,
        connections: Connections,
        access: Access,
        repository: ModelRepository,
    ) -> None:
        self.measures = measures
        for part in (
            PublishedRequests(settings, measures, lifecycle, connections, access),
            PublishedModels(measures, repository),
            ProcessFacts(measures),
        ):
            measures.publish_by(part.publish)
        _publish_build(settings, measures)
        publish_memory(measures)

    def text(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return self.render(PLAIN)[1]

    def render(self, accept: str) -> tuple[str, bytes]:
        """Return the content type and the text of the metrics, in the format that a header Accept asks for."""
        families = self.measures.collect()
        return render([*families, *_derived(families)], accept)


def _publish_build(settings: Settings, measures: Measures) -> None:
    """Set what does not change while the process runs. `python_info` is as client libraries of Prometheus have it."""
    build = measures.gauge(
        "gatecast_build_info",
        "the service, its Python and its engine; always 1",
        ("version", "python", "engine"),
        "max",
    )
    build.labels(__version__, platform.python_version(), settings.engine).set(1)
    major, minor, patch = platform.python_version_tuple()
    python = measures.gauge("python_info", "the Python", PYTHON, "max")
    python.labels(platform.python_implementation(), major, minor, patch, platform.python_version()).set(1)


def _derived(families: list[Family]) -> Iterator[Family]:
    """Counters of model calls, made of the histograms."""
    by_name = {family.definition.name: family for family in families}
    for name, histogram, kind, meaning in DERIVED:
        family = by_name.get(histogram)
        values = {
            labels: value.sum if kind == "sum" else sum(value.buckets)
            for labels, value in ({} if family is None else family.histograms).items()
        }
        yield Family(Definition("counter", name, meaning, LABELS), values)
