"""What is used of uvicorn that it does not document, and the Connection of a request that uvicorn has begun.

`UVICORN_ATTRIBUTES` lists all of it. A test checks the installed version, and pyproject.toml limits which one that is.
"""

from typing import Any

from ..errors import GatecastError, Overloaded
from .client_connection import SEND_BUFFER_BYTES, Connection
from .connections import SMALL_BODY_BYTES, Connections

# What protocol.py, whole_request.py and this module use of uvicorn, by class. A test checks that the installed version has all of it.
UVICORN_ATTRIBUTES = {
    "protocol": [
        "app",
        "cycle",
        "expect_100_continue",
        "flow",
        "headers",
        "logger",
        "loop",
        "parser",
        "pipeline",
        "scope",
        "server_state",
        "timeout_keep_alive",
        "timeout_keep_alive_handler",
        "timeout_keep_alive_task",
        "transport",
        "tasks",
        "url",
        "client",
        "scheme",
        "server",
        "_start_asgi_task",
        "_unset_keepalive_if_required",
        "connection_lost",
        "connection_made",
        "data_received",
        "on_message_begin",
        "on_url",
        "on_header",
        "on_headers_complete",
        "on_body",
        "on_message_complete",
        "on_response_complete",
        "send_400_response",
        "shutdown",
    ],
    "cycle": ["body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete", "transport"],
    "server_state": ["default_headers"],
    "flow": ["drain", "pause_reading", "resume_reading", "write_paused"],
    "parser": ["feed_data", "get_http_version", "get_method", "should_keep_alive", "should_upgrade"],
}


class UvicornConnection(Connection):
    """A connection by what uvicorn knows of it, while it has one request. Its large body counts in `Connections`."""

    __slots__ = ("_connections", "_cycle", "_is_released", "_kept_bytes", "fault")

    def __init__(self, cycle: Any, connections: Connections) -> None:
        self.fault: GatecastError | None = None
        self._cycle = cycle
        self._connections = connections
        self._kept_bytes = 0
        self._is_released = False

    def is_disconnected(self) -> bool:
        return bool(self._cycle.disconnected)

    def has_whole_body(self) -> bool:
        return not self._cycle.more_body

    def may_block(self, size: int) -> bool:
        return size > SEND_BUFFER_BYTES or self._cycle.transport.get_write_buffer_size() > 0

    def abort(self) -> None:
        self._cycle.transport.abort()

    def keep(self, size: int) -> bool:
        if self._is_released:
            return False
        self._kept_bytes += size
        if self._kept_bytes > SMALL_BODY_BYTES and self.fault is None:
            self._connections.keep(self, self._kept_bytes, is_whole=not self._cycle.more_body)
        return self.fault is None

    def evict(self) -> None:
        detail = "other large bodies need the room; try again in 1 s"
        self.fail(Overloaded(detail, headers={"Retry-After": "1"}, refusal="memory"))

    def fail(self, fault: GatecastError) -> None:
        """Give up the body. Whoever waits for it is woken and finds the fault; the connection ends with the response."""
        self.fault = fault
        self._cycle.body = bytearray()
        self._cycle.keep_alive = False
        self._cycle.message_event.set()

    def release(self) -> None:
        if self._kept_bytes > SMALL_BODY_BYTES:
            self._connections.release(self)
        self._is_released = True
