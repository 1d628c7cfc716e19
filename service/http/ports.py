"""The sockets of a process, and what accepts connections from them.

A process that is alone has one public socket. Of several workers each has those of all: it accepts from its own one, and
from that of another worker while that one cannot.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

# uvloop accepts one connection per turn of the event loop for each listening socket, and a turn may run a model call. These
# are copies of one socket. Without them, clients that reconnect would wait in the kernel's queue.
LISTENERS = 8


@dataclass
class Ports:
    """Bound sockets: public ones by the number of their worker, and perhaps one for operations."""

    public: dict[int, socket.socket]
    operations: socket.socket | None = None

    def close(self) -> None:
        """Close all sockets, as far as this process is concerned."""
        for bound in self._all():
            bound.close()
        self.public, self.operations = {}, None

    def accept_rest(self) -> Iterator[socket.socket]:
        """Close all sockets, and yield whoever has connected before: a connection that nobody accepts would be reset."""
        for bound in self._all():
            bound.setblocking(False)
            with bound, contextlib.suppress(OSError):
                while True:
                    yield bound.accept()[0]
        self.public, self.operations = {}, None

    def _all(self) -> list[socket.socket]:
        return [*self.public.values(), *([self.operations] if self.operations is not None else [])]


class Acceptors:
    """What accepts connections from sockets, in this event loop."""

    def __init__(
        self,
        make_protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        backlog: int,
    ) -> None:
        self._make_protocol = make_protocol
        self._tls = tls
        self._backlog = backlog
        self._public: dict[int, list[asyncio.AbstractServer]] = {}
        self._operations: list[asyncio.AbstractServer] = []

    async def accept_operations(self, ports: Ports) -> None:
        """Accept from the port for operations, if there is one."""
        if ports.operations is not None and not self._operations:
            self._operations = await self._listen(ports.operations, 1)

    async def accept_from(self, ports: Ports, numbers: Collection[int]) -> None:
        """Accept from the public sockets with these numbers, and from no others any more."""
        for number in numbers:
            if number not in self._public and number in ports.public:
                self._public[number] = await self._listen(ports.public[number], LISTENERS)
        for number in [number for number in self._public if number not in numbers]:
            for server in self._public.pop(number):
                server.close()

    def close(self) -> None:
        """Accept nothing any more. The sockets stay as they are."""
        for server in [*self._operations, *(server for servers in self._public.values() for server in servers)]:
            server.close()
        self._public, self._operations = {}, []

    async def _listen(self, bound: socket.socket, copies: int) -> list[asyncio.AbstractServer]:
        loop, servers = asyncio.get_running_loop(), list[asyncio.AbstractServer]()
        try:
            for _ in range(copies):
                copy = bound.dup()
                servers.append(
                    await loop.create_server(self._make_protocol, sock=copy, ssl=self._tls, backlog=self._backlog)
                )
        except BaseException:  # perhaps there is no room for more files; nobody would close these
            for server in servers:
                server.close()
            raise
        return servers
