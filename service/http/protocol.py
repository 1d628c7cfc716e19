"""Admission control: uvicorn's HTTP protocol, which refuses what the service could not answer.

When too many requests are in flight, another one is refused before a task is made for it and before its body is read, so
an overloaded service loses little time over it. This holds for the routes that predict. A request that is still sending
its body does not count as in flight, so slow clients keep nobody out. The refusal is sent when the body has arrived, and
the connection stays open; if the client waits for `100 Continue`, it is sent at once.

A connection is closed if its request line and headers do not arrive in time or are too large, or if its client does not
read refusals. This is the only module that uses undocumented attributes of uvicorn; `UVICORN_ATTRIBUTES` lists them.
"""

import asyncio
from typing import Any

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.errors import HeadersTooLarge, Overloaded
from service.http.load_shedding import NO_TIMING
from service.http.middleware import RequestMiddleware
from service.http.request import CONNECTION, SEND_BUFFER_BYTES, Connection, make_request_id

TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
    + NO_TIMING
    + b"%sx-request-id: %s\r\ncontent-length: %d\r\n\r\n"
)
MAX_HEAD_BYTES = 32 << 10  # of the request line and the headers, or of the trailers of a chunked body
MAX_HEAD_FIELDS = 100
FIELD_OVERHEAD = 4  # the colon, the space and the end of a line
HEAD_LIMITS = (
    f"request line and headers may have {MAX_HEAD_BYTES} bytes and {MAX_HEAD_FIELDS} fields together; send less"
)

# What this module uses of uvicorn, by class. A test checks that the installed version has all of it.
UVICORN_ATTRIBUTES = {
    "protocol": [
        "app",
        "cycle",
        "expect_100_continue",
        "flow",
        "headers",
        "loop",
        "parser",
        "scope",
        "server_state",
        "tasks",
        "timeout_keep_alive",
        "timeout_keep_alive_handler",
        "timeout_keep_alive_task",
        "transport",
        "url",
        "_unset_keepalive_if_required",
        "connection_made",
        "data_received",
        "on_message_begin",
        "on_url",
        "on_header",
        "on_headers_complete",
        "on_body",
        "on_message_complete",
        "send_400_response",
    ],
    "cycle": ["disconnected", "more_body", "response_complete", "transport"],
    "server_state": ["default_headers"],
    "flow": ["write_paused"],
    "parser": ["get_method", "should_keep_alive"],
}


class UvicornConnection(Connection):
    """A connection by what uvicorn knows of it."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: Any) -> None:
        self._cycle = cycle

    def is_disconnected(self) -> bool:
        return bool(self._cycle.disconnected)

    def has_whole_body(self) -> bool:
        return not self._cycle.more_body

    def may_block(self, size: int) -> bool:
        return size > SEND_BUFFER_BYTES or self._cycle.transport.get_write_buffer_size() > 0

    def abort(self) -> None:
        self._cycle.transport.abort()


class AdmissionProtocol(HttpToolsProtocol):
    """One client's connection. The application must be a RequestMiddleware."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._middleware: RequestMiddleware = self.app
        self._shedding = self._middleware.state.load_shedding
        self.url = b""  # uvicorn sets it when a request begins
        self._is_refusing = False
        self._head_deadline: float | None = None
        self._head_bytes = 0  # of the request line and the headers so far
        self._head_fields = 0
        self._unparsed_bytes = 0  # given to the parser since it last completed a part of a message
        self._is_head_too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        self._unparsed_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._unparsed_bytes > MAX_HEAD_BYTES:  # a header without an end, which the parser collects
            self._is_head_too_large = True
            self.send_400_response(HEAD_LIMITS)
            return
        if self.timeout_keep_alive_task is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_head()
        else:
            self._head_deadline = None

    def _wait_for_head(self) -> None:
        """Close the connection if no whole head arrives within the time limit of a request."""
        now = self.loop.time()
        if self._head_deadline is None:
            self._head_deadline = now + self._middleware.state.settings.timeout_ms / 1000
        if not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                max(0.0, self._head_deadline - now), self.timeout_keep_alive_handler
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
            self._is_head_too_large = True
            raise HeadersTooLarge(HEAD_LIMITS)  # ends the parser; send_400_response follows

    def on_headers_complete(self) -> None:
        self._unparsed_bytes = 0
        self._unset_keepalive_if_required()
        state = self._middleware.state
        in_flight = len(self.tasks) - state.lifecycle.reading
        if in_flight < state.settings.max_in_flight or not self._may_refuse():
            super().on_headers_complete()
            self.scope[CONNECTION] = UvicornConnection(self.cycle)  # type: ignore[literal-required]
        else:
            self._is_refusing = True
            if self.expect_100_continue:
                self._refuse(keep_alive=False)

    def on_chunk_header(self) -> None:
        self._unparsed_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        if not self._is_refusing:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_refusing:
            self._is_refusing = False
            if not self.transport.is_closing():
                self._refuse(keep_alive=self.parser.should_keep_alive())
        else:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Close the connection after what the parser refused. Too large a head is answered as a problem."""
        if not self._is_head_too_large:
            super().send_400_response(msg)
            return
        if self.cycle is None or self.cycle.response_complete:  # otherwise another response has to come first
            path, request_id = self._path, make_request_id(None)
            error = HeadersTooLarge(HEAD_LIMITS)
            body = to_json(error.problem(path, request_id))
            self.transport.write(TOO_LARGE_HEAD % (self._default_headers, request_id.encode(), len(body)) + body)
            self._middleware.record("", path, error.status, 0.0, request_id, path)
        self.transport.close()

    @property
    def _path(self) -> str:
        return str(self.url.partition(b"?")[0].decode("ascii", "replace"))

    @property
    def _default_headers(self) -> bytes:
        return b"".join([b"%s: %s\r\n" % header for header in self.server_state.default_headers])

    def _may_refuse(self) -> bool:
        """Whether it predicts, and is alone on its connection: responses have the order of their requests."""
        is_alone = self.cycle is None or self.cycle.response_complete
        return is_alone and self._path in self._middleware.predict_routes and self.parser.get_method() == b"POST"

    def _refuse(self, *, keep_alive: bool) -> None:
        if self.flow.write_paused:
            self.transport.abort()
            return
        path = self._path
        request_id = make_request_id(next((value for name, value in self.headers if name == b"x-request-id"), None))
        head, before, after = self._shedding.refusal(path, self.loop.time())
        self.transport.write(
            b"%s%sx-request-id: %s\r\ncontent-length: %d\r\n%s\r\n%s%s%s"
            % (
                head,
                self._default_headers,
                request_id.encode(),
                len(before) + len(request_id) + len(after),
                b"" if keep_alive else b"connection: close\r\n",
                before,
                request_id.encode(),
                after,
            )
        )
        self._middleware.record("POST", path, Overloaded.status, 0.0, request_id, path)
        self._unset_keepalive_if_required()
        if keep_alive:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            self.transport.close()
