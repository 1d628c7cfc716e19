"""Which requests have spans, and what is handed on of those: afterwards, when the response has been written.

A request that is left out costs a random number and a comparison. One that is chosen notes its model calls, and a plain tuple of
what is known in the end goes into a queue. Its spans are made from that by the thread that sends them, many at once: on the event
loop, where each would be made alone, it takes three times as long, and other requests wait.
"""

import time
from collections.abc import Callable, Mapping
from random import getrandbits
from time import perf_counter

from starlette.types import Scope

from ..request import RequestContext
from .finished import MAX_HOST, MAX_PATH, FinishedCall, FinishedRequest
from .sampling import Sampling
from .span_queue import SpanQueue
from .trace import ModelCall, Trace
from .trace_context import MAX_TRACE_STATE, parse_parent


class RequestTracing:
    """The traces of this process: `sampling` chooses, `queue` takes what is known. It is used by the event loop's thread only."""

    def __init__(
        self,
        sampling: Sampling,
        queue: SpanQueue,
        *,
        takes_parents: bool = True,
        when_closed: Callable[[], None] = lambda: None,
    ) -> None:
        self._sampling = sampling
        self._queue = queue
        self._takes_parents = takes_parents
        self._when_closed = when_closed

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def begin(self, route: str, headers: Mapping[bytes, bytes]) -> Trace | None:
        """Return the trace of a request, if it is sampled."""
        sent = headers.get(b"traceparent")
        parent = parse_parent(sent) if sent is not None and self._takes_parents else None
        number = getrandbits(128) or 1 if parent is None else int(parent.trace_id, 16)
        if not self._sampling.takes(number, parent):
            return None
        state = None if parent is None else headers.get(b"tracestate")
        return Trace(number, route, parent, state if state is None or len(state) <= MAX_TRACE_STATE else None)

    def end(self, context: RequestContext, scope: Scope) -> None:
        """Hand on what is known of a request that has a trace."""
        if context.trace is not None:
            self._queue.put(finished(context, context.trace, scope))

    def close(self, seconds: float) -> None:
        """Send what waits, and end within so many seconds."""
        self._queue.close(seconds)
        self._when_closed()


def finished(context: RequestContext, trace: Trace, scope: Scope) -> FinishedRequest:
    """What is known of a request that ends now. Texts of any length are cut."""
    found = scope.get("route")  # set by FastAPI, if it has one
    ended = perf_counter()
    return FinishedRequest(
        trace.number,
        trace.parent,
        trace.state,
        scope["method"],
        trace.route or ("" if found is None else found.path),
        context.path[:MAX_PATH],
        scope["scheme"],
        scope["http_version"],
        context.headers.get(b"host", b"")[:MAX_HOST],
        scope.get("server"),
        context.client,
        context.request_id,
        context.status,
        context.model,
        context.version,
        context.items,
        context.started,
        context.read_seconds,
        trace.asked,
        ended,
        time.time_ns() - int(ended * 1e9),
        trace.model_calls,
        tuple(map(_finished_call, trace.calls())),
    )


def _finished_call(call: ModelCall) -> FinishedCall:
    """A model call without its model, which may be replaced before the spans are made."""
    model = call.model
    return FinishedCall(
        call.started,
        call.seconds,
        call.items,
        "" if model is None else model.name,
        "" if model is None else model.version,
    )
