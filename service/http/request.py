"""One request as the service sees it: its id, its time limit, its body, and how long things took.

Pure ASGI, with nothing per request that is not needed by every request: this is the path that all forecasts and
judgements take.
"""

import asyncio
import itertools
import re
import secrets
from time import perf_counter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.types import Message, Receive, Scope

from service.errors import (
    BodyTooLarge,
    ClientDisconnected,
    DeadlineExceeded,
    Fault,
    InvalidRequest,
    MalformedBody,
    UnsupportedMedia,
)
from service.http.lifecycle import Lifecycle
from service.settings import Settings

Body = TypeVar("Body", bound=BaseModel)
Headers = dict[bytes, bytes]
SANE_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")
MILLISECONDS = re.compile(rb"[0-9]{1,9}")
MAX_TIMEOUT_MS = 600_000
MAX_FAULTS = 50
UNREAD_BYTES = 1 << 16  # what a connection takes without waiting for its reader

_begin = secrets.token_hex(8)  # of every request id that this process gives
_counter = itertools.count()


class Call:
    """A request that is being answered. Times in seconds; `queued` and `worked` are the longest of its items."""

    __slots__ = ("_cycle", "_receive", "_scope", "begun", "headers", "queued", "request_id", "worked")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.begun = perf_counter()
        self._scope = scope
        self._receive = receive
        # uvicorn's request knows without being awaited what has come; of another server nothing is asked
        self._cycle = getattr(receive, "__self__", None)
        self.headers: Headers = dict(scope["headers"])
        self.request_id = request_id(self.headers.get(b"x-request-id"))
        self.queued = 0.0
        self.worked = 0.0

    @property
    def path(self) -> str:
        return str(self._scope["path"])

    @property
    def total(self) -> float:
        """Seconds since the request came in."""
        return perf_counter() - self.begun

    @property
    def timing(self) -> str:
        """The value of `Server-Timing`."""
        return f"queue;dur={self.queued * 1e3:.2f}, model;dur={self.worked * 1e3:.2f}, total;dur={self.total * 1e3:.2f}"

    def waited(self, queued: float, worked: float) -> None:
        """Note an item's wait and model call."""
        if queued > self.queued:
            self.queued = queued
        if worked > self.worked:
            self.worked = worked

    def gone(self) -> bool:
        """Whether the caller has hung up; behind another server than uvicorn, callers are answered in any case."""
        return getattr(self._cycle, "disconnected", False)

    def may_stall(self, size: int) -> bool:
        """Whether sending so many bytes may have to wait until the caller has read some."""
        transport = getattr(self._cycle, "transport", None)
        return size > UNREAD_BYTES or (transport is not None and transport.get_write_buffer_size() > 0)

    def abandon(self) -> None:
        """Cut the connection of a caller who does not read what it asked for."""
        transport = getattr(self._cycle, "transport", None)
        if transport is not None:
            transport.abort()

    def deadline(self, default_ms: int) -> float:
        """The event loop's time at which this request is too late; InvalidRequest for a limit that is none."""
        limit = default_ms
        sent = self.headers.get(b"x-request-timeout-ms")
        if sent is not None:
            sent = sent.strip()
            if not MILLISECONDS.fullmatch(sent) or not 1 <= int(sent) <= MAX_TIMEOUT_MS:
                raise InvalidRequest(
                    f"the header X-Request-Timeout-Ms must be a whole number from 1 to {MAX_TIMEOUT_MS}"
                )
            limit = int(sent)
        return asyncio.get_running_loop().time() - self.total + limit / 1000

    async def read(self, model: type[Body], settings: Settings, lifecycle: Lifecycle, deadline: float) -> Body:
        """The body, validated in one pass from its bytes.

        Raises UnsupportedMedia, BodyTooLarge, DeadlineExceeded (a body that trickles in), CallerLeft, MalformedBody
        or InvalidRequest.
        """
        _check_type(self.headers.get(b"content-type", b""))
        raw = await self._body(settings.max_body_bytes, lifecycle, deadline)
        try:
            return model.__pydantic_validator__.validate_json(raw)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise _refusal(error) from None

    async def _body(self, limit: int, lifecycle: Lifecycle, deadline: float) -> bytes:
        too_large = f"the body is larger than {limit} bytes; send less at once"
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            raise BodyTooLarge(too_large)
        if not getattr(self._cycle, "more_body", True) and b"content-length" in self.headers:
            return _content(await self._receive())  # all of it is here, and no more than was said
        pieces, size, more = [], 0, True
        while more:
            message = await self._within(lifecycle, deadline)
            pieces.append(_content(message))
            size += len(pieces[-1])
            more = message.get("more_body", False)
            if size > limit:
                raise BodyTooLarge(too_large)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _within(self, lifecycle: Lifecycle, deadline: float) -> Message:
        """The next message, if it comes in time; asyncio.timeout costs four times as much."""
        late = False
        task = asyncio.current_task()
        assert task is not None

        def give_up() -> None:
            nonlocal late
            late = True
            task.cancel()

        alarm = asyncio.get_running_loop().call_at(deadline, give_up)
        lifecycle.reading += 1
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if not late:
                raise
            task.uncancel()
            raise DeadlineExceeded("the body did not arrive within the request's time limit") from None
        finally:
            lifecycle.reading -= 1
            alarm.cancel()
        return message


def _content(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnected("the caller left before its body was whole")
    body: bytes = message.get("body", b"")
    return body


def request_id(sent: bytes | None) -> str:
    """The caller's own id where it sent a sane one, else a new one."""
    if sent is not None and SANE_ID.fullmatch(sent):
        return sent.decode("ascii")
    return f"{_begin}{next(_counter):016x}"


def documented(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is `model`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _check_type(sent: bytes) -> None:
    if sent == b"application/json":
        return
    kind = sent.split(b";")[0].strip().lower()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise UnsupportedMedia("send the body as JSON, with 'Content-Type: application/json'")


def _refusal(error: ValidationError) -> MalformedBody | InvalidRequest:
    """Every fault with its JSON Pointer, never the input."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return MalformedBody(f"the body is not JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}")
    faults = [Fault(_pointer(fault["loc"]), fault["msg"]) for fault in found[:MAX_FAULTS]]
    more = f", the first {MAX_FAULTS} of {len(found)} are listed" if len(found) > MAX_FAULTS else ""
    where = faults[0].pointer or "the body"
    return InvalidRequest(f"the request is not valid: {where}: {faults[0].detail}{more}", faults=faults)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
