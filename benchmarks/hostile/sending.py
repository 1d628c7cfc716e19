"""Ways to send an attack: each returns a Round, which sends it once."""

import asyncio
import contextlib
import itertools
import random
import socket
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from time import perf_counter

from benchmarks.hostile.attack import PATIENCE_S, Round, Target
from benchmarks.hostile.client import Chunks, Client, counting_failures

LONG_S = 6.0  # the longest that a round goes on which is made of many requests
END_S = 1.0  # after which a client without an answer says that it will send no more


async def exchange(
    target: Target,
    chunks: Chunks,
    *,
    responses: int = 1,
    closes: bool = False,
    patience_s: float = PATIENCE_S,
    patience_ends: str = "silent",
) -> None:
    """Send on a new connection, and read its responses while sending.

    With `closes` the service should close if it has not understood; a client without an answer closes its own side.
    What has had no answer after `patience_s` is counted under the name `patience_ends`.
    """
    with counting_failures(target, patience_ends):
        async with asyncio.timeout(patience_s), Client(target) as client:
            sending = asyncio.create_task(_send_all(client, chunks, ends=closes))
            try:
                if await client.read(responses) and closes:
                    await client.see_it_closed()
            finally:
                sending.cancel()


async def _send_all(client: Client, chunks: Chunks, *, ends: bool) -> None:
    await client.send(chunks)
    if ends:
        await asyncio.sleep(END_S)
        with contextlib.suppress(OSError):
            client.writer.write_eof()


def in_turn(*requests: bytes, responses: int = 1, closes: bool = False) -> Round:
    """Each request on a connection of its own, one after the other."""

    async def round_(target: Target) -> None:
        for request in requests:
            await exchange(target, [request], responses=responses, closes=closes)

    return round_


def refused(*requests: bytes) -> Round:
    """As `in_turn`, for what an HTTP server should not accept: it has to close the connection after its answer."""
    return in_turn(*requests, closes=True)


def streamed(make: Callable[[], Chunks]) -> Round:
    """One connection, on which `make()` is sent. The service has to close it."""

    async def round_(target: Target) -> None:
        await exchange(target, make(), closes=True)

    return round_


def together(count: int, *requests: bytes) -> Round:
    """`count` connections at once; each sends one of the requests and reads the response."""

    async def round_(target: Target) -> None:
        await asyncio.gather(*(exchange(target, [request]) for request in _first(count, requests)))

    return round_


def closed_loop(connections: int, *requests: bytes) -> Round:
    """`connections` that are kept alive, each sending its next request once it is answered, until the attack ends."""

    async def round_(target: Target) -> None:
        def pending(request: bytes) -> Iterator[bytes]:
            while target.left_s:
                yield request

        await asyncio.gather(*(_take_turns(target, pending(request)) for request in _first(connections, requests)))

    return round_


def many(count: int, make: Callable[[int], bytes], connections: int = 4) -> Round:
    """`count` requests over a few connections that are kept alive; the number given to `make` is always a new one.

    On a slow machine they are as many as can be sent in LONG_S.
    """
    numbers = itertools.count()

    async def round_(target: Target) -> None:
        latest = perf_counter() + LONG_S
        requests = (make(next(numbers)) for _ in itertools.takewhile(lambda _: perf_counter() < latest, range(count)))
        await asyncio.gather(*(_take_turns(target, requests) for _ in range(connections)))

    return round_


async def _take_turns(target: Target, requests: Iterator[bytes]) -> None:
    """Send the requests one by one; connect again where the service closes."""
    for first in requests:
        with counting_failures(target):
            async with Client(target) as client:
                for request in itertools.chain([first], requests):
                    async with asyncio.timeout(PATIENCE_S):
                        await client.send([request])
                        if not await client.read(client.responses + 1):
                            break


def held(count: int, *starts: bytes) -> Round:
    """`count` connections that send the start of a request and no more, until the attack ends."""
    return dripped(count, *starts)


def dripped(count: int, *starts: bytes, drops: Callable[[], Iterable[bytes]] = lambda: (), pause_s: float = 0) -> Round:
    """`count` connections that send a start, and then one drop after each pause until the attack ends."""

    async def drip(target: Target, start: bytes) -> AsyncIterable[bytes]:
        yield start
        for drop in drops():
            await asyncio.sleep(pause_s)
            yield drop

    async def round_(target: Target) -> None:
        await asyncio.gather(
            *(
                exchange(target, drip(target, start), responses=1 << 30, patience_s=target.left_s, patience_ends="held")
                for start in _first(count, starts)
            ),
        )

    return round_


def unread(count: int, *requests: bytes) -> Round:
    """`count` connections that send all the requests and read nothing, until the attack ends."""

    async def hold(target: Target) -> None:
        with counting_failures(target, "held"):
            async with asyncio.timeout(target.left_s), Client(target) as client:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await client.send(requests)
                await asyncio.sleep(target.left_s)
                raise TimeoutError  # it was held to the end, also where the sleep is over first

    async def round_(target: Target) -> None:
        await asyncio.gather(*(hold(target) for _ in range(count)))

    return round_


def left(count: int, request: bytes, *, resets: bool = False, at_once: int = 50) -> Round:
    """`count` connections, each closed as soon as the request is sent; with `resets` by a reset."""

    async def leave(target: Target, turn: asyncio.Semaphore) -> None:
        async with turn:
            with counting_failures(target):
                async with Client(target) as client:
                    await client.send([request])
                    if resets:
                        client.reset()
                    target.counts["left"] += 1

    async def round_(target: Target) -> None:
        turn = asyncio.Semaphore(at_once)
        await asyncio.gather(*(leave(target, turn) for _ in range(count)))

    return round_


def pooled(count: int, request: bytes, think_s: float) -> Round:
    """Honest clients that keep their connections, connect again after `Connection: close`, and go when none is accepted.

    Each waits up to `think_s` before its next request.
    """

    async def call(target: Target) -> None:
        with counting_failures(target):
            while target.left_s:
                async with Client(target) as client:
                    while client.keeps_alive and target.left_s:
                        async with asyncio.timeout(PATIENCE_S):
                            await client.send([request])
                            if not await client.read(client.responses + 1):
                                return  # it is counted how the request was lost
                        await asyncio.sleep(random.random() * think_s)

    async def round_(target: Target) -> None:
        await asyncio.gather(*(call(target) for _ in range(count)))
        target.until = 0  # all are gone

    return round_


def _first(count: int, requests: Iterable[bytes]) -> Iterable[bytes]:
    """So many requests, beginning again after the last."""
    return itertools.islice(itertools.cycle(requests), count)
