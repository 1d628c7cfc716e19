"""What is counted, in Prometheus' form. Counting is a dictionary update; the rest is done when `/metrics` is asked.

Names of HTTP metrics are those that dashboards for FastAPI services know.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from service.http.lifecycle import Lifecycle
from service.serving.registry import Loaded

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OTHER = "other"  # every path that is none of ours, so that callers cannot make labels up


class HttpCounts:
    """Requests by handler, method and status, and how long they took."""

    def __init__(self, handlers: Iterable[str]) -> None:
        self._handlers = frozenset(handlers)
        self.requests: dict[tuple[str, str, int], int] = {}
        self.buckets: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def note(self, handler: str, method: str, status: int, seconds: float) -> None:
        if handler not in self._handlers:
            handler = OTHER
            method = "" if method not in ("GET", "POST") else method
        key = (handler, method, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        buckets = self.buckets.get(handler)
        if buckets is None:
            buckets = self.buckets[handler] = [0] * (len(SECONDS) + 1)
        buckets[bisect_left(SECONDS, seconds)] += 1
        self.seconds[handler] = self.seconds.get(handler, 0.0) + seconds


class Metrics:
    """Everything that `/metrics` answers; `library` is the service's Library."""

    def __init__(self, http: HttpCounts, lifecycle: Lifecycle, library: Any) -> None:
        self._http = http
        self._lifecycle = lifecycle
        self._library = library
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._registry.register(self)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client for every scrape."""
        yield from self._of_http()
        yield _gauge(
            "gatecast_ready", "1 while models are proven and the service is not ending", self._lifecycle.is_ready
        )
        yield _gauge("gatecast_requests_in_flight", "requests being answered", self._lifecycle.in_flight)
        yield from self._of_models([*self._library.registry])
        reloads = CounterMetricFamily("gatecast_reloads", "rescans of the models directory", labels=["outcome"])
        for outcome, count in self._library.reloads.items():
            reloads.add_metric([outcome], count)
        yield reloads
        yield CounterMetricFamily(
            "gatecast_tensorflow_loads",
            "SavedModels that TensorFlow loaded after the start, and whose memory it keeps",
            value=self._library.tensorflow_loads,
        )

    def _of_http(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("http_requests", "requests", labels=["handler", "method", "status"])
        for (handler, method, status), count in self._http.requests.items():
            requests.add_metric([handler, method, str(status)], count)
        yield requests
        durations = HistogramMetricFamily("http_request_duration_seconds", "time to answer", labels=["handler"])
        for handler, buckets in self._http.buckets.items():
            durations.add_metric([handler], _cumulative(buckets), self._http.seconds[handler])
        yield durations

    def _of_models(self, models: list[Loaded]) -> Iterator[Metric]:
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
            card, batcher = model.predictor.card, model.engine.batcher
            values = [card.name, card.version]
            info.add_metric([*values, model.predictor.engine], 1)
            depth.add_metric(values, batcher.depth)
            wait.add_metric(values, batcher.wait_seconds)
            for name, counter in counters.items():
                counter.add_metric(values, getattr(batcher.counts, name))
        yield from (info, depth, wait, *counters.values())


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=float(value))


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    """Counts per bucket → counts up to each bound, as the format wants them."""
    total, bounds = 0, [*(repr(bound) for bound in SECONDS), "+Inf"]
    rows = []
    for bound, count in zip(bounds, buckets, strict=True):
        total += count
        rows.append((bound, float(total)))
    return rows
