"""Admission control: uvicorn's HTTP protocol, which refuses what the service could not or must not answer.

When too many requests are in flight, another one is refused before a task is made for it and before its body is read, so
an overloaded service loses little time over it. This holds for the routes that predict. A request that is still sending
its body does not count as in flight, so slow clients keep nobody out. The refusal is sent when the body has arrived, and
the connection stays open; if the client waits for `100 Continue`, it is sent at once.

What is no HTTP, has too large a head, or breaks a rule of HTTP/1.1 that this service relies on, is answered as a problem,
counted and logged; then the connection is closed. A request that predicts and comes whole is answered in the way of
whole_request.py, any other in uvicorn's. What is used of uvicorn and not documented is listed in uvicorn_connection.py.
"""

import asyncio
import logging
from typing import Any, NoReturn

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..errors import (
    GatecastError,
    HeadersTooLarge,
    MalformedRequest,
    Overloaded,
)
from .client_connection import CONNECTION
from .early_answers import prepared, problem
from .heads import FIELD_OVERHEAD, HEAD_LIMITS, MAX_HEAD_BYTES, MAX_HEAD_FIELDS, check_head, says_it_is_small
from .middleware import RequestMiddleware
from .request import make_request_id
from .uvicorn_connection import UvicornConnection
from .whole_request import HTTP, WholeRequest

# A client that still sends would lose a refusal to a reset, so for so long what it sends is read and thrown away.
LINGER_SECONDS = 1.0
MAX_LINGER_BYTES = 1 << 20
# Clients may send thousands of requests, or of chunks, at once. They are parsed in pieces, so that others need not wait.
MAX_LINES = 64  # of data that is parsed at once, as it comes
PIECE_BYTES = 1 << 11
BODY_SECONDS = 0.001  # that its body may come after its head: many clients send them one after the other
QUIET = logging.getLogger("gatecast.protocol")
QUIET.setLevel(logging.ERROR)


