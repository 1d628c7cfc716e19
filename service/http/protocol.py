"""Admission control: uvicorn's HTTP protocol, which refuses what the service could not or must not answer.

When too many requests are in flight, another one is refused before a task is made for it and before its body is read, so
an overloaded service loses little time over it. This holds for the routes that predict. A request that is still sending
its body does not count as in flight, so slow clients keep nobody out. The refusal is sent when the body has arrived, and
the connection stays open; if the client waits for `100 Continue`, it is sent at once.

What is no HTTP, has too large a head, or breaks a rule of HTTP/1.1 that this service relies on, is answered as a problem,
counted and logged; then the connection is closed. A request that predicts and comes whole is answered in the way of
whole_request.py, any other in uvicorn's. An offer to upgrade is ignored (upgrades.py). How a connection refuses and ends is in refusing.py. What is used of uvicorn and not
documented is listed in uvicorn_connection.py.
"""

import asyncio
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from ..errors import GatecastError, HeadersTooLarge, MalformedRequest, Overloaded
from .client_connection import CONNECTION
from .heads import FIELD_OVERHEAD, HEAD_LIMITS, MAX_HEAD_BYTES, MAX_HEAD_FIELDS, check_head, says_it_is_small
from .refusing import RefusingProtocol
from .upgrades import new_parser, without_offer
from .uvicorn_connection import UvicornConnection
from .whole_request import HTTP, WholeRequest

# Clients may send thousands of requests, or of chunks, at once. They are parsed in pieces, so that others need not wait.
MAX_LINES = 64  # of data that is parsed at once, as it comes
PIECE_BYTES = 1 << 11
BODY_SECONDS = 0.001  # that its body may come after its head: many clients send them one after the other


class AdmissionProtocol(RefusingProtocol):
    """One client's connection. The application must be a RequestMiddleware."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._feeder = self._connections.feeder
        self._running: Any = None  # the cycle that is being answered
        self._whole_path: str | None = None  # of a request that may come whole, until it has
        self._whole_body = b""
        self._whole_alarm: asyncio.TimerHandle | None = None  # when it is given to uvicorn after all
        self._may_be_whole = False  # the next request; one in each piece of data, as it may be answered at once
        self._is_refusing = False
        self._is_upgrade_offered = False  # by the head that came last; it will be parsed again without the offer
        self._is_reading_head = True
        self._head_bytes = 0  # of the request line and the headers so far
        self._head_fields = 0
        self._unfed = b""  # what the parser gets when the requests before it are answered

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

    def data_received(self, data: bytes) -> None:
        if self._is_ended:
            self._linger(data)
        elif self._unfed or data.count(b"\n") > MAX_LINES:
            self._unfed += data
            self.flow.pause_reading()
            self._feeder.add(self)
        else:
            self._feed(data)

    def feed_piece(self) -> bool:
        """Give the parser a piece of what has come. Returns whether it can take more before a request is answered."""
        if self.transport.is_closing() or self._is_ended:
            self._linger(self._unfed)
            self._unfed = b""
            self.flow.resume_reading()
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
        self._parse(data)
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

    def _parse(self, data: bytes) -> None:
        """Give the parser data. After an offer to upgrade it skips the body, so a new one gets the head without the offer."""
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except HttpParserError:
                self.send_400_response("")
            except HttpParserUpgrade as end:
                data = without_offer(self.parser, self.url, self.headers) + data[end.args[0] :]
                self._is_upgrade_offered = False
                self.parser = new_parser(self)
                continue
            return

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
        if b"upgrade" in fields and self.parser.should_upgrade():
            self._is_upgrade_offered = True
            return
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
        if self.parser.should_upgrade():  # not by an offer
            self._end_parser(MalformedRequest("CONNECT asks for a tunnel, and none is made here"))
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()
        self._request = UvicornConnection(self.cycle, self._connections)
        self.scope[CONNECTION] = self._request  # type: ignore[literal-required]

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
        elif not self._is_upgrade_offered:
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
