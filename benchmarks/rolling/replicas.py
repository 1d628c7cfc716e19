"""Replicas of the service on slots of the balancer, and the balancer. Each replica is a process from some checkout."""

import contextlib
import csv
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import NotReady

CONFIGURATION = Path(__file__).with_name("haproxy.cfg")
SLOTS = ("a", "b", "c", "d")
START_S, STOP_S = 180.0, 20.0


@dataclass(frozen=True)
class Place:
    """Where everything is: ports from `port` on, and files of the run below `directory`."""

    port: int
    directory: Path

    def port_of(self, slot: str) -> int:
        return self.port + 1 + SLOTS.index(slot)

    @property
    def socket(self) -> Path:
        return self.directory / "haproxy.sock"


class Replica:
    """A process of the service on a slot, from the code in `checkout`, with settings of its own."""

    def __init__(self, place: Place, slot: str, checkout: Path, settings: dict[str, str]) -> None:
        self.slot, self.port = slot, place.port_of(slot)
        self._log = (place.directory / f"replica-{slot}.log").open("ab")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GATECAST_")}
        environment |= {"GATECAST_PORT": str(self.port), "PYTHONDONTWRITEBYTECODE": "1"} | settings
        command = [sys.executable, "-m", "service"]
        self.process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=self._log, stderr=self._log)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> Any:
        """Return what the replica itself answers, without the balancer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers or {})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it says so itself; the balancer may still have an answer of the replica that was here before."""
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            return bool(self.ask("GET", "/readyz") == {"status": "ready"})
        return False

    def version_of(self, model: str) -> str:
        """Return the version of a model that answers."""
        listed = self.ask("GET", "/models")["models"]
        return next(str(each["version"]) for each in listed if each["name"] == model and each["default"])

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send SIGTERM, as Kubernetes does, and return the exit status; SIGKILL if it takes too long."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._log.close()


class Balancer:
    """HAProxy with the configuration beside this file. What it knows of the replicas comes over its socket."""

    def __init__(self, place: Place) -> None:
        self.place = place
        names = {f"ROLLING_{slot.upper()}": str(place.port_of(slot)) for slot in SLOTS}
        names |= {"ROLLING_PORT": str(place.port), "ROLLING_SOCKET": str(place.socket)}
        log = (place.directory / "haproxy.log").open("ab")
        command = ["haproxy", "-db", "-f", str(CONFIGURATION)]
        self.process = subprocess.Popen(command, env=os.environ | names, stdout=log, stderr=log)
        log.close()

    def statistics(self) -> dict[str, dict[str, str]]:
        """What HAProxy counts, by slot; FRONTEND and BACKEND too."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.place.socket))
            connection.sendall(b"show stat\n")
            with connection.makefile("rb") as answer:
                text = answer.read().decode()
        return {row["svname"]: row for row in csv.DictReader(io.StringIO(text.removeprefix("# ")))}

    def is_up(self, slot: str) -> bool:
        """Whether a check of this replica has succeeded; until its first check HAProxy takes it for one that is up."""
        with contextlib.suppress(OSError):
            row = self.statistics()[slot]
            return row["status"] == "UP" and row["check_status"] == "L7OK"
        return False

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something. Raises NotReady if it does not come true."""
        until = time.perf_counter() + START_S
        while not condition():
            if time.perf_counter() > until or self.process.poll() is not None:
                raise NotReady(f"{what} did not come true; the logs end:\n{self._log_ends()}")
            time.sleep(0.05)

    def _log_ends(self) -> str:
        """The last lines of every log of the run."""
        logs = sorted(self.place.directory.glob("*.log"))
        return "\n".join(
            line for log in logs for line in [f"{log.name}:", *log.read_text("utf-8", "replace").splitlines()[-5:]]
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def counts(statistics: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return what HAProxy itself says of requests that went wrong."""
    names = {
        "cli_abrt": "hung up",
        "ereq": "bad requests",
        "econ": "connections refused",
        "eresp": "answers cut",
        "wretr": "retries",
        "wredis": "redispatched",
    }
    backend = statistics["BACKEND"]
    return {words: int(backend[name] or 0) for name, words in names.items()}
