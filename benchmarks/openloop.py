"""An open-loop load generator: requests leave at their appointed times, whether or not answers have come.

    python -m benchmarks.openloop --port 8000 --path /forecast --body body.json --rate 2000 --seconds 10

A latency runs from the time a request *should* have left, so a server that stalls is charged for everybody it
kept waiting. When every connection is taken the request waits for one, and that counts too.
"""

import argparse
import asyncio
import gc
import json
import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop

from benchmarks.plan import LOST_S, Plan
from benchmarks.tally import Tally
from benchmarks.wire import Connection, encode

STALE_S = 4.0  # servers close idle connections after 5 s; a client that wrote into that would lose a request
ACCEPT_S = 0.5  # for the server to take all connections; uvloop takes one per turn of its loop
DRAIN_S = 1.0  # how long after the end requests that found no connection are still sent


class Run:
    """One plan under way. It spins while a departure is near: the generator has a core of its own."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tally = Tally()
        self.request = encode(plan.path, plan.body)
        self.idle: deque[Connection] = deque()
        self.busy: set[Connection] = set()
        self.waiting: deque[float] = deque()
        self.tasks: set[asyncio.Task[None]] = set()
        self.over = False

    async def go(self) -> dict[str, Any]:
        self.loop = asyncio.get_running_loop()
        await asyncio.gather(*(self._connect() for _ in range(self.plan.connections)))
        await asyncio.sleep(ACCEPT_S)
        gc.collect()
        gc.freeze()
        self.start = perf_counter() + 0.01
        sending = self.loop.create_future()
        departures = self.plan.departures()
        self._tick(departures, next(departures), sending)
        sweeper = self.loop.create_task(self._sweep())
        sent_s = await sending
        await self._settle()
        sweeper.cancel()
        elapsed = perf_counter() - self.start
        self.over = True
        for connection in [*self.idle, *self.busy]:
            connection.leave()
        return self.tally.report(sent_s, elapsed)

    def _tick(self, departures: Iterator[float], due: float, sending: asyncio.Future[float]) -> None:
        """Send all that is due, then come back: at once, or when the next departure is near."""
        now = perf_counter()
        since = now - self.start
        while due <= since:
            self.tally.late.append(since - due)
            self._send_or_wait(self.start + due, now)
            following = next(departures, None)
            if following is None:
                sending.set_result(perf_counter() - self.start)
                return
            due = following
        ahead = due - since
        if ahead > 0.005:  # timers have whole milliseconds
            self.loop.call_later(ahead - 0.003, self._tick, departures, due, sending)
        else:
            self.loop.call_soon(self._tick, departures, due, sending)

    def _send_or_wait(self, due: float, now: float) -> None:
        connection = self._idle_one(now)
        if connection is None:
            self.tally.waited += 1
            self.waiting.append(due)
        else:
            self._send(connection, due, now)

    def _idle_one(self, now: float) -> Connection | None:
        while self.idle:
            connection = self.idle.popleft()
            if not connection.closing and now - connection.since < STALE_S:
                return connection
            connection.leave()
        return None

    def _send(self, connection: Connection, due: float, now: float) -> None:
        self.tally.sent += 1
        connection.send(self.request, due, now)
        if self.plan.hangup and random.random() < self.plan.hangup:
            self.tally.hung_up += 1
            connection.leave()
        else:
            self.busy.add(connection)

    def ready(self, connection: Connection) -> None:
        connection.since = now = perf_counter()
        self._give_up(now)
        if self.waiting:
            self._send(connection, self.waiting.popleft(), now)
        else:
            self.idle.append(connection)

    def answered(self, connection: Connection, status: int, retry_after: bool) -> None:
        assert connection.due is not None
        now = perf_counter()
        self.tally.answered(status, now - connection.due, now - connection.since, retry_after)
        if status == 200:
            self.tally.good_at(int(now - self.start))
        connection.due = None
        self.busy.discard(connection)
        if not connection.closing:
            self.ready(connection)

    def gone(self, connection: Connection) -> None:
        self.busy.discard(connection)
        self.tally.lost += connection.due is not None
        if not self.over:
            task = self.loop.create_task(self._connect())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _connect(self) -> None:
        while not self.over:
            try:
                await self.loop.create_connection(lambda: Connection(self), "127.0.0.1", self.plan.port)
                return
            except OSError:
                self.tally.failed_connects += 1
                await asyncio.sleep(0.05)

    async def _sweep(self) -> None:
        """Give up on what has been unanswered, or has waited for a connection, for too long."""
        while True:
            await asyncio.sleep(1)
            now = perf_counter()
            for connection in [c for c in self.busy if now - c.since > LOST_S]:
                self.busy.discard(connection)
                self.tally.lost += 1
                connection.leave()
            self._give_up(now)

    def _give_up(self, now: float) -> None:
        while self.waiting and now - self.waiting[0] > self.plan.patience:
            self.waiting.popleft()
            self.tally.unsent += 1

    async def _settle(self) -> None:
        """Send what still waits for a connection, for a moment; then wait for the answers."""
        until = perf_counter() + DRAIN_S
        while self.waiting and perf_counter() < until:
            await asyncio.sleep(0.001)
        self.tally.unsent += len(self.waiting)
        self.waiting.clear()
        until = perf_counter() + LOST_S
        while self.busy and perf_counter() < until:
            await asyncio.sleep(0.001)
        self.tally.lost += len(self.busy)


def run(plan: Plan) -> dict[str, Any]:
    """Run a plan to its end in this process, and report it."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Run(plan).go())


def main() -> None:
    parser = argparse.ArgumentParser(description="open-loop load on 127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/forecast")
    parser.add_argument("--body", type=Path, required=True, help="file with the JSON body")
    parser.add_argument("--rate", type=float, required=True, help="requests per second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--hangup", type=float, default=0.0, help="share of callers that leave right after sending")
    parser.add_argument("--patience", type=float, default=LOST_S, help="seconds a caller waits for a connection")
    parser.add_argument("--poisson", action="store_true", help="random arrivals instead of even ones")
    asked = vars(parser.parse_args())
    print(json.dumps(run(Plan(body=asked.pop("body").read_bytes(), **asked))))


if __name__ == "__main__":
    main()
