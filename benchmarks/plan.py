"""What an open loop is to do, and how to have it done in a process of its own."""

import atexit
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import LOAD_CORE, ROOT

LOST_S = 30.0  # no answer for so long is a lost request


@dataclass(frozen=True)
class Plan:
    port: int
    path: str
    body: bytes
    rate: float
    seconds: float
    connections: int = 64
    hangup: float = 0.0
    poisson: bool = False
    patience: float = LOST_S  # seconds that a caller waits for a connection

    def departures(self) -> Iterator[float]:
        """Seconds after the start, ascending: evenly spaced, or a Poisson process with its bursts."""
        at = 0.0
        number = 0
        while at < self.seconds:
            yield at
            number += 1
            at = at + random.expovariate(self.rate) if self.poisson else number / self.rate


def apart(plan: Plan) -> subprocess.Popen[bytes]:
    """Begin a plan in a process of its own, on the core of load generators; `outcome` waits for its end."""
    told = {"port": plan.port, "path": plan.path, "rate": plan.rate, "seconds": plan.seconds}
    told |= {"connections": plan.connections, "hangup": plan.hangup, "patience": plan.patience, "body": "/dev/stdin"}
    options = [text for name, value in told.items() for text in (f"--{name}", str(value))]
    command = ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "benchmarks.openloop", *options]
    command += ["--poisson"] if plan.poisson else []
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(process.kill)
    assert process.stdin is not None
    process.stdin.write(plan.body)
    process.stdin.close()
    process.stdin = None
    return process


def outcome(process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
    """The report of a process of `apart`'s, which has `seconds` left for its plan; RuntimeError when it failed."""
    try:
        told, _ = process.communicate(timeout=seconds + LOST_S + 30)
    finally:
        process.kill()
        atexit.unregister(process.kill)
    if process.returncode != 0:
        raise RuntimeError(f"the open-loop generator ended with {process.returncode}")
    report: dict[str, Any] = json.loads(told)
    return report


def offer(plan: Plan) -> dict[str, Any]:
    return outcome(apart(plan), plan.seconds)
