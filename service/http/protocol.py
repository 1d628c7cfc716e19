"""uvicorn's HTTP protocol with a door and a clock.

Where too many requests are in flight already, another is refused before a task is made for it and without a look at
its body, so that a service which is asked for more than it can do loses little time over it. Asking requests only; one
that is still sending its body does not count as in flight, so slow callers shut nobody out. The refusal leaves when the
body has been taken in, and the connection stays; where the caller waits to be asked for its body, at once.

A connection whose request line and headers do not arrive in time is closed, and so is one that does not read refusals.
One whose request line and headers are too large, or have too many fields, is refused and closed before they are kept.
"""

import asyncio
import math
from typing import Any

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.errors import HeadersTooLarge, Overloaded
from service.http.middleware import RequestMiddleware
from service.http.request import request_id
from service.serving.repository import ModelRepository

HEAD = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: %d\r\n"
    b"server-timing: queue;dur=0.00, model;dur=0.00, total;dur=0.00\r\n"
)
MAX_HEAD_BYTES = 32 << 10  # request line and header fields, or the trailer fields of a chunked body
MAX_HEAD_FIELDS = 100
HEAD_LIMITS = (
    f"request line and headers may have {MAX_HEAD_BYTES} bytes and {MAX_HEAD_FIELDS} fields together; send less"
)
FIELD_OVERHEAD = 4  # the colon, the space and the end of a line
HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
    b"server-timing: queue;dur=0.00, model;dur=0.00, total;dur=0.00\r\n%sx-request-id: %s\r\ncontent-length: %d\r\n\r\n"
)
STATED_SECONDS = 0.05  # how long a refusal is repeated before the queues are looked at again
NAME = "\N{SYMBOL FOR SUBSTITUTE}"  # stands for the request id in a refusal that is made ready


class SheddingReplies:
    """What the door says on each path, made ready a few times a second instead of for each of thousands."""

    def __init__(self, library: ModelRepository) -> None:
        self._library = library
        self._made: dict[str, tuple[bytes, bytes, bytes]] = {}
        self._until = 0.0

    def on(self, path: str, now: float) -> tuple[bytes, bytes, bytes]:
        """The head, and the body before and after the request id."""
        if now >= self._until:
            self._until = now + STATED_SECONDS
            self._made.clear()
        made = self._made.get(path)
        if made is None:
            seconds = max(1, math.ceil(self._library.registry.wait_seconds))
            error = Overloaded(f"as many requests as may be in flight are being answered; try again in {seconds} s")
            before, after = to_json(error.problem(path, NAME)).split(NAME.encode())
            made = self._made[path] = HEAD % seconds, before, after
        return made


class AdmissionProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._front: RequestMiddleware = self.app.front
        self._refusals: SheddingReplies = self.app.state.refusals
        self._refusing = False
        self._head_due: float | None = None
        self._head_bytes = 0  # of the request line and the fields that were read
        self._head_fields = 0
        self._unread_bytes = 0  # that the parser was given since it last went on from one part of a message to the next
        self._head_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        self._unread_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._unread_bytes > MAX_HEAD_BYTES:  # a field without an end, which the parser keeps for itself
            self._head_refused = True
            self.send_400_response(HEAD_LIMITS)
            return
        if self.timeout_keep_alive_task is None and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()
        else:
            self._head_due = None

    def _expect_head(self) -> None:
        """Close the connection if no whole request has come by the time that the first look at it allows."""
        now = self.loop.time()
        if self._head_due is None:
            self._head_due = now + self._front.settings.timeout_ms / 1000
        if not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                max(0.0, self._head_due - now), self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        self._head_bytes = self._head_fields = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._head_bytes += len(url)
        self._check_head()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + FIELD_OVERHEAD
        self._head_fields += 1
        self._check_head()
        super().on_header(name, value)

    def _check_head(self) -> None:
        if self._head_bytes > MAX_HEAD_BYTES or self._head_fields > MAX_HEAD_FIELDS:
            self._head_refused = True
            raise HeadersTooLarge(HEAD_LIMITS)  # ends the parser, and with it what it was given

    def on_headers_complete(self) -> None:
        self._unread_bytes = 0
        self._unset_keepalive_if_required()
        front = self._front
        if len(self.tasks) - front.lifecycle.reading < front.settings.max_in_flight or not self._may_refuse():
            super().on_headers_complete()
        else:
            self._refusing = True
            if self.expect_100_continue:
                self._refuse(keep_alive=False)

    def on_chunk_header(self) -> None:
        self._unread_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._unread_bytes = 0
        if not self._refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refusing:
            self._refusing = False
            if not self.transport.is_closing():
                self._refuse(keep_alive=self.parser.should_keep_alive())
        else:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """End the connection with what its parser refused: as a problem, where that are too many or too large fields."""
        if not self._head_refused:
            super().send_400_response(msg)
            return
        if self.cycle is None or self.cycle.response_complete:  # else another answer has to go first
            name = request_id(None)
            error = HeadersTooLarge(HEAD_LIMITS)
            body = to_json(error.problem(self._path, name))
            fields = b"".join([b"%s: %s\r\n" % field for field in self.server_state.default_headers])
            self.transport.write(HEAD_TOO_LARGE % (fields, name.encode(), len(body)) + body)
            self._front.noted(self._path, "", error.status, 0.0, name)
        self.transport.close()

    @property
    def _path(self) -> str:
        return str(self.url.partition(b"?")[0].decode("ascii", "replace"))

    def _may_refuse(self) -> bool:
        """An asking request, and the only one on its connection: answers leave in the order of requests."""
        alone = self.cycle is None or self.cycle.response_complete
        return alone and self._path in self._front.asking and self.parser.get_method() == b"POST"

    def _refuse(self, *, keep_alive: bool) -> None:
        if self.flow.write_paused:
            self.transport.abort()
            return
        path = self._path
        sent = next((value for name, value in self.headers if name == b"x-request-id"), None)
        name = request_id(sent)
        head, before, after = self._refusals.on(path, self.loop.time())
        fields = b"".join([b"%s: %s\r\n" % field for field in self.server_state.default_headers])
        self.transport.write(
            b"%s%sx-request-id: %s\r\ncontent-length: %d\r\n%s\r\n%s%s%s"
            % (
                head,
                fields,
                name.encode(),
                len(before) + len(name) + len(after),
                b"" if keep_alive else b"connection: close\r\n",
                before,
                name.encode(),
                after,
            )
        )
        self._front.noted(path, "POST", Overloaded.status, 0.0, name)
        self._unset_keepalive_if_required()
        if keep_alive:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            self.transport.close()
