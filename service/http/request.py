"""One request: its id, its deadline, its body, and the measured times.

This is the path of every prediction, so it is plain ASGI: no work is done here that not every request needs.
"""

import asyncio
import itertools
import re
import secrets
from collections.abc import Callable
from time import perf_counter

from starlette.types import Message, Receive, Scope

from ..errors import BodyTimeout, ClientDisconnected, DeadlineExceeded, Fault, InvalidRequest, Refusal
from ..interfaces import Named
from ..keys import Scope as KeyScope
from ..serving.registry import Registry
from ..serving.turns import Turns
from .access import Access, Caller
from .body import Body, BodyLimits, check_type, parse, parse_small, too_large
from .client_connection import CONNECTION, UNKNOWN_CONNECTION, Connection
from .encoding import CODINGS, decode, joined
from .lifecycle import Lifecycle
from .tracing.trace import ModelCall, Trace
from .tracing.trace_context import TraceParent, parse_parent

SANE_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")
MILLISECONDS = re.compile(rb"[0-9]{1,9}")

_id_prefix = secrets.token_hex(8)  # of all request ids that this process makes
_id_counter = itertools.count()


class RequestContext:
    """A request that is being answered. Times are in seconds.

    `began` and `deadline` are on the event loop's clock. `queue_seconds` and `compute_seconds` are the largest of the request's items;
    `batch_items` were in the longest model call. After `read_seconds` the body was there, or given up. `trace` is that of a request
    which has spans.
    The middleware sets these and `registry` for the routes that predict; those set `model` and `version`, and call `charge`.
    It sets `caller` and `access` for all routes. Where the path has parameters, `path_parameters` has them, and `template` is the
    path with their names.
    """

    __slots__ = (
        "_receive",
        "access",
        "batch_items",
        "began",
        "body_bytes",
        "caller",
        "client",
        "compute_seconds",
        "connection",
        "deadline",
        "headers",
        "is_disconnected",
        "items",
        "limits",
        "model",
        "path",
        "path_parameters",
        "queue_seconds",
        "read_seconds",
        "refusal",
        "registry",
        "reply_bytes",
        "request_id",
        "started",
        "status",
        "template",
        "trace",
        "version",
    )
    access: Access
    began: float
    deadline: float
    limits: BodyLimits
    path_parameters: dict[str, str]
    registry: Registry
    is_disconnected: Callable[[], bool]

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.started = perf_counter()
        self._receive = receive
        # taken out of the scope: it refers to the scope, and a cycle would have to wait for the garbage collector
        self.connection: Connection = scope.pop(CONNECTION, UNKNOWN_CONNECTION)
        self.is_disconnected = self.connection.is_disconnected
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.path: str = scope["path"]
        self.request_id = make_request_id(self.headers.get(b"x-request-id"))
        self.client = self.model = self.version = self.template = ""  # the address of who asked, and what answered
        self.caller: Caller | None = None  # by the key, as soon as it is known
        self.status = 0  # of the response, as soon as it begins
        self.refusal: Refusal | None = None  # why it was not worked on
        self.items = 0  # series or texts of the request
        self.body_bytes = self.reply_bytes = 0
        self.queue_seconds = 0.0
        self.compute_seconds = 0.0
        self.read_seconds = 0.0
        self.batch_items = 0
        self.trace: Trace | None = None

    @property
    def total_seconds(self) -> float:
        """Seconds since the request came."""
        return perf_counter() - self.started

    @property
    def server_timing(self) -> str:
        """The value of the header `Server-Timing`, in milliseconds."""
        queue, model, total = self.queue_seconds * 1e3, self.compute_seconds * 1e3, self.total_seconds * 1e3
        return f"queue;dur={queue:.2f}, model;dur={model:.2f}, total;dur={total:.2f}"

    @property
    def trace_id(self) -> str | None:
        """The trace that the request belongs to, if it has spans here or the header `traceparent` names one."""
        if self.trace is not None:
            return self.trace.trace_id
        parent = self._trace_parent()
        return parent.trace_id if parent is not None else None

    @property
    def sampled_trace_id(self) -> str | None:
        """The same, but only of a trace that is sampled, here or by the caller's word: for exemplars, which lead to it."""
        if self.trace is not None:
            return self.trace.trace_id
        parent = self._trace_parent()
        return parent.trace_id if parent is not None and parent.is_sampled else None

    def _trace_parent(self) -> TraceParent | None:
        sent = self.headers.get(b"traceparent")
        return None if sent is None else parse_parent(sent)

    def require(self, scope: KeyScope) -> None:
        """Raise Forbidden if the caller's key lacks the scope."""
        if self.caller is not None:
            self.caller.require(scope)

    def charge(self, items: int) -> None:
        """Note how many series or texts were sent. Raises TooManyRequests or InvalidRequest if that is over a limit."""
        self.items = items
        if self.caller is not None:
            self.access.charge(self.caller, items)

    def record(
        self,
        queue_seconds: float,
        compute_seconds: float,
        items: int = 1,
        started: float = 0.0,
        model: Named | None = None,
    ) -> None:
        """Note how long an item waited, how long its model call took, how many items that had, when it began, and whose it was."""
        if queue_seconds > self.queue_seconds:
            self.queue_seconds = queue_seconds
        if compute_seconds > self.compute_seconds:
            self.compute_seconds = compute_seconds
            self.batch_items = items
        if self.trace is not None:
            self.trace.note(queue_seconds, ModelCall(started, compute_seconds, items, model))

    def parse_deadline(self, default_ms: int, max_ms: int) -> float:
        """Return the deadline by `X-Request-Timeout-Ms`, or by the default; sets `began`. Raises InvalidRequest."""
        limit = default_ms
        sent = self.headers.get(b"x-request-timeout-ms")
        if sent is not None:
            sent = sent.strip()
            if not MILLISECONDS.fullmatch(sent) or not 1 <= int(sent) <= max_ms:
                detail = f"must be a whole number of milliseconds from 1 to {max_ms}"
                raise InvalidRequest(
                    f"the header X-Request-Timeout-Ms {detail}", faults=[Fault("/headers/x-request-timeout-ms", detail)]
                )
            limit = int(sent)
        self.began = asyncio.get_running_loop().time() - self.total_seconds
        return self.began + limit / 1000

    async def read(self, model: type[Body], limits: BodyLimits, lifecycle: Lifecycle) -> Body:
        """Read the body, inflate it and validate it.

        Raises UnsupportedMedia, BodyTooLarge, BodyTimeout when the body does not arrive in time, ClientDisconnected,
        MalformedBody, InvalidRequest or DeadlineExceeded; and Overloaded when there is no room for a large body.
        """
        check_type(self.headers.get(b"content-type", b""))
        try:
            raw = await self._read_body(limits, lifecycle)
        finally:
            self.read_seconds = perf_counter() - self.started
        self.body_bytes = len(raw)
        coding = self.headers.get(b"content-encoding")
        if coding is None and (body := parse_small(raw, model)) is not None:
            return body
        turns = Turns(self)
        if coding is not None:
            raw = await self._inflated(raw, coding, limits, CODINGS, turns)
        return await parse(raw, model, turns)

    async def read_raw(self, limits: BodyLimits, lifecycle: Lifecycle, codings: tuple[bytes, ...]) -> bytes:
        """Read the body as bytes, and inflate it. Raises as `read` does, but does not look into it."""
        try:
            raw = await self._read_body(limits, lifecycle)
        finally:
            self.read_seconds = perf_counter() - self.started
        self.body_bytes = len(raw)
        coding = self.headers.get(b"content-encoding")
        return raw if coding is None else await self._inflated(raw, coding, limits, codings, Turns(self))

    async def _inflated(
        self, raw: bytes, coding: bytes, limits: BodyLimits, codings: tuple[bytes, ...], turns: Turns
    ) -> bytes:
        return await decode(raw, coding, limits.max_bytes, turns, codings, self._keep)

    def _keep(self, size: int) -> None:
        """Count bytes of the body that were inflated. Raises Overloaded if there is no room for them."""
        if not self.connection.keep(size):
            self._raise_fault()

    async def _read_body(self, limits: BodyLimits, lifecycle: Lifecycle) -> bytes:
        max_bytes = limits.max_bytes
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > max_bytes:
            raise too_large(max_bytes, int(length) if length.isdigit() else 0)
        if b"content-length" in self.headers and self.connection.has_whole_body():
            self._raise_fault()
            return _content(await self._receive())  # no more bytes than the header says
        latest = self.began + limits.body_timeout_ms / 1000
        parts, size, more = [], 0, True
        while more:
            message = await self._receive_in_time(latest, lifecycle)
            self._raise_fault()
            parts.append(_content(message))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > max_bytes:
                raise too_large(max_bytes, 0)
        return parts[0] if len(parts) == 1 else await joined(parts)

    def _raise_fault(self) -> None:
        if self.connection.fault is not None:
            raise self.connection.fault

    async def _receive_in_time(self, latest: float, lifecycle: Lifecycle) -> Message:
        """The next message, if it comes before `latest` and the deadline. asyncio.timeout would cost four times as much."""
        is_late = False
        task = asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            nonlocal is_late
            is_late = True
            task.cancel()

        alarm = asyncio.get_running_loop().call_at(min(latest, self.deadline), cancel)
        lifecycle.reading += 1
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if not is_late:
                raise
            task.uncancel()
            fault = BodyTimeout if latest <= self.deadline else DeadlineExceeded
            raise fault("the body did not arrive in time; send it at once", headers={"Connection": "close"}) from None
        finally:
            lifecycle.reading -= 1
            alarm.cancel()
        return message


def _content(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnected("the caller left before its body was whole")
    body: bytes = message.get("body", b"")
    return body


def make_request_id(sent: bytes | None) -> str:
    """Return the client's own request id if it is sane, otherwise a new one."""
    if sent is not None and SANE_ID.fullmatch(sent):
        return sent.decode("ascii")
    return f"{_id_prefix}{next(_id_counter):016x}"