class AdmissionProtocol(HttpToolsProtocol):
    """One client's connection. The application must be a RequestMiddleware."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._middleware: RequestMiddleware = self.app
        state = self._middleware.state
        self._settings = state.settings
        self._lifecycle = state.lifecycle
        self._shedding = state.load_shedding
        self._connections = state.connections
        self._feeder = state.connections.feeder
        self.logger = QUIET  # uvicorn's words about bad requests say less than the line of the request
        self.url = b""  # uvicorn sets it when a request begins
        self._request: UvicornConnection | None = None  # whose head came last
        self._running: Any = None  # the cycle that is being answered
        self._whole_path: str | None = None  # of a request that may come whole, until it has
        self._whole_body = b""
        self._whole_alarm: asyncio.TimerHandle | None = None  # when it is given to uvicorn after all
        self._may_be_whole = False  # the next request; one in each piece of data, as it may be answered at once
        self._is_refusing = False
        self._is_ended = False  # a refusal has been sent, and the connection is being closed
        self._is_reading_head = True
        self._head_deadline: float | None = None
        self._head_bytes = 0  # of the request line and the headers so far
        self._head_fields = 0
        self._unparsed_bytes = 0  # given to the parser since it last completed a part of a message
        self._unfed = b""  # what the parser gets when the requests before it are answered
        self._fault: GatecastError | None = None  # why the parser was ended

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._connections.enter():
            self._wait_for_head()
        else:
            detail = f"{self._settings.max_connections} connections are open, and all have requests; try again in 1 s"
            self._end(Overloaded(detail, headers={"Retry-After": "1"}, refusal="connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self)
        self._begin_cycle_of_part()  # answered and counted like any whose client has left
        for cycle, _ in self.pipeline:  # requests that never had their turn
            cycle.scope.pop(CONNECTION).release()  # type: ignore[misc]
        self.pipeline.clear()
        self._unfed = b""
        if self._running is not None:  # of pipelined requests uvicorn tells only the last one
            self._running.disconnected = True
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection, when the request whose head has come is answered."""
        self._begin_cycle_of_part()
        super().shutdown()

    def close_idle(self) -> None:
        """Close a connection that waits for a request: another one needs its place."""
        self.timeout_keep_alive_handler()

    def data_received(self, data: bytes) -> None:
        if self._is_ended:
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > MAX_LINGER_BYTES:
                self.transport.abort()
        elif self._unfed or data.count(b"\n") > MAX_LINES:
            self._unfed += data
            self.flow.pause_reading()
            self._feeder.add(self)
        else:
            self._feed(data)

    def feed_piece(self) -> bool:
        """Give the parser a piece of what has come. Returns whether it can take more before a request is answered."""
        if self.transport.is_closing() or self._is_ended:
            return False
        if not self.pipeline:
            piece, self._unfed = self._unfed[:PIECE_BYTES], self._unfed[PIECE_BYTES:]
            self._feed(piece)
        if not self._unfed and not self.pipeline and not self._is_body_unread():
            self.flow.resume_reading()  # also to notice that a client leaves
        return bool(self._unfed) and not self.pipeline

    def _is_body_unread(self) -> bool:
        """Whether so much of a body waits for its reader that uvicorn has stopped reading."""
        cycle = self.cycle
        is_open = cycle is not None and not cycle.response_complete and cycle.more_body
        return is_open and len(cycle.body) > HIGH_WATER_LIMIT

    def _feed(self, data: bytes) -> None:
        """Give the parser data; check what it keeps, and for how long the connection may wait."""
        self._unparsed_bytes += len(data)
        self._may_be_whole = self._whole_path is None
        super().data_received(data)
        if self._whole_path is not None and self._whole_alarm is None:
            self._whole_alarm = self.loop.call_later(BODY_SECONDS, self._begin_cycle_of_part)
        if self._is_ended or self.transport.is_closing():
            return
        if self._unparsed_bytes > MAX_HEAD_BYTES:  # a header without an end, which the parser collects
            self._end(HeadersTooLarge(HEAD_LIMITS))
            return
        is_idle = self._whole_path is None and (self.cycle is None or self.cycle.response_complete)
        if self.timeout_keep_alive_task is None and is_idle:
            self._wait_for_head()
        else:
            self._head_deadline = None

    def _wait_for_head(self) -> None:
        """Close the connection if no whole head arrives within the time limit."""
        now = self.loop.time()
        if self._head_deadline is None:
            self._head_deadline = now + self._settings.body_timeout_ms / 1000
            self._connections.start_waiting(self)
        if not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                max(0.0, self._head_deadline - now), self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        self._head_bytes = self._head_fields = 0
        self._is_reading_head = True
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_url(self, url: bytes) -> None:
        self._head_bytes += len(url)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._end_parser(HeadersTooLarge(HEAD_LIMITS))
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + FIELD_OVERHEAD
        self._head_fields += 1
        if self._head_bytes > MAX_HEAD_BYTES or self._head_fields > MAX_HEAD_FIELDS:
            self._end_parser(HeadersTooLarge(HEAD_LIMITS))
        if self._is_reading_head:  # the trailers of a chunked body must not pass for headers
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def _end_parser(self, fault: GatecastError) -> NoReturn:
        """Make the parser stop; `send_400_response` follows. Raises `fault`."""
        self._fault = fault
        raise fault

    def on_headers_complete(self) -> None:
        self._unparsed_bytes = 0
        self._is_reading_head = False
        if self.transport.is_closing():  # the answer before was the last one
            self._end_parser(MalformedRequest("the connection is closed"))
        self._connections.stop_waiting(self)
        self._unset_keepalive_if_required()
        try:
            fields = check_head(self.headers, self.parser.get_http_version(), self.expect_100_continue)
        except GatecastError as fault:
            self._end_parser(fault)
        if self._lifecycle.counted < self._settings.max_in_flight or not self._may_refuse():
            self._whole_path = self._path_of_whole(fields) if self._may_be_whole else None
            self._may_be_whole = False  # others need not wait until all that one client has sent at once is answered
            if self._whole_path is None:
                self._begin_cycle()
        else:
            self._is_refusing = True
            if self.expect_100_continue:
                self._refuse(keep_alive=False)

    def _path_of_whole(self, fields: dict[bytes, bytes]) -> str | None:
        """The path of a request that is answered without a task if its body comes with its head or just after it; None for any other.

        It predicts, is alone on its connection, and says in the plainest way how long its body is, which is small.
        """
        if not says_it_is_small(fields):
            return None
        path = self._middleware.plain_path(self.url)
        is_plain = path is not None and self.parser.get_method() == b"POST" and self.parser.get_http_version() == "1.1"
        return path if is_plain and (self.cycle is None or self.cycle.response_complete) else None

    def _begin_cycle(self) -> None:
        """Have uvicorn answer the request whose head has come."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()
        self._request = UvicornConnection(self.cycle, self._connections)
        self.scope[CONNECTION] = self._request  # type: ignore[literal-required]
        if self.parser.should_upgrade():  # there is nothing to upgrade to, and the parser has ended
            self.cycle.keep_alive = False

    def _answer_whole(self, path: str) -> None:
        """Answer a request that has come whole."""
        scope = {
            "type": "http",
            "asgi": HTTP,
            "http_version": "1.1",
            "method": "POST",
            "scheme": self.scheme,
            "path": path,
            "raw_path": self.url,
            "query_string": b"",
            "root_path": "",
            "headers": self.headers,
            "client": self.client,
            "server": self.server,
        }
        body = self._take_whole()
        self._lifecycle.in_flight += 1  # the middleware counts it out
        request = WholeRequest(
            self.transport,
            self.flow,
            self.tasks,
            self.server_state.default_headers,
            body,
            self.on_response_complete,
            keep_alive=self.parser.should_keep_alive(),
        )
        self.cycle = self._running = request  # type: ignore[assignment]
        request.start(self.app, scope)

    def _begin_cycle_of_part(self) -> None:
        """Give a request to uvicorn after all, if its body has not come with its head or at once after it."""
        if self._whole_path is not None:
            body = self._take_whole()
            self._begin_cycle()
            if body:
                self.on_body(body)

    def _take_whole(self) -> bytes:
        """What has come of the body of a request that is begun now."""
        body, self._whole_body = self._whole_body, b""
        self._whole_path = None
        if self._whole_alarm is not None:
            self._whole_alarm.cancel()
            self._whole_alarm = None
        return body

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._lifecycle.in_flight += 1  # the middleware counts it out
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_chunk_header(self) -> None:
        self._unparsed_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        if self._is_refusing:
            return
        if self._whole_path is not None:
            self._whole_body += body
            return
        assert self._request is not None
        if self.cycle.response_complete or self._request.keep(len(body)):
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_refusing:
            self._is_refusing = False
            if not self.transport.is_closing():
                self._refuse(keep_alive=self.parser.should_keep_alive() and self._lifecycle.keeps_connections)
        elif self._whole_path is not None:
            self._answer_whole(self._whole_path)
        else:
            super().on_message_complete()
            assert self._request is not None
            self._request.keep(0)  # from now on it is whole
            if not self._unfed and not self.pipeline:
                self.flow.resume_reading()  # uvicorn stops at a large body; what comes now tells whether its client leaves

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._unfed:
            self.flow.pause_reading()
            self._feeder.add(self)
        if self.timeout_keep_alive_task is not None:
            self._connections.start_waiting(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - its words are about the parser
        """Answer what the parser refused, unless it came after the last answer of the connection."""
        if self.transport.is_closing():
            return
        self._end(self._fault or MalformedRequest("this is not a request of HTTP/1.1; see RFC 9112"))

    def _end(self, error: GatecastError) -> None:
        """Answer with a problem and close the connection. A response that comes before is still sent."""
        if self._is_ended:
            return
        self._is_ended = True
        self._unparsed_bytes = 0
        self._unset_keepalive_if_required()
        self._connections.stop_waiting(self)
        if self.cycle is None or self.cycle.response_complete:
            self._write_problem(error)
            self._close_in_peace()
        elif self.cycle.more_body and self._request is not None:
            self._request.fail(error)  # its own body is at fault
        else:
            self.cycle.keep_alive = False

    def _write_problem(self, error: GatecastError) -> None:
        path, request_id = self._path, make_request_id(None)
        self.transport.write(problem(error, path, request_id, self.server_state.default_headers))
        self._middleware.record_refusal("", path, error.status, request_id, self.client, error.refusal)

    def _close_in_peace(self) -> None:
        """Close in a way that lets the client read what was written, though it may still be sending."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.timeout_keep_alive_task = self.loop.call_later(LINGER_SECONDS, self.timeout_keep_alive_handler)
        else:
            self.transport.close()

    @property
    def _path(self) -> str:
        return str(self.url.partition(b"?")[0].decode("ascii", "replace"))

    def _may_refuse(self) -> bool:
        """Whether it predicts, and is alone on its connection: responses have the order of their requests."""
        is_alone = self.cycle is None or self.cycle.response_complete
        return is_alone and self.parser.get_method() == b"POST" and self._middleware.predicts(self._path)

    def _refuse(self, *, keep_alive: bool) -> None:
        if self.flow.write_paused:
            self.transport.abort()
            return
        path = self._path
        request_id = make_request_id(next((value for name, value in self.headers if name == b"x-request-id"), None))
        refusal = self._shedding.refusal(self._middleware.refused_as(path), self.loop.time())
        self.transport.write(prepared(refusal, request_id, self.server_state.default_headers, keep_alive=keep_alive))
        self._middleware.record_refusal("POST", path, refusal.status, request_id, self.client, "in_flight")
        self._unset_keepalive_if_required()
        if keep_alive:
            self._connections.start_waiting(self)
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            self.transport.close()
