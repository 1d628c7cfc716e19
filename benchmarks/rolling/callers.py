"""The callers: an open loop that notes of every request when it was due and what became of it.

    python -m benchmarks.rolling.callers --port 18790 --path /forecast --body body.json --rate 500 --requests 30000 --out log.npy

It ends when so many are sent and its standard input is at its end. A share of the callers hang up right after sending. Unlike openloop.py it sleeps between requests, as all processes share the
cores; a latency still counts from the time at which the request was due.
"""

import argparse
import asyncio
import os
import random
from array import array
from collections import deque
from enum import IntEnum
from pathlib import Path
from time import perf_counter

import numpy as np
import uvloop

from benchmarks.connection import Connection, encode_request
from benchmarks.plan import LOST_S

STALE_S = 4.0  # far below the keep-alive time of the balancer
TURN_S = 0.001
SEED = 22


class Outcome(IntEnum):
    """What became of a request; any other number is the status of its answer."""

    LOST = 0  # no answer: the connection was closed, or nothing came for LOST_S
    HUNG_UP = 1


class Callers:
    """All callers. `log` has three numbers for each request: due, seconds until its end, outcome."""

    def __init__(self, port: int, request: bytes, rate: float, hangup: float) -> None:
        self.port, self.request, self.rate, self.hangup = port, request, rate, hangup
        self.idle: deque[Connection] = deque()
        self.busy: set[Connection] = set()
        self.waiting: deque[float] = deque()
        self.log = array("d")
        self.chance = random.Random(SEED)
        self.may_end = self.over = False
        self.tasks: set[asyncio.Task[None]] = set()

    async def run(self, requests: int, connections: int, *, watch_input: bool = True) -> None:
        """Send so many requests at the rate, more until it may end, and wait for their answers."""
        if watch_input:
            asyncio.get_running_loop().add_reader(0, self.on_input)
        await asyncio.gather(*(self._connect() for _ in range(connections)))
        start, sent = perf_counter(), 0
        while sent < requests or not self.may_end:
            due = int((perf_counter() - start) * self.rate) + 1
            due = min(requests, due) if self.may_end else due
            while sent < due:
                self._send_or_wait(start + sent / self.rate)
                sent += 1
            self._expire()
            await asyncio.sleep(TURN_S)
        until = perf_counter() + LOST_S
        while (self.busy or self.waiting) and perf_counter() < until:
            await asyncio.sleep(TURN_S)
        self.over = True
        for due_at in [*self.waiting, *(c.due for c in self.busy if c.due is not None)]:
            self._note(due_at, Outcome.LOST)
        for connection in [*self.idle, *self.busy]:
            connection.close()

    def on_input(self) -> None:
        """Read standard input, which has nothing to say but its end."""
        if not os.read(0, 1):
            asyncio.get_running_loop().remove_reader(0)
            self.may_end = True

    def _send_or_wait(self, due: float) -> None:
        now = perf_counter()
        while self.idle:
            connection = self.idle.popleft()
            if not connection.closing and now - connection.since < STALE_S:
                self._send(connection, due, now)
                return
            connection.close()
        self.waiting.append(due)

    def _send(self, connection: Connection, due: float, now: float) -> None:
        connection.send(self.request, due, now)
        if self.chance.random() < self.hangup:
            self._note(due, Outcome.HUNG_UP)
            connection.close()
        else:
            self.busy.add(connection)

    def _note(self, due: float, outcome: int) -> None:
        self.log.extend((due, perf_counter() - due, outcome))

    def _expire(self) -> None:
        now = perf_counter()
        for connection in [c for c in self.busy if now - c.since > LOST_S]:
            self.busy.discard(connection)
            if connection.due is not None:
                self._note(connection.due, Outcome.LOST)
            connection.close()

    def on_ready(self, connection: Connection) -> None:
        connection.since = now = perf_counter()
        if self.waiting:
            self._send(connection, self.waiting.popleft(), now)
        else:
            self.idle.append(connection)

    def on_response(self, connection: Connection, status: int, retry_after: bool) -> None:
        assert connection.due is not None
        self._note(connection.due, status)
        connection.due = None
        self.busy.discard(connection)
        if not connection.closing:
            self.on_ready(connection)

    def on_closed(self, connection: Connection) -> None:
        self.busy.discard(connection)
        if connection.due is not None:
            self._note(connection.due, Outcome.LOST)
            connection.due = None
        if not self.over:
            task = asyncio.get_running_loop().create_task(self._connect())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _connect(self) -> None:
        while not self.over:
            try:
                await asyncio.get_running_loop().create_connection(lambda: Connection(self), "127.0.0.1", self.port)
                break
            except OSError:
                await asyncio.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description="callers of 127.0.0.1, some of whom hang up")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--body", type=Path, required=True, help="file with the JSON body")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--hangup", type=float, default=1 / 3)
    parser.add_argument("--out", type=Path, required=True, help="file for the log, .npy")
    options = parser.parse_args()
    request = encode_request(options.path, options.body.read_bytes())
    callers = Callers(options.port, request, options.rate, options.hangup)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(callers.run(options.requests, options.connections))
    np.save(options.out, np.frombuffer(callers.log).reshape(-1, 3))


if __name__ == "__main__":
    main()
