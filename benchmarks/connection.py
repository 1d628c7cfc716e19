"""One client connection of the open-loop generator: one request at a time, and as much of HTTP/1.1 as timing it needs.

It reads only responses with a Content-Length, as all servers measured here send them.
"""

import asyncio
from typing import Protocol, cast


class Owner(Protocol):
    """What a connection calls when its state changes."""

    def on_ready(self, connection: "Connection") -> None: ...
    def on_response(self, connection: "Connection", status: int, retry_after: bool) -> None: ...
    def on_closed(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    """A connection to the server.

    `due` is the time at which the current request should have been sent, None while idle; `since` is the time at
    which it was sent, or at which the connection became idle.
    """

    __slots__ = ("buffer", "closing", "due", "owner", "since", "transport")

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.due: float | None = None
        self.since = 0.0
        self.closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.owner.on_ready(self)

    def send(self, request: bytes, due: float, now: float) -> None:
        """Send a request that should have been sent at `due`."""
        assert self.transport is not None
        self.due = due
        self.since = now
        self.transport.write(request)

    def close(self) -> None:
        """Close once all is written. The current request then does not count as lost."""
        self.due = None
        self.closing = True
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + (length := _content_length(head := data[: end + 2].lower())):
            self.buffer = data
            return
        self.buffer = data[end + 4 + length :]
        if self.closing or self.due is None:
            return
        if b"\r\nconnection: close\r\n" in head:
            self.closing = True
        self.owner.on_response(self, int(data[9:12]), b"\r\nretry-after:" in head)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None  # breaks the reference cycle with the transport: a long run makes a million of them
        self.closing = True
        self.owner.on_closed(self)


def _content_length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise ValueError("the response has no Content-Length; this generator reads no other")
    return int(head[at + 17 : head.index(b"\r\n", at + 17)])


def encode_request(path: str, body: bytes) -> bytes:
    """The bytes of a POST request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
