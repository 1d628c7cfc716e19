"""One raw connection of an attack, which need not behave."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import httptools

from benchmarks.hostile.attack import Target

READ_BYTES = 1 << 16
CLOSE_S = 1.0  # for the service to close a connection that it should close
NOT_UNDERSTOOD = (400, 408, 431)  # after these nobody knows where the next request begins
Chunks = Iterable[bytes] | AsyncIterable[bytes]


class Client:
    """A connection, from `async with`. It counts every response by its status."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.responses = 0  # whole ones, without interim ones
        self.keeps_alive = True  # whether the last response left the connection open
        self.status = 0  # of the last response
        self.parser: Any = httptools.HttpResponseParser(self)

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await self.target.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.writer.transport.abort()

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()
        self.target.counts[str(self.status)] += 1

    def on_message_complete(self) -> None:
        self.responses += self.status >= 200
        self.keeps_alive = self.parser.should_keep_alive()

    async def send(self, chunks: Chunks) -> None:
        """Send what the service takes. That it closes is no error here: its reply may be on the way."""
        with contextlib.suppress(ConnectionError):
            async for chunk in _each(chunks):
                self.writer.write(chunk)
                await self.writer.drain()

    async def read(self, responses: int) -> bool:
        """Read until there were so many whole responses; False if the connection ended before."""
        while self.responses < responses:
            try:
                data = await self.reader.read(READ_BYTES)
                if data:
                    self.parser.feed_data(data)
                    continue
                self.target.counts["closed"] += 1
            except ConnectionError:
                self.target.counts["reset"] += 1
            except httptools.HttpParserUpgrade:
                continue
            except httptools.HttpParserError:
                self.target.counts["not HTTP"] += 1
            return False
        return True

    async def see_it_closed(self) -> None:
        """Count whether the service closes the connection after a request that it has not understood."""
        if self.status not in NOT_UNDERSTOOD:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                with contextlib.suppress(ConnectionError):
                    while await self.reader.read(READ_BYTES):
                        pass
            self.target.counts["closed"] += 1
        except TimeoutError:
            self.target.counts["left open"] += 1

    def reset(self) -> None:
        """Close so that the service gets a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    @property
    def socket(self) -> socket.socket:
        connected: socket.socket = self.writer.get_extra_info("socket")
        return connected


async def _each(chunks: Chunks) -> AsyncIterable[bytes]:
    if isinstance(chunks, AsyncIterable):
        async for chunk in chunks:
            yield chunk
    else:
        for chunk in chunks:
            yield chunk


@contextlib.contextmanager
def counting_failures(target: Target, silence: str = "silent") -> Iterator[None]:
    """Count a connection that fails, or that has no answer in time, and go on."""
    try:
        yield
    except TimeoutError:
        target.counts[silence] += 1
    except ConnectionResetError:
        target.counts["reset"] += 1
    except OSError:
        target.counts["not connected"] += 1
