"""One request: its id, its deadline, its body, and the measured times.

This is the path of every prediction, so it is plain ASGI: no work is done here that not every request needs.
"""

import asyncio
import itertools
import re
import secrets
from collections.abc import Callable
from time import perf_counter
from typing import Any

from pydantic import BaseModel
from starlette.types import Message, Receive, Scope

from ..errors import (
    BodyTimeout,
    BodyTooLarge,
    ClientDisconnected,
    DeadlineExceeded,
    Fault,
    GatecastError,
    InvalidRequest,
    UnsupportedMedia,
)
from ..serving.registry import Registry
from ..serving.turns import Turns
from ..settings import Settings
from .access import Access, Caller
from .body import Body, parse, parse_small
from .encoding import decode
from .lifecycle import Lifecycle

CONNECTION = "gatecast.connection"  # where the ASGI scope has the Connection
SANE_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")
READING_BYTES = 20  # a reading with all its digits, a comma and a space
MAX_PARTS = 1_000  # requests that a body which is too large might be sent in
MILLISECONDS = re.compile(rb"[0-9]{1,9}")
TRACE_PARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context
CHARSETS = (b"", b"utf-8", b"utf8", b"us-ascii")
SEND_BUFFER_BYTES = 1 << 16  # that a connection takes without waiting for its client

_id_prefix = secrets.token_hex(8)  # of all request ids that this process makes
_id_counter = itertools.count()


class Connection:
    """What is known of a client's connection at once. This one is for servers that tell nothing of it."""

    __slots__ = ()
    fault: GatecastError | None = None  # why the body will never be whole

    def is_disconnected(self) -> bool:
        """Whether the client has closed the connection."""
        return False

    def has_whole_body(self) -> bool:
        """Whether the whole body has arrived, so that it can be read without waiting."""
        return False

    def may_block(self, size: int) -> bool:
        """Whether sending `size` bytes may have to wait until the client reads."""
        return size > SEND_BUFFER_BYTES

    def abort(self) -> None:
        """Close the connection at once, for a client that does not read."""

    def keep(self, size: int) -> bool:  # noqa: ARG002 - for subclasses
        """Note that `size` more bytes of the body are kept. If there is no room, `fault` says so and the result is False."""
        return True

    def release(self) -> None:
        """Note that the request has ended."""


UNKNOWN_CONNECTION = Connection()


