"""Limits over all connections: how many are open, and how many bytes of large bodies are kept.

Whoever waits gives way to whoever works. When too many connections are open, the one that has waited the longest for a
request is closed. When large bodies fill the room for them, the one that has been arriving the longest is dropped. So idle
and stalled clients keep nobody out, and memory stays bounded.
"""

import asyncio
from time import perf_counter
from typing import Protocol

from .lifecycle import Count

FEEDING_SECONDS = 0.002  # of parsing, before others have their turn
SMALL_BODY_BYTES = 1 << 16  # a body up to this size is bounded by the number of connections, and is not counted


class Waiting(Protocol):
    """A connection that waits for a request."""

    def close_idle(self) -> None: ...


class Arriving(Protocol):
    """A request with a large body."""

    def evict(self) -> None: ...


class Feedable(Protocol):
    """A connection with data that its parser has not had yet."""

    def feed_piece(self) -> bool: ...


class Feeder:
    """Parses what has come on all connections, in turns of one piece, for a short time in one go."""

    def __init__(self) -> None:
        self._waiting: dict[Feedable, None] = {}  # in the order of their turns
        self._is_scheduled = False

    def add(self, connection: Feedable) -> None:
        """Give a connection its turns until it needs no more."""
        self._waiting[connection] = None
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        began = perf_counter()
        while self._waiting:
            connection = next(iter(self._waiting))
            del self._waiting[connection]
            if connection.feed_piece():
                self._waiting[connection] = None
            if perf_counter() - began > FEEDING_SECONDS:
                break
        self._is_scheduled = bool(self._waiting)
        if self._is_scheduled:
            asyncio.get_running_loop().call_soon(self._run)


class Connections:
    """The open connections of the process, and the bytes of the large bodies that their requests keep."""

    def __init__(
        self, max_connections: int, max_buffered_bytes: int, workers: int = 1, host: Count | None = None
    ) -> None:
        """`max_connections` is the limit of the host, whose workers add up in `host`; `max_buffered_bytes` of this one."""
        self._max_connections = max_connections
        self._share = -(-max_connections // workers)
        self._host = host if workers > 1 else None
        self.max_buffered_bytes = max_buffered_bytes
        self._waiting: dict[Waiting, None] = {}  # in order of time
        self._arriving: dict[Arriving, None] = {}  # in order of time
        self._kept: dict[Arriving, int] = {}
        self.feeder = Feeder()
        self.open = 0
        self.buffered_bytes = 0

    def enter(self) -> bool:
        """Count a new connection. Returns whether it may stay; it may if another one can be closed for it."""
        self.open += 1
        if not self._is_over():
            return True
        # of several workers, each may have its share: clients of another one keep nobody out
        return self._close_longest() or (self._host is not None and self.open <= self._share)

    def give_way(self) -> None:
        """Close connections that wait for a request while the host has too many, and this worker more than its share.

        It closes its part of what is too many; all parts together may be one more for each worker.
        """
        if self._host is not None:
            excess, above = self._host.total() - self._max_connections, self.open - self._share
            if excess <= 0 or above <= 0:
                return
            part = -(-excess * above // self._host.above(self._share))  # the others close theirs
            for _ in range(min(part, above)):  # their ends are noted later
                self._close_longest()

    def _is_over(self) -> bool:
        """Whether too many are open."""
        if self._host is None:
            return self.open > self._max_connections
        self._host.set(self.open)
        return self._host.total() > self._max_connections

    def _close_longest(self) -> bool:
        """Close the connection that has waited the longest for a request. Returns whether there was one."""
        longest = next(iter(self._waiting), None)
        if longest is None:
            return False
        self.stop_waiting(longest)
        longest.close_idle()
        return True

    def leave(self, connection: Waiting) -> None:
        """Count one connection less."""
        self.open -= 1
        if self._host is not None:
            self._host.set(self.open)
        self.stop_waiting(connection)

    def start_waiting(self, connection: Waiting) -> None:
        """Note that a connection waits for a request."""
        self._waiting[connection] = None

    def stop_waiting(self, connection: Waiting) -> None:
        """Note that a request has come, or that the connection is closed."""
        self._waiting.pop(connection, None)

    def keep(self, request: Arriving, size: int, *, is_whole: bool) -> None:
        """Note how many bytes a request keeps for its body by now. Requests are evicted if there are too many bytes."""
        if is_whole:
            self._arriving.pop(request, None)
        else:
            self._arriving.setdefault(request)
        self.buffered_bytes += size - self._kept.get(request, 0)
        self._kept[request] = size
        while self.buffered_bytes > self.max_buffered_bytes:
            # a body that has arrived is being worked on; a new one then finds no room
            victim = next(iter(self._arriving), request)
            self.release(victim)
            victim.evict()

    def release(self, request: Arriving) -> None:
        """Forget the body of a request."""
        self.buffered_bytes -= self._kept.pop(request, 0)
        self._arriving.pop(request, None)
