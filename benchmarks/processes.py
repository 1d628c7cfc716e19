"""A server under measurement: started on its own core, watched through /proc, and ended with all its children.

Linux only. Every process that the server starts inherits a mark in its environment. The mark finds those that leave
their parent's process group (Ray's do).
"""

import atexit
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import machine
from benchmarks.files import ROOT
from benchmarks.servers.server import Call, Server

MARK = "BENCH_MARK"
READY_S = 180.0
FIRST_RESPONSE_S = 60.0
TERMINATE_S = 12.0
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1_000_000


class NotReady(RuntimeError):
    """The server did not start, or its first responses were not 200."""


class ServerProcess:
    """`with ServerProcess(server) as process:` – entered when it has answered one request on every path.

    It runs on `cores`, numbers with commas. What it writes to stderr goes to its log, or to the file descriptor `stderr`.
    Raises NotReady, with the end of the server's log, if it does not get that far.
    """

    def __init__(
        self,
        server: Server,
        env: dict[str, str] | None = None,
        cores: str = machine.SERVER_CORE,
        stderr: int | None = None,
    ) -> None:
        self.server = server
        self.cores = cores
        self.stderr = stderr
        self.port = _free_port()
        self.mark = uuid.uuid4().hex
        self.extra_env = env or {}
        self.ready_s = 0.0
        self.idle_cores = 0.0

    def __enter__(self) -> Self:
        start = time.perf_counter()
        self.log = tempfile.NamedTemporaryFile("w+", prefix=f"{self.server.name}-", suffix=".log")
        env = os.environ | {"PYTHONUNBUFFERED": "1"} | self.server.env(self.port) | self.extra_env
        command = ["taskset", "-c", self.cores, *self.server.command(self.port)]
        stderr = self.log if self.stderr is None else self.stderr
        self.process = subprocess.Popen(command, cwd=ROOT, env=env | {MARK: self.mark}, stdout=self.log, stderr=stderr)
        atexit.register(self.stop)
        try:
            self._wait_until(self._is_ready, READY_S, "was not ready")
            for call in self.server.calls.values():
                self._wait_until(partial(self._is_answered, call), FIRST_RESPONSE_S, f"no 200 from {call.path}")
        except BaseException:
            self.stop()
            raise
        self.ready_s = time.perf_counter() - start
        time.sleep(1)
        # a server that is still starting uses a whole core; do not take that for its idle state
        self.idle_cores = min(0.5, self._cores_used(1))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        return self.request("GET", self.server.ready)[0] == 200

    def _is_answered(self, call: Call) -> bool:
        return self.post(call.path, call.body)[0] == 200

    def _wait_until(self, condition: Callable[[], bool], seconds: float, complaint: str) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if condition():
                    return
            if self.process.poll() is not None:
                complaint = f"ended with {self.process.returncode}"
                break
            time.sleep(0.02)
        raise NotReady(f"{self.server.name} {complaint}; its log ends:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines of its log."""
        return "".join(Path(self.log.name).read_text("utf-8", "replace").splitlines(keepends=True)[-15:])

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request on a new connection; returns the response's status and body. Raises OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} | (headers or {}))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """`request` with POST."""
        return self.request("POST", path, body)

    def pids(self) -> list[int]:
        """The server's process and all processes that descend from it."""
        mark = f"{MARK}={self.mark}".encode()
        pids = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    pids.append(int(entry.name))
        return pids

    def cpu_us(self) -> float:
        """User and system time of all its processes so far, in µs."""
        times = machine.cpu_times()
        return sum(times.get(pid, 0.0) for pid in self.pids())

    def rss_mb(self) -> float:
        """Resident memory of all its processes, in MB of 10^6 bytes; pages that two processes share count twice."""
        pages = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * _PAGE_MB

    def wait_until_idle(self, seconds: float = 40) -> None:
        """Wait, up to so many seconds, until the server has finished earlier load. Some servers poll: never 0 cores."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and self._cores_used() > self.idle_cores + 0.15:
            pass

    def _cores_used(self, seconds: float = 0.4) -> float:
        """CPU time that the server uses over the next `seconds`, in cores."""
        before = self.cpu_us()
        time.sleep(seconds)
        return (self.cpu_us() - before) / seconds / 1e6

    def stop(self) -> None:
        """Send SIGTERM, wait a few seconds, then send SIGKILL to what still runs."""
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(TERMINATE_S)
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.log.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
