"""The service under attack: the real process with the real models, its memory, and the bystander beside it.

The service, the bystander and the attackers share two cores. None is bound to one of them, as on a server with two.
"""

import contextlib
import fcntl
import http.client
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from types import TracebackType
from typing import Self

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.bystander import Bystander
from benchmarks.hostile.keys import write_keys
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import NO_GRACE
from benchmarks.servers.server import Server
from service.http.schema_parts import RECENT_MONTHS

CORES = "0,1"
PIPE_BYTES = 4096  # of a log that nobody reads; the kernel's smallest
ALIVE_S = 5.0
CALM_S = 0.5  # between the first requests and the first attack
REVIEW = "A warm, funny and beautifully acted film. The end was weak, though. "


class LiveService:
    """`with LiveService(attack) as service:` – started as the attack needs it, and warm."""

    def __init__(self, attack: Attack, with_bystander: bool = True, grace: bool = False) -> None:
        self.attack = attack
        self.with_bystander = with_bystander
        self.grace = grace
        self.key = ""
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            env = dict(self.attack.settings) | ({} if self.grace else NO_GRACE)
            if self.attack.keys:
                directory = Path(stack.enter_context(TemporaryDirectory(prefix="hostile-")))
                self.key = write_keys(directory / "keys")
                env["GATECAST_API_KEYS_FILE"] = str(directory / "keys")
            stderr = stack.enter_context(_unread_pipe()) if self.attack.stderr_unread else None
            self.process = stack.enter_context(ServerProcess(_server(), env, CORES, stderr))
            self.port, self.pid = self.process.port, self.process.process.pid
            self._warm_up()
            if self.with_bystander:
                self.bystander = stack.enter_context(Bystander(self.port, self.key))
            sleep(CALM_S)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stack.close()

    def stop(self) -> tuple[float, int]:
        """End it with SIGTERM; returns the seconds it took, and its exit status: -9 if it had to be killed."""
        begin = perf_counter()
        self.process.stop()
        return perf_counter() - begin, self.process.process.returncode

    def request(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """An honest request, with the key where the service asks for one. Raises OSError or HTTPException."""
        content = None if body is None else json.dumps(body).encode()
        return self.process.request(method, path, content, {"X-API-Key": self.key} if self.key else None)

    def is_alive(self) -> bool:
        """Whether a new caller gets an answer from `/livez` within a few seconds."""
        latest = perf_counter() + ALIVE_S
        while self.process.process.poll() is None and perf_counter() < latest:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ALIVE_S)
            with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/livez")
                if connection.getresponse().status == 200:
                    return True
            sleep(0.1)
        return False

    def memory_mb(self, field: str = "VmRSS") -> float:
        """Resident memory in MB of 10^6 bytes; `VmHWM` is its highest since `forget_peak`. 0 after its end."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0.0
        kib = next((line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")), "0")
        return round(int(kib) * 1024 / 1e6, 1)

    def forget_peak(self) -> None:
        """Let `VmHWM` begin again from now."""
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def metrics_bytes(self) -> int | None:
        """The size of `/metrics`; None if it does not answer."""
        try:
            status, content = self.request("GET", "/metrics")
        except (OSError, http.client.HTTPException):
            return None
        return len(content) if status == 200 else None

    def _warm_up(self) -> None:
        """Ask for one of each, and for whole batches: memory is compared with that of a service in use."""
        series = [{"id": str(number), "readings": RECENT_MONTHS} for number in range(1000)]
        asks: Mapping[str, list[object]] = {
            "/forecast": [{"readings": RECENT_MONTHS, "model": "gru"}, {"readings": RECENT_MONTHS * 9}],
            "/forecast/batch": [{"series": series, "model": "gru"}],
            "/sentiment": [{"text": REVIEW, "explain": True, "sentences": True}],
            "/sentiment/batch": [{"texts": [REVIEW * 14] * 1000, "explain": True, "sentences": True}],
        }
        for path, bodies in asks.items():
            for body in bodies * 2:
                self.request("POST", path, body)
        self.request("GET", "/openapi.json")


def _server() -> Server:
    """The service with its own defaults."""
    return Server(
        "hostile",
        command=lambda _: [sys.executable, "-m", "service"],
        env=lambda port: {"GATECAST_PORT": str(port)},
        ready="/readyz",
        calls={},
    )


@contextlib.contextmanager
def _unread_pipe() -> Iterator[int]:
    """The writing end of a small pipe that nobody reads."""
    reading, writing = os.pipe()
    try:
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        yield writing
    finally:
        os.close(reading)
        os.close(writing)
