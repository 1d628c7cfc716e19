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

from service.errors import (
    BodyTooLarge,
    ClientDisconnected,
    DeadlineExceeded,
    InvalidRequest,
    UnsupportedMedia,
)
from service.http.body import Body, parse
from service.http.lifecycle import Lifecycle
from service.serving.registry import Registry
from service.serving.turns import Turns

CONNECTION = "gatecast.connection"  # where the ASGI scope has the Connection
SANE_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")
MILLISECONDS = re.compile(rb"[0-9]{1,9}")
MAX_TIMEOUT_MS = 600_000
SEND_BUFFER_BYTES = 1 << 16  # that a connection takes without waiting for its client

_id_prefix = secrets.token_hex(8)  # of all request ids that this process makes
_id_counter = itertools.count()


class Connection:
    """What is known of a client's connection at once. This one is for servers that tell nothing of it."""

    __slots__ = ()

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


class RequestContext:
    """A request that is being answered. Times are in seconds.

    `deadline` is on the event loop's clock. `queue_seconds` and `compute_seconds` are the largest of the request's items.
    The middleware sets `deadline` and `registry` for the routes that predict; those set `model`, `version` and `items`.
    """

    __slots__ = (
        "_receive",
        "_scope",
        "compute_seconds",
        "connection",
        "deadline",
        "headers",
        "is_disconnected",
        "items",
        "model",
        "queue_seconds",
        "registry",
        "request_id",
        "started",
        "version",
    )
    deadline: float
    registry: Registry
    is_disconnected: Callable[[], bool]

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.started = perf_counter()
        self._scope = scope
        self._receive = receive
        # taken out of the scope: it refers to the scope, and a cycle would have to wait for the garbage collector
        self.connection: Connection = scope.pop(CONNECTION, UNKNOWN_CONNECTION)
        self.is_disconnected = self.connection.is_disconnected
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id = make_request_id(self.headers.get(b"x-request-id"))
        self.model = self.version = ""  # what answered, for the log
        self.items = 0  # series or texts of the request
        self.queue_seconds = 0.0
        self.compute_seconds = 0.0

    @property
    def path(self) -> str:
        return str(self._scope["path"])

    @property
    def total_seconds(self) -> float:
        """Seconds since the request came."""
        return perf_counter() - self.started

    @property
    def server_timing(self) -> str:
        """The value of the header `Server-Timing`, in milliseconds."""
        queue, model, total = self.queue_seconds * 1e3, self.compute_seconds * 1e3, self.total_seconds * 1e3
        return f"queue;dur={queue:.2f}, model;dur={model:.2f}, total;dur={total:.2f}"

    def record(self, queue_seconds: float, compute_seconds: float) -> None:
        """Note how long an item waited, and how long its model call took."""
        if queue_seconds > self.queue_seconds:
            self.queue_seconds = queue_seconds
        if compute_seconds > self.compute_seconds:
            self.compute_seconds = compute_seconds

    def parse_deadline(self, default_ms: int) -> float:
        """Return the deadline by `X-Request-Timeout-Ms`, or by the default. Raises InvalidRequest."""
        limit = default_ms
        sent = self.headers.get(b"x-request-timeout-ms")
        if sent is not None:
            sent = sent.strip()
            if not MILLISECONDS.fullmatch(sent) or not 1 <= int(sent) <= MAX_TIMEOUT_MS:
                raise InvalidRequest(
                    f"the header X-Request-Timeout-Ms must be a whole number from 1 to {MAX_TIMEOUT_MS}"
                )
            limit = int(sent)
        return asyncio.get_running_loop().time() - self.total_seconds + limit / 1000

    async def read(self, model: type[Body], max_bytes: int, lifecycle: Lifecycle) -> Body:
        """Read the body and validate it.

        Raises UnsupportedMedia, BodyTooLarge, DeadlineExceeded when the body does not arrive before the deadline,
        ClientDisconnected, MalformedBody or InvalidRequest.
        """
        _check_type(self.headers.get(b"content-type", b""))
        raw = await self._read_body(max_bytes, lifecycle)
        return await parse(raw, model, Turns(self))

    async def _read_body(self, max_bytes: int, lifecycle: Lifecycle) -> bytes:
        too_large = f"the body is larger than {max_bytes} bytes; send less at once"
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > max_bytes:
            raise BodyTooLarge(too_large)
        if b"content-length" in self.headers and self.connection.has_whole_body():
            return _content(await self._receive())  # no more bytes than the header says
        parts, size, more = [], 0, True
        while more:
            message = await self._receive_in_time(lifecycle)
            parts.append(_content(message))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > max_bytes:
                raise BodyTooLarge(too_large)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _receive_in_time(self, lifecycle: Lifecycle) -> Message:
        """The next message, if it comes before the deadline. asyncio.timeout would cost four times as much."""
        is_late = False
        task = asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            nonlocal is_late
            is_late = True
            task.cancel()

        alarm = asyncio.get_running_loop().call_at(self.deadline, cancel)
        lifecycle.reading += 1
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if not is_late:
                raise
            task.uncancel()
            raise DeadlineExceeded("the body did not arrive within the request's time limit") from None
        finally:
            lifecycle.reading -= 1
            alarm.cancel()
        return message


UNKNOWN_CONNECTION = Connection()


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
    if sent == b"application/json":
        return
    kind = sent.split(b";")[0].strip().lower()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise UnsupportedMedia("send the body as JSON, with 'Content-Type: application/json'")
