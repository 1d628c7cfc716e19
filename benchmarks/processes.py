"""A server under measurement: started on its own core, watched through /proc, and killed with all its children.

Linux only. Every process it starts inherits a mark in its environment; that finds those that detach themselves
from their parent (Ray's do).
"""

import atexit
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import machine
from benchmarks.servers.server import Server

SERVER_CORE = "0"
LOAD_CORE = "1"
MARK = "GATECAST_BENCH_MARK"
ROOT = Path(__file__).parents[1]
READY_S = 180.0
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1_000_000


class NotReady(RuntimeError):
    """The server did not start, or answered a probe with something else than 200."""


class Running:
    """`with Running(server) as running:` – entered when it has answered one request on every path."""

    def __init__(self, server: Server, env: dict[str, str] | None = None) -> None:
        self.server = server
        self.port = free_port()
        self.mark = uuid.uuid4().hex
        self.extra = env or {}
        self.ready_s = 0.0
        self.idle = 0.0

    def __enter__(self) -> Self:
        begun = time.perf_counter()
        self.log = tempfile.NamedTemporaryFile("w+", prefix=f"{self.server.name}-", suffix=".log")
        env = os.environ | {"PYTHONUNBUFFERED": "1"} | self.server.env(self.port) | self.extra | {MARK: self.mark}
        command = ["taskset", "-c", SERVER_CORE, *self.server.command(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=self.log, stderr=self.log)
        atexit.register(self.stop)
        try:
            self._await(self._is_ready, READY_S, "was not ready")
            for call in self.server.calls.values():
                self._await(lambda call=call: self.post(call.path, call.body)[0] == 200, 60, f"no 200 from {call.path}")  # type: ignore[misc]
        except BaseException:
            self.stop()
            raise
        self.ready_s = time.perf_counter() - begun
        time.sleep(1)
        # under load it would show a whole core: what is more than half of one is a start that goes on
        self.idle = min(0.5, self._share(1))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        return self.ask("GET", self.server.ready)[0] == 200

    def _await(self, true: Callable[[], bool], seconds: float, complaint: str) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if true():
                    return
            if self.process.poll() is not None:
                complaint = f"ended with {self.process.returncode}"
                break
            time.sleep(0.02)
        raise NotReady(f"{self.server.name} {complaint}; its log ends:\n{self.tail()}")

    def tail(self) -> str:
        return "".join(Path(self.log.name).read_text("utf-8", "replace").splitlines(keepends=True)[-15:])

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        return self.ask("POST", path, body)

    def pids(self) -> list[int]:
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def cpu_us(self) -> float:
        """User and system time of all its processes so far."""
        every = machine.used()
        return sum(every.get(pid, 0.0) for pid in self.pids())

    def rss_mb(self) -> float:
        """Resident memory of all its processes, in MB of 10^6; pages shared between two count twice."""
        pages = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * _PAGE_MB

    def settle(self, seconds: float = 40) -> None:
        """Wait until it has worked off what earlier load left behind; some poll, and are never quite still."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and self._share() > self.idle + 0.15:
            pass

    def _share(self, seconds: float = 0.4) -> float:
        """Cores' worth of CPU time that it takes just now."""
        before = self.cpu_us()
        time.sleep(seconds)
        return (self.cpu_us() - before) / seconds / 1e6

    def stop(self) -> None:
        """SIGTERM, a few seconds, SIGKILL for whatever is left."""
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(12)
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.log.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def on_load_core() -> None:
    """Put this process on the core that servers do not use, and let it clean up when it is told to end."""
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
