"""What `/metrics` answers, in Prometheus' text format.

Requests are counted in plain dictionaries; everything else is read when `/metrics` is asked. The HTTP metrics have the
names that dashboards for FastAPI services know.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from .. import logs
from ..serving.registry import LoadedModel
from ..serving.repository import ModelRepository
from .access import Access
from .access_log import RequestRecord
from .connections import Connections
from .lifecycle import Lifecycle

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OTHER = "other"  # all unknown paths, so that clients cannot create labels


class RequestCounts:
    """Requests by route, method and status, and how long they took."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._routes = frozenset(routes)
        self.requests: dict[tuple[str, str, int], int] = {}
        self.buckets: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def add(self, records: Iterable[RequestRecord]) -> None:
        """Count requests."""
        for record in records:
            route, method = record.route, record.method
            if route not in self._routes:
                route = OTHER
                method = "" if method not in ("GET", "POST") else method
            key = (route, method, record.status)
            self.requests[key] = self.requests.get(key, 0) + 1
            buckets = self.buckets.get(route)
            if buckets is None:
                buckets = self.buckets[route] = [0] * (len(SECONDS) + 1)
            buckets[bisect_left(SECONDS, record.seconds)] += 1
            self.seconds[route] = self.seconds.get(route, 0.0) + record.seconds


class Metrics:
    """Everything that `/metrics` answers. `flush` counts the requests that wait to be counted."""

    def __init__(
        self,
        counts: RequestCounts,
        lifecycle: Lifecycle,
        connections: Connections,
        access: Access,
        repository: ModelRepository,
        flush: Callable[[], None],
    ) -> None:
        self._counts = counts
        self._lifecycle = lifecycle
        self._connections = connections
        self._access = access
        self._repository = repository
        self._flush = flush
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._registry.register(self)

    def text(self) -> bytes:
        """Return the metrics in the text format."""
        self._flush()
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; prometheus_client calls it."""
        yield from self._http_metrics()
        yield _gauge(
            "gatecast_ready", "1 while models are proven and the service is not ending", self._lifecycle.is_ready
        )
        yield _gauge("gatecast_requests_in_flight", "requests being answered", self._lifecycle.in_flight)
        yield _gauge("gatecast_connections", "open connections", self._connections.open)
        yield _gauge("gatecast_buffered_bytes", "bytes of large bodies in memory", self._connections.buffered_bytes)
        yield CounterMetricFamily("gatecast_wrong_keys", "requests with a wrong key", value=self._access.failed_tries)
        yield CounterMetricFamily(
            "gatecast_throttled_keys", "requests refused after too many wrong keys", value=self._access.throttled
        )
        yield CounterMetricFamily(
            "gatecast_log_lines_dropped", "log lines that nobody read in time", value=logs.writer().dropped
        )
        yield from self._model_metrics([*self._repository.registry])
        reloads = CounterMetricFamily("gatecast_reloads", "rescans of the models directory", labels=["outcome"])
        for outcome, count in self._repository.reloads.items():
            reloads.add_metric([outcome], count)
        yield reloads
        yield CounterMetricFamily(
            "gatecast_tensorflow_loads",
            "SavedModels that TensorFlow loaded after the start, and whose memory it keeps",
            value=self._repository.tensorflow_loads,
        )

    def _http_metrics(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("http_requests", "requests", labels=["handler", "method", "status"])
        for (route, method, status), count in self._counts.requests.items():
            requests.add_metric([route, method, str(status)], count)
        yield requests
        durations = HistogramMetricFamily("http_request_duration_seconds", "time to answer", labels=["handler"])
        for route, buckets in self._counts.buckets.items():
            durations.add_metric([route], _cumulative(buckets), self._counts.seconds[route])
        yield durations

    def _model_metrics(self, models: list[LoadedModel]) -> Iterator[Metric]:
        labels = ["model", "version"]
        info = GaugeMetricFamily("gatecast_model_loaded", "1 for every loaded version", labels=[*labels, "engine"])
        depth = GaugeMetricFamily("gatecast_queue_depth", "items that wait for their turn", labels=labels)
        wait = GaugeMetricFamily("gatecast_queue_seconds", "how long what waits will take, by estimate", labels=labels)
        counters = {
            name: CounterMetricFamily(f"gatecast_model_{name}", meaning, labels=labels)
            for name, meaning in {
                "calls": "model calls; items by calls is the batch size",
                "items": "items answered or failed",
                "seconds": "time in model calls",
                "refused": "requests refused because the queue was full",
                "expired": "requests whose deadline passed",
                "left": "requests dropped because their caller left",
                "failed": "items that a model raised an error for",
            }.items()
        }
        for model in models:
            card, batcher = model.predictor.card, model.batcher
            values = [card.name, card.version]
            info.add_metric([*values, model.predictor.backend], 1)
            depth.add_metric(values, batcher.depth)
            wait.add_metric(values, batcher.wait_seconds)
            for name, counter in counters.items():
                counter.add_metric(values, getattr(batcher.counts, name))
        yield from (info, depth, wait, *counters.values())


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=float(value))


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    """Counts per bucket → counts up to each bound, as the format needs them."""
    total, bounds = 0, [*(repr(bound) for bound in SECONDS), "+Inf"]
    rows = []
    for bound, count in zip(bounds, buckets, strict=True):
        total += count
        rows.append((bound, float(total)))
    return rows
