"""An open-loop load: what it consists of, and how to run it in a process of its own."""

import atexit
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.files import ROOT
from benchmarks.machine import LOAD_CORE

LOST_S = 30.0  # a request without a response for so long is lost


@dataclass(frozen=True)
class LoadPlan:
    """Requests per second, for so many seconds, over so many connections.

    `hangup` is the share of callers that close right after sending, `patience` the seconds that a caller waits for a
    free connection.
    """

    port: int
    path: str
    body: bytes
    rate: float
    seconds: float
    connections: int = 64
    hangup: float = 0.0
    poisson: bool = False
    patience: float = LOST_S

    def send_times(self) -> Iterator[float]:
        """Seconds after the start, ascending: evenly spaced, or the arrivals of a Poisson process with its bursts."""
        at = 0.0
        number = 0
        while at < self.seconds:
            yield at
            number += 1
            at = at + random.expovariate(self.rate) if self.poisson else number / self.rate


def start_generator(plan: LoadPlan) -> subprocess.Popen[bytes]:
    """Start a plan in a process of its own, on the load core. `wait_for_report` waits for its end."""
    values = {"port": plan.port, "path": plan.path, "rate": plan.rate, "seconds": plan.seconds}
    values |= {"connections": plan.connections, "hangup": plan.hangup, "patience": plan.patience, "body": "/dev/stdin"}
    options = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    command = ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "benchmarks.openloop", *options]
    command += ["--poisson"] if plan.poisson else []
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    atexit.register(process.kill)
    assert process.stdin is not None
    process.stdin.write(plan.body)
    process.stdin.close()
    process.stdin = None
    return process


def wait_for_report(process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
    """The report (see metrics.py) of a generator whose plan takes `seconds` more. Raises RuntimeError if it failed."""
    try:
        output, _ = process.communicate(timeout=seconds + LOST_S + 30)
    finally:
        process.kill()
        atexit.unregister(process.kill)
    if process.returncode != 0:
        raise RuntimeError(f"the open-loop generator ended with {process.returncode}")
    report: dict[str, Any] = json.loads(output)
    return report


def run_generator(plan: LoadPlan) -> dict[str, Any]:
    """Run a plan in a process of its own, and return its report. Raises RuntimeError if it failed."""
    return wait_for_report(start_generator(plan), plan.seconds)
