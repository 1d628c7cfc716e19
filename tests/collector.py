"""A collector of traces in the process of the tests: it takes OTLP over HTTP, and keeps the spans."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.servers.collector import receiving
from tests.patience import PATIENCE_S


class SentSpan(NamedTuple):
    """A span as it came. Ids are in hexadecimal digits, times in nanoseconds since 1970."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Any]
    status: int
    state: str
    resource: dict[str, Any]


class Collector:
    """What came. `status` is what is answered."""

    def __init__(self) -> None:
        self.status = 200
        self.spans: list[SentSpan] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._changed = threading.Condition()
        self.url = ""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Note a request."""
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        with self._changed:
            self.paths.append(path)
            self.headers.append(headers)
            self.spans += _spans(ExportTraceServiceRequest.FromString(body))
            self._changed.notify_all()

    def wait_for(self, count: int, name: str = "") -> list[SentSpan]:
        """Wait until so many spans, of this name, have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.named(name)) >= count, PATIENCE_S), self.spans
            return self.named(name)

    def named(self, name: str) -> list[SentSpan]:
        """The spans of this name; all, without one."""
        return [span for span in self.spans if not name or span.name == name]


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


def _spans(request: Any) -> Iterator[SentSpan]:
    for group in request.resource_spans:
        resource = {each.key: _value(each.value) for each in group.resource.attributes}
        for span in (span for scope in group.scope_spans for span in scope.spans):
            attributes = {each.key: _value(each.value) for each in span.attributes}
            ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
            times = (span.start_time_unix_nano, span.end_time_unix_nano)
            yield SentSpan(span.name, *ids, span.kind, *times, attributes, span.status.code, span.trace_state, resource)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port of this machine."""
    collector = Collector()

    def take(path: str, headers: dict[str, str], body: bytes) -> int:
        collector.take(path, headers, body)
        return collector.status

    with receiving(take) as collector.url:
        yield collector
