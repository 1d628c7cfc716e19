"""Callers that ask together: each sends a request, and the next when all have their answers.

So a server sees the same batches again and again, however busy the machine is.
"""

import socket
from types import TracebackType
from typing import Self

from benchmarks.servers.server import Call

HEAD = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
LENGTH = b"content-length: "


class Callers:
    """So many connections to 127.0.0.1, which send one request again and again."""

    def __init__(self, port: int, call: Call, connections: int) -> None:
        self._request = HEAD.format(call.path, len(call.body)).encode() + call.body
        self._sockets = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(connections)]

    def __len__(self) -> int:
        return len(self._sockets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for connection in self._sockets:
            connection.close()

    def send(self, requests: int) -> int:
        """Send about so many requests; returns how many. Raises RuntimeError if one is not answered with 200."""
        turns = max(1, requests // len(self._sockets))
        for _ in range(turns):
            for connection in self._sockets:
                connection.sendall(self._request)
            for connection in self._sockets:
                _read(connection)
        return turns * len(self._sockets)


def _read(connection: socket.socket) -> None:
    """Read one response."""
    answer = b""
    while True:
        part = connection.recv(1 << 16)
        answer += part
        head, end, body = answer.partition(b"\r\n\r\n")
        if not part or (end and not head.startswith(b"HTTP/1.1 200 ")):
            raise RuntimeError(f"the answer was {head[:100]!r}")
        if end and len(body) == int(head.partition(LENGTH)[2].split(b"\r\n")[0]):
            return
