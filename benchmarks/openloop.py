"""An open-loop load generator: it sends requests at their planned times, whether or not responses have come.

    python -m benchmarks.openloop --port 8000 --path /forecast --body body.json --rate 2000 --seconds 10

A latency runs from the time at which a request *should* have been sent. So a server that stalls is charged for every
request that it delays. When all connections are busy a request waits for one, and that time counts too.
"""

import argparse
import asyncio
import gc
import json
import random
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop

from benchmarks.connection import Connection, encode_request
from benchmarks.metrics import LoadMetrics
from benchmarks.plan import LOST_S, LoadPlan

STALE_S = 4.0  # servers close idle connections after 5 s; a request sent at that moment would be lost
ACCEPT_S = 0.5  # for the server to accept all connections; uvloop accepts one per turn of its loop
DRAIN_S = 1.0  # how long after the end requests that wait for a connection are still sent


class OpenLoopRun:
    """One plan while it runs. It polls the clock when the next request is near: the generator has its own core."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.metrics = LoadMetrics()
        self.request = encode_request(plan.path, plan.body)
        self.idle: deque[Connection] = deque()
        self.busy: set[Connection] = set()
        self.waiting: deque[float] = deque()  # the times at which these requests were due
        self.tasks: set[asyncio.Task[None]] = set()
        self.over = False

    async def run(self) -> dict[str, Any]:
        """Run the plan to its end; returns the report of metrics.py."""
        self.loop = asyncio.get_running_loop()
        await asyncio.gather(*(self._connect() for _ in range(self.plan.connections)))
        await asyncio.sleep(ACCEPT_S)
        gc.collect()
        gc.freeze()
        self.start = perf_counter() + 0.01
        sending = self.loop.create_future()
        send_times = self.plan.send_times()
        self._tick(send_times, next(send_times), sending)
        expiry = self.loop.create_task(self._expire_requests())
        sending_s = await sending
        await self._drain()
        expiry.cancel()
        elapsed_s = perf_counter() - self.start
        self.over = True
        for connection in [*self.idle, *self.busy]:
            connection.close()
        return self.metrics.report(sending_s, elapsed_s)

    def _tick(self, send_times: Iterator[float], due: float, sending: asyncio.Future[float]) -> None:
        """Send every request that is due, then come back: at once, or shortly before the next one is due."""
        now = perf_counter()
        elapsed = now - self.start
        while due <= elapsed:
            self.metrics.delays.append(elapsed - due)
            self._send_or_wait(self.start + due, now)
            next_due = next(send_times, None)
            if next_due is None:
                sending.set_result(perf_counter() - self.start)
                return
            due = next_due
        ahead = due - elapsed
        if ahead > 0.005:  # timers have whole milliseconds
            self.loop.call_later(ahead - 0.003, self._tick, send_times, due, sending)
        else:
            self.loop.call_soon(self._tick, send_times, due, sending)

    def _send_or_wait(self, due: float, now: float) -> None:
        connection = self._idle_connection(now)
        if connection is None:
            self.metrics.waited += 1
            self.waiting.append(due)
        else:
            self._send(connection, due, now)

    def _idle_connection(self, now: float) -> Connection | None:
        while self.idle:
            connection = self.idle.popleft()
            if not connection.closing and now - connection.since < STALE_S:
                return connection
            connection.close()
        return None

    def _send(self, connection: Connection, due: float, now: float) -> None:
        self.metrics.sent += 1
        connection.send(self.request, due, now)
        if self.plan.hangup and random.random() < self.plan.hangup:
            self.metrics.hung_up += 1
            connection.close()
        else:
            self.busy.add(connection)

    def on_ready(self, connection: Connection) -> None:
        connection.since = now = perf_counter()
        self._drop_impatient(now)
        if self.waiting:
            self._send(connection, self.waiting.popleft(), now)
        else:
            self.idle.append(connection)

    def on_response(self, connection: Connection, status: int, retry_after: bool) -> None:
        assert connection.due is not None
        now = perf_counter()
        self.metrics.record_response(status, now - connection.due, now - connection.since, retry_after)
        if status == 200:
            self.metrics.count_good(int(now - self.start))
        connection.due = None
        self.busy.discard(connection)
        if not connection.closing:
            self.on_ready(connection)

    def on_closed(self, connection: Connection) -> None:
        self.busy.discard(connection)
        self.metrics.lost += connection.due is not None
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
                self.metrics.failed_connects += 1
                await asyncio.sleep(0.05)

    async def _expire_requests(self) -> None:
        """Every second, give up requests that have had no response, or no connection, for too long."""
        while True:
            await asyncio.sleep(1)
            now = perf_counter()
            for connection in [c for c in self.busy if now - c.since > LOST_S]:
                self.busy.discard(connection)
                self.metrics.lost += 1
                connection.close()
            self._drop_impatient(now)

    def _drop_impatient(self, now: float) -> None:
        while self.waiting and now - self.waiting[0] > self.plan.patience:
            self.waiting.popleft()
            self.metrics.unsent += 1

    async def _drain(self) -> None:
        """For a moment, send what still waits for a connection; then wait for the responses."""
        until = perf_counter() + DRAIN_S
        while self.waiting and perf_counter() < until:
            await asyncio.sleep(0.001)
        self.metrics.unsent += len(self.waiting)
        self.waiting.clear()
        until = perf_counter() + LOST_S
        while self.busy and perf_counter() < until:
            await asyncio.sleep(0.001)
        self.metrics.lost += len(self.busy)


def run(plan: LoadPlan) -> dict[str, Any]:
    """Run a plan to its end in this process; returns the report of metrics.py."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(OpenLoopRun(plan).run())


def parse_plan(arguments: Sequence[str] | None = None) -> LoadPlan:
    parser = argparse.ArgumentParser(description="open-loop load on 127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/forecast")
    parser.add_argument("--body", type=Path, required=True, help="file with the JSON body")
    parser.add_argument("--rate", type=float, required=True, help="requests per second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--hangup", type=float, default=0.0, help="share of callers that hang up right after sending")
    parser.add_argument("--patience", type=float, default=LOST_S, help="seconds a caller waits for a connection")
    parser.add_argument("--poisson", action="store_true", help="random arrivals instead of evenly spaced ones")
    values = vars(parser.parse_args(arguments))
    return LoadPlan(body=values.pop("body").read_bytes(), **values)


def main() -> None:
    print(json.dumps(run(parse_plan())))


if __name__ == "__main__":
    main()