class RequestContext:
    """A request that is being answered. Times are in seconds.

    `began` and `deadline` are on the event loop's clock. `queue_seconds` and `compute_seconds` are the largest of the request's items.
    The middleware sets these and `registry` for the routes that predict; those set `model` and `version`, and call `charge`.
    It sets `caller` and `access` for all routes.
    """

    __slots__ = (
        "_receive",
        "access",
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
        "model",
        "path",
        "queue_seconds",
        "registry",
        "reply_bytes",
        "request_id",
        "started",
        "status",
        "version",
    )
    access: Access
    began: float
    deadline: float
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
        self.client = self.model = self.version = ""  # the address of who asked, and what answered
        self.caller: Caller | None = None  # by the key, as soon as it is known
        self.status = 0  # of the response, as soon as it begins
        self.items = 0  # series or texts of the request
        self.body_bytes = self.reply_bytes = 0
        self.queue_seconds = 0.0
        self.compute_seconds = 0.0

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
        """The trace id of the header `traceparent`."""
        sent = self.headers.get(b"traceparent")
        match = TRACE_PARENT.fullmatch(sent) if sent is not None else None
        return match[1].decode() if match else None

    def charge(self, items: int) -> None:
        """Note how many series or texts were sent. Raises TooManyRequests or InvalidRequest if that is over a limit."""
        self.items = items
        if self.caller is not None:
            self.access.charge(self.caller, items)

    def record(self, queue_seconds: float, compute_seconds: float) -> None:
        """Note how long an item waited, and how long its model call took."""
        if queue_seconds > self.queue_seconds:
            self.queue_seconds = queue_seconds
        if compute_seconds > self.compute_seconds:
            self.compute_seconds = compute_seconds

    def parse_deadline(self, settings: Settings) -> float:
        """Return the deadline by `X-Request-Timeout-Ms`, or by the default; sets `began`. Raises InvalidRequest."""
        limit = settings.timeout_ms
        sent = self.headers.get(b"x-request-timeout-ms")
        if sent is not None:
            sent = sent.strip()
            if not MILLISECONDS.fullmatch(sent) or not 1 <= int(sent) <= settings.max_timeout_ms:
                detail = f"must be a whole number of milliseconds from 1 to {settings.max_timeout_ms}"
                raise InvalidRequest(
                    f"the header X-Request-Timeout-Ms {detail}", faults=[Fault("/headers/x-request-timeout-ms", detail)]
                )
            limit = int(sent)
        self.began = asyncio.get_running_loop().time() - self.total_seconds
        return self.began + limit / 1000

    async def read(self, model: type[Body], settings: Settings, lifecycle: Lifecycle) -> Body:
        """Read the body, inflate it and validate it.

        Raises UnsupportedMedia, BodyTooLarge, BodyTimeout when the body does not arrive in time, ClientDisconnected,
        MalformedBody, InvalidRequest or DeadlineExceeded; and Overloaded when there is no room for a large body.
        """
        _check_type(self.headers.get(b"content-type", b""))
        raw = await self._read_body(settings, lifecycle)
        self.body_bytes = len(raw)
        coding = self.headers.get(b"content-encoding")
        if coding is None and (body := parse_small(raw, model)) is not None:
            return body
        turns = Turns(self)
        if coding is not None:
            raw = await decode(raw, coding, settings.max_body_bytes, turns)
            if not self.connection.keep(len(raw)):
                self._raise_fault()
        return await parse(raw, model, turns)

    async def _read_body(self, settings: Settings, lifecycle: Lifecycle) -> bytes:
        max_bytes = settings.max_body_bytes
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > max_bytes:
            raise _too_large(max_bytes, int(length) if length.isdigit() else 0)
        if b"content-length" in self.headers and self.connection.has_whole_body():
            self._raise_fault()
            return _content(await self._receive())  # no more bytes than the header says
        latest = self.began + settings.body_timeout_ms / 1000
        parts, size, more = [], 0, True
        while more:
            message = await self._receive_in_time(latest, lifecycle)
            self._raise_fault()
            parts.append(_content(message))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > max_bytes:
                raise _too_large(max_bytes, 0)
        return parts[0] if len(parts) == 1 else b"".join(parts)

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


def _too_large(max_bytes: int, size: int) -> BodyTooLarge:
    """The refusal of a body of `size` bytes, 0 if that is not known. It says how much fits."""
    parts = (
        f"in {-(-size // max_bytes)} requests or more"
        if max_bytes < size < MAX_PARTS * max_bytes
        else "in several ones"
    )
    return BodyTooLarge(
        f"the body is larger than {max_bytes} bytes; send less at once: a batch can go {parts}. About "
        f"{max(1, max_bytes // READING_BYTES):,} readings of 17 digits fit in one body"
    )


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


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is `model`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _check_type(sent: bytes) -> None:
    """Check the header Content-Type. Raises UnsupportedMedia unless it is JSON in UTF-8."""
    if sent == b"application/json":
        return
    kind, *parameters = sent.lower().split(b";")
    kind = kind.strip()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise _unsupported("send the body as JSON, with 'Content-Type: application/json'")
    for name, _, value in (parameter.partition(b"=") for parameter in parameters):
        if name.strip() == b"charset" and value.strip().strip(b'"') not in CHARSETS:
            raise _unsupported("JSON is sent in UTF-8; encode the body so, and leave the charset out")


def _unsupported(detail: str) -> UnsupportedMedia:
    return UnsupportedMedia(detail, faults=[Fault("/headers/content-type", detail)])
