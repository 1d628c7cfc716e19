"""A request that has been answered → its spans, as the SDK's exporters take them.

There is a span of the server, and below it `read` (until the body is there), `queue` (until the first model call) and `model` for
each of the first model calls. The SDK's tracer would make them in five times the time.
"""

from collections.abc import Iterator

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from ... import __version__
from .attributes import Attributes, model_attributes, server_attributes, span_name
from .finished import FinishedRequest
from .trace_context import TraceParent, parse_state

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
NO_STATE = TraceState()
UNSET, ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)


class SpanMaker:
    """Makes spans of `resource`. It is used by one thread. Raises ValueError where the SDK's variables for limits are wrong."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._scope = InstrumentationScope("gatecast", __version__, SCHEMA)
        self._limits = SpanLimits()
        self._new_id = RandomIdGenerator().generate_span_id

    def make(self, request: FinishedRequest) -> list[ReadableSpan]:
        """The spans of a request; that of the server is the last, as it ends last."""
        state = NO_STATE if request.state is None else TraceState(parse_state(request.state))
        server = self._context(request.number, state)
        children = [
            self._span(name, self._context(request.number, state), server, SpanKind.INTERNAL, attributes, start, end)
            for name, start, end, attributes in _children(request)
        ]
        name = span_name(request.method, request.route)
        parent = None if request.parent is None else _remote(request.parent, request.number, state)
        times = _time(request, request.started), _time(request, request.ended)
        status = ERROR if request.status >= 500 else UNSET
        return [
            *children,
            self._span(name, server, parent, SpanKind.SERVER, server_attributes(request), *times, status),
        ]

    def _context(self, number: int, state: TraceState) -> SpanContext:
        return SpanContext(number, self._new_id(), False, SAMPLED, state)

    def _span(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        attributes: Attributes,
        start: int,
        end: int,
        status: Status = UNSET,
    ) -> ReadableSpan:
        return ReadableSpan(
            name,
            context,
            parent,
            self._resource,
            self._bounded(attributes),
            kind=kind,
            status=status,
            start_time=start,
            end_time=end,
            instrumentation_scope=self._scope,
        )

    def _bounded(self, attributes: Attributes) -> Attributes | BoundedAttributes:
        """The attributes within the limits that the SDK's variables set, if there are lower ones than its defaults."""
        count, length = self._limits.max_span_attributes, self._limits.max_span_attribute_length
        if length is None and (count is None or len(attributes) <= count):
            return attributes
        return BoundedAttributes(count, attributes, max_value_len=length)


def _children(request: FinishedRequest) -> Iterator[tuple[str, int, int, Attributes]]:
    """Name, start, end and attributes of the spans below the server's."""
    if request.read_seconds:
        yield "read", _time(request, request.started), _time(request, request.started + request.read_seconds), {}
    if request.calls:
        yield "queue", _time(request, request.asked), _time(request, request.calls[0].started), {}
    for call in request.calls:
        start, end = _time(request, call.started), _time(request, call.started + call.seconds)
        yield "model", start, end, model_attributes(call)


def _remote(parent: TraceParent, number: int, state: TraceState) -> SpanContext:
    """The caller's span."""
    return SpanContext(number, int(parent.span_id, 16), True, TraceFlags(parent.flags), state)


def _time(request: FinishedRequest, seconds: float) -> int:
    """A time of the clock of `perf_counter`, in nanoseconds since 1970."""
    return request.epoch + int(seconds * 1e9)
