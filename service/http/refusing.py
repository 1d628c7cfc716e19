"""What a connection answers by itself: refusals of a full service, and problems of what is no request that can be answered.

The base of protocol.py, which decides when. Nothing here is on the way of a request that is answered by the application.
"""

import logging
from typing import Any, NoReturn

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..errors import GatecastError, MalformedRequest
from .early_answers import prepared, problem
from .middleware import RequestMiddleware
from .request import make_request_id
from .uvicorn_connection import UvicornConnection

# A client that still sends would lose a refusal to a reset, so for so long what it sends is read and thrown away.
LINGER_SECONDS = 1.0
MAX_LINGER_BYTES = 1 << 20
QUIET = logging.getLogger("gatecast.protocol")
QUIET.setLevel(logging.ERROR)


class RefusingProtocol(HttpToolsProtocol):
    """A connection that can end a request, or itself, without the application. This must be a RequestMiddleware."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._middleware: RequestMiddleware = self.app
        state = self._middleware.state
        self._settings = state.settings
        self._lifecycle = state.lifecycle
        self._shedding = state.load_shedding
        self._connections = state.connections
        self.logger = QUIET  # uvicorn's words about bad requests say less than the line of the request
        self.url = b""  # uvicorn sets it when a request begins
        self._request: UvicornConnection | None = None  # whose head came last
        self._head_deadline: float | None = None
        self._unparsed_bytes = 0  # given to the parser since it last completed a part of a message
        self._fault: GatecastError | None = None  # why the parser was ended
        self._is_ended = False  # a refusal has been sent, and the connection is being closed

    def close_idle(self) -> None:
        """Close a connection that waits for a request: another one needs its place."""
        self.timeout_keep_alive_handler()

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

    def _end_parser(self, fault: GatecastError) -> NoReturn:
        """Make the parser stop; `send_400_response` follows. Raises `fault`."""
        self._fault = fault
        raise fault

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

    def _linger(self, data: bytes) -> None:
        """Throw away what comes after the last answer. A client that does not stop is cut off."""
        self._unparsed_bytes += len(data)
        if self._unparsed_bytes > MAX_LINGER_BYTES:
            self.transport.abort()

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
