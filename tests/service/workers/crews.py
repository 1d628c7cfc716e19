"""A crew of fake workers in the event loop of a test."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from service.http.ports import Ports
from service.settings import Settings
from service.workers import process, sockets, watching
from service.workers.crew import Crew
from service.workers.inheritance import Inheritance
from service.workers.memory import Estate
from service.workers.process import Worker
from service.workers.timing import Timing
from tests.patience import PATIENCE_S
from tests.processes import ROOT

NEVER = 1_000_000
# workers are asked often, and have the time that a slow machine takes for everything
PATIENT = Timing(
    ping=0.02, silent=3, hung=NEVER, answer=PATIENCE_S, prepare=PATIENCE_S, last_words=PATIENCE_S, margin=PATIENCE_S
)


class Spawner:
    """Takes the place of `spawn`. `behaviours` are those of the next processes, in order; after them, all are good.

    "wait" is good too, but begins only with `begin`. Only the workers that a test has put into `silent` can be
    found silent: any other may answer late, as the machine is busy.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, behaviours: Sequence[str] = ()) -> None:
        self.behaviours = list(behaviours)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.silent: set[Worker] = set()
        note_miss = watching._note_miss

        def note(worker: Worker, *arguments: Any) -> None:
            if worker in self.silent:
                note_miss(worker, *arguments)

        monkeypatch.setattr(watching, "_note_miss", note)
        monkeypatch.setattr(process, "spawn", self)

    @property
    def count(self) -> int:
        """How many have been started."""
        return len(self.processes)

    def begin(self) -> None:
        """Let the process begin that was started last."""
        stdin = self.processes[-1].stdin
        assert stdin is not None
        stdin.close()

    def __call__(self, inheritance: Inheritance, control: int) -> "subprocess.Popen[bytes]":
        behaviour = self.behaviours.pop(0) if self.behaviours else ""
        command = [sys.executable, "-m", "tests.service.workers.fake_worker", str(control), behaviour]
        started = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[control, *inheritance.files], stdin=subprocess.PIPE, start_new_session=True
        )
        assert started.stdin is not None
        if behaviour != "wait":
            started.stdin.close()
        self.processes.append(started)
        return started


@asynccontextmanager
async def crew(
    monkeypatch, behaviours=(), count=2, timing=PATIENT, leave=PATIENCE_S
) -> AsyncIterator[tuple[Crew, Ports, Spawner]]:
    """A crew that has started and accepts connections; its processes are killed at the end."""
    spawner = Spawner(monkeypatch, behaviours)
    settings = Settings(port=0)
    ports, _ = sockets.bind(settings, count)
    estate = Estate(count, ports)
    crew = Crew(estate, timing, leave)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGCHLD, crew.reap)
    try:
        await crew.start()
        sockets.listen(settings, ports)
        await crew.open()
        yield crew, ports, spawner
    finally:
        crew.stop_keeping()
        for worker in [*crew.processes]:
            worker.kill()
            await worker.ended
        loop.remove_signal_handler(signal.SIGCHLD)
        ports.close()
        estate.close()


async def greeting(ports: Ports) -> tuple[int, int]:
    """Who accepts a new connection: slot and process."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ports.public[0].getsockname()[1])
    try:
        async with asyncio.timeout(PATIENCE_S):
            slot, pid = (await reader.readline()).split()
        return int(slot), int(pid)
    finally:
        writer.close()


async def greetings(ports: Ports, count: int = 24) -> set[tuple[int, int]]:
    """Who accepts so many connections."""
    return set(await asyncio.gather(*[greeting(ports) for _ in range(count)]))


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so; fail when it never is."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def open_files() -> int:
    """The number of files that this process has open."""
    return len(os.listdir("/proc/self/fd"))
