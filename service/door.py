"""uvicorn's HTTP protocol with a door and a clock.

Where too many requests are in flight already, another is refused at once: before a task is made for it and before
its body is looked at, so that a service which is asked for more than it can do loses little time over it. Asking
requests only; one that is still sending its body does not count as in flight, so slow callers shut nobody out.

A connection whose request line and headers do not arrive in time is closed.
"""

import asyncio
import math
from typing import Any

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.calls import request_id
from service.errors import Overloaded
from service.front import Front

HEAD = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: %d\r\n"
    b"x-request-id: %s\r\nserver-timing: queue;dur=0.00, model;dur=0.00, total;dur=0.00\r\ncontent-length: %d\r\n"
)


class Door(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._front: Front = self.app.front
        self._refusing = False
        self._head_due: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
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

    def on_headers_complete(self) -> None:
        front = self._front
        if len(self.tasks) - front.lifecycle.reading < front.settings.max_in_flight or not self._may_refuse():
            super().on_headers_complete()
        else:
            self._refusing = True

    def on_body(self, body: bytes) -> None:
        if not self._refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refusing:
            self._refusing = False
            self._refuse()
        else:
            super().on_message_complete()

    def _may_refuse(self) -> bool:
        """An asking request, and the only one on its connection: answers leave in the order of requests."""
        path = self.url.partition(b"?")[0].decode("ascii", "replace")
        alone = self.cycle is None or self.cycle.response_complete
        return alone and path in self._front.asking and self.parser.get_method() == b"POST"

    def _refuse(self) -> None:
        front = self._front
        path = self.url.partition(b"?")[0].decode("ascii", "replace")
        name = request_id(dict(self.headers).get(b"x-request-id"))
        seconds = max(1, math.ceil(front.library.registry.wait_seconds))
        error = Overloaded(f"{len(self.tasks)} requests are being answered already; try again in {seconds} s")
        body = to_json(error.problem(path, name))
        keep_alive = self.parser.should_keep_alive()
        head = HEAD % (seconds, name.encode(), len(body))
        for field, value in self.server_state.default_headers:
            head += field + b": " + value + b"\r\n"
        self.transport.write(head + (b"\r\n" if keep_alive else b"connection: close\r\n\r\n") + body)
        front.noted(path, "POST", error.status, 0.0, name)
        front.refused += 1
        if not keep_alive:
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
