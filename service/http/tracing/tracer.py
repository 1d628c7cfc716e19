"""Which requests have spans, and the making of those: afterwards, when the response has been written.

A request that the sampler leaves out costs a random number and a comparison. One that it chose notes its model calls, and its
spans are made of what is known in the end: a span of the server, and below it `read` (until the body is there), `queue` (until
the first model call) and `model` for each model call.
"""

import time
from collections.abc import Callable, Mapping
from random import getrandbits
from time import perf_counter

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from starlette.types import Scope

from ... import __version__
from ..request import RequestContext
from .attributes import Attributes, model_attributes, server_attributes, span_name
from .sampling import NONE, ROOT, Chosen, Shortcut
from .span_queue import SpanQueue
from .trace import Trace
from .trace_context import TraceParent, parse_parent, parse_state

OTHER_SPANS = 3  # of a request: the server's, read and queue
SCHEMA = "https://opentelemetry.io/schemas/1.44.0"


class RequestTracing:
    """The traces of this process: `sampler` chooses, `queue` takes the spans. It is used by the event loop's thread only."""

    def __init__(
        self,
        sampler: Sampler,
        queue: SpanQueue,
        resource: Resource,
        *,
        shortcut: Shortcut = NONE,
        takes_parents: bool = True,
        when_closed: Callable[[], None] = lambda: None,
    ) -> None:
        self._sampler = sampler
        self._queue = queue
        self._shortcut = shortcut
        self._takes_parents = takes_parents
        self._when_closed = when_closed
        self._chosen = Chosen()
        provider = TracerProvider(self._chosen, resource, shutdown_on_exit=False, id_generator=self._chosen)
        provider.add_span_processor(queue)
        self._tracer = provider.get_tracer("gatecast", __version__, SCHEMA)

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def begin(self, method: str, route: str, headers: Mapping[bytes, bytes]) -> Trace | None:
        """Return the trace of a request, if the sampler chooses it."""
        sent = headers.get(b"traceparent")
        parent = parse_parent(sent) if sent is not None and self._takes_parents else None
        number = getrandbits(128) or 1 if parent is None else int(parent.trace_id, 16)
        if self._shortcut.leaves_out(number, parent):
            return None
        above = ROOT if parent is None else below(parent, number, headers.get(b"tracestate"))
        result = self._sampler.should_sample(above, number, span_name(method, route), SpanKind.SERVER)
        return (
            Trace(number, route, above, result.trace_state) if result.decision is Decision.RECORD_AND_SAMPLE else None
        )

    def end(self, context: RequestContext, scope: Scope) -> None:
        """Make the spans of a request, if there is room for them."""
        trace = context.trace
        if trace is None or not self._queue.takes(OTHER_SPANS + len(trace.calls())):
            return
        ended = perf_counter()
        self._chosen.trace = trace
        self._make_spans(context, scope, trace, ended, time.time_ns() - _nanoseconds(ended))

    def _make_spans(self, context: RequestContext, scope: Scope, trace: Trace, ended: float, epoch: int) -> None:
        """`epoch` is the time of the clock's zero, in nanoseconds since 1970."""
        found = scope.get("route")  # set by FastAPI, if it has one
        route = trace.route or ("" if found is None else found.path)
        attributes = server_attributes(context, scope, trace, route)
        began = epoch + _nanoseconds(context.started)
        server = self._tracer.start_span(
            span_name(scope["method"], route), trace.parent, SpanKind.SERVER, attributes, start_time=began
        )
        below = set_span_in_context(server, ROOT)

        def make(name: str, start: float, end: float, attributes: Attributes | None = None) -> None:
            span = self._tracer.start_span(name, below, attributes=attributes, start_time=epoch + _nanoseconds(start))
            span.end(epoch + _nanoseconds(end))

        if context.read_seconds:
            make("read", context.started, context.started + context.read_seconds)
        calls = trace.calls()
        if calls:
            make("queue", trace.asked, calls[0].started)
        for call in calls:
            make("model", call.started, call.started + call.seconds, model_attributes(call))
        if context.status >= 500:
            server.set_status(StatusCode.ERROR)
        server.end(epoch + _nanoseconds(ended))

    def close(self, seconds: float) -> None:
        """Send what waits, and end within so many seconds."""
        self._queue.close(seconds)
        self._when_closed()


def below(parent: TraceParent, number: int, state: bytes | None) -> Context:
    """The caller's span, as the SDK takes it."""
    flags = TraceFlags(parent.flags)
    remote = SpanContext(number, int(parent.span_id, 16), True, flags, TraceState(parse_state(state)))
    return set_span_in_context(NonRecordingSpan(remote), ROOT)


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
