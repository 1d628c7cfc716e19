"""The open-loop generator's end of a connection: one request at a time, and just enough of HTTP/1.1 to time it.

Only answers with a Content-Length are read; that is what the services measured here send.
"""

import asyncio
from typing import Protocol, cast


class Owner(Protocol):
    """Who is told what becomes of a connection."""

    def ready(self, connection: "Connection") -> None: ...
    def answered(self, connection: "Connection", status: int, retry_after: bool) -> None: ...
    def gone(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    """`due` is the time at which the request now under way should have left; None while idle."""

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
        self.owner.ready(self)

    def send(self, request: bytes, due: float, now: float) -> None:
        assert self.transport is not None
        self.due = due
        self.since = now
        self.transport.write(request)

    def leave(self) -> None:
        """Close by our own wish, after what was written: whatever was under way is nobody's loss."""
        self.due = None
        self.closing = True
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + (length := _length(head := data[: end + 2].lower())):
            self.buffer = data
            return
        self.buffer = data[end + 4 + length :]
        if self.closing or self.due is None:
            return
        if b"\r\nconnection: close\r\n" in head:
            self.closing = True
        self.owner.answered(self, int(data[9:12]), b"\r\nretry-after:" in head)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None  # breaks the cycle with the transport: a long run makes a million of them
        self.closing = True
        self.owner.gone(self)


def _length(head: bytes) -> int:
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise ValueError("the answer has no Content-Length; this generator reads no other")
    return int(head[at + 17 : head.index(b"\r\n", at + 17)])


def encode(path: str, body: bytes) -> bytes:
    """A whole POST request, to be written as it is."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
