"""A caller who does no harm: two kept connections, on which it asks `/livez` and for a forecast 20 times a second each.

It runs in a process of its own, and times each request from the moment at which it was due: a service that stalls is
charged for every request that it delays. It writes a line for each into a file, as a pipe might fill.
"""

import asyncio
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter, sleep
from types import TracebackType
from typing import NamedTuple, Self, TextIO

import numpy as np

from benchmarks.hostile.children import START
from benchmarks.hostile.requests import get, post
from service.http.schema_parts import RECENT_MONTHS

RATE = 20  # requests a second, of each path
LOST_S = 5.0  # a response that takes longer is lost
PATHS = ("/livez", "/forecast")
LOST = 0  # in the place of a status


class Sample(NamedTuple):
    """One request: when it was due, on the clock of `perf_counter`, and how long it took from then, in seconds."""

    path: str
    due: float
    took: float
    status: int


class Bystander:
    """`with Bystander(port, key) as bystander:`"""

    def __init__(self, port: int, key: str) -> None:
        self.file = tempfile.NamedTemporaryFile("r", prefix="bystander-", suffix=".txt")  # noqa: SIM115
        self.process = START.Process(target=_ask_forever, args=(port, key, self.file.name), daemon=True)
        self.samples: list[Sample] = []
        self.rest = ""

    def __enter__(self) -> Self:
        self.process.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.process.kill()
        self.process.join()
        self.file.close()

    def between(self, begin: float, end: float) -> list[Sample]:
        """All requests that were due in this time; waits for their responses."""
        latest = perf_counter() + 2 * LOST_S
        while perf_counter() < latest:
            self._read()
            if all(any(sample.path == path and sample.due >= end for sample in self.samples) for path in PATHS):
                break
            sleep(0.02)
        found = [sample for sample in self.samples if begin <= sample.due < end]
        self.samples = [sample for sample in self.samples if sample.due >= end]
        return found

    def _read(self) -> None:
        """Take the lines that are whole; the last one may be half written."""
        lines, _, self.rest = (self.rest + self.file.read()).rpartition("\n")
        for line in lines.splitlines():
            path, due, took, status = line.split()
            self.samples.append(Sample(path, float(due), float(took), int(status)))


def summarize(samples: Iterable[Sample]) -> dict[str, dict[str, object]]:
    """By path: how many, percentiles and the worst in ms, and how many by status where it is not 200."""
    return {path: _summary([sample for sample in samples if sample.path == path]) for path in PATHS}


def _summary(samples: Sequence[Sample]) -> dict[str, object]:
    if not samples:
        return {"requests": 0, "p50": None, "p99": None, "worst": None, "others": {}}
    milliseconds = np.array([sample.took for sample in samples]) * 1e3
    p50, p99 = (round(float(value), 2) for value in np.percentile(milliseconds, (50, 99)))
    others = Counter("lost" if sample.status == LOST else str(sample.status) for sample in samples)
    del others["200"]
    worst = round(float(milliseconds.max()), 2)
    return {"requests": len(samples), "p50": p50, "p99": p99, "worst": worst, "others": dict(others)}


def _ask_forever(port: int, key: str, file: str) -> None:
    """The process: both paths until its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fields = (f"X-API-Key: {key}",) if key else ()
    forecast = {"readings": RECENT_MONTHS, "model": "gru"}
    requests = {"/livez": get("/livez", *fields), "/forecast": post("/forecast", forecast, *fields)}

    async def run(samples: TextIO) -> None:
        parent = os.getppid()
        callers = [Caller(path, port, request) for path, request in requests.items()]
        asking = asyncio.gather(*(_ask_on_time(caller, samples) for caller in callers))
        while os.getppid() == parent and not asking.done():
            await asyncio.sleep(1)

    with Path(file).open("a", buffering=1) as samples:
        asyncio.run(run(samples))


class Caller:
    """Asks one thing over a connection that is kept while the service keeps it."""

    def __init__(self, path: str, port: int, request: bytes) -> None:
        self.path = path
        self.port = port
        self.request = request
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self) -> int:
        """The status of the response; LOST if there is none in time. The response must have a Content-Length."""
        try:
            async with asyncio.timeout(LOST_S):
                if self.writer is None:
                    self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
                self.writer.write(self.request)
                head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
                await self.reader.readexactly(int(head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0]))
                if b"\r\nconnection: close\r\n" in head:
                    self.leave()
                return int(head.split()[1])
        except (OSError, ValueError, asyncio.IncompleteReadError):
            self.leave()
            return LOST

    def leave(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.writer = None


async def _ask_on_time(caller: Caller, samples: TextIO) -> None:
    """Ask RATE times a second, late where an earlier response is awaited, and write down each request."""
    due = perf_counter()
    while True:
        due += 1 / RATE
        await asyncio.sleep(max(0.0, due - perf_counter()))
        status = await caller.ask()
        samples.write(f"{caller.path} {due:.6f} {perf_counter() - due:.6f} {status}\n")
