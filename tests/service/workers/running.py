"""A service with several workers as processes, and what the system says of them."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from service.http.schema_parts import RECENT_MONTHS
from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import ServerProcess, serving

BODY = {"readings": RECENT_MONTHS}


@contextmanager
def workers(models: Path, count: int = 2, **settings: Any) -> Iterator[ServerProcess]:
    """Serve with so many workers, which are ended too if the test fails."""
    with serving(models, **({"workers": count, "engine": "onnx", "grace_s": 0} | settings)) as running:
        known = pids(running)
        try:
            yield running
        finally:
            for pid in {*known, *pids(running)}:
                kill(pid, signal.SIGKILL)


def pids(running: ServerProcess) -> list[int]:
    """The processes of the workers, by slot; those that start too."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    found = [int(pid) for pid in children.read_text().split()] if children.exists() else []
    return sorted(found, key=title)


def title(pid: int) -> str:
    """The last argument of a process, which names its slot."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").rpartition("\0")[2]
    except OSError:
        return ""


def kill(pid: int, sig: signal.Signals) -> None:
    """Send a signal, if the process still runs."""
    if title(pid).startswith("gatecast worker"):
        os.kill(pid, sig)


def metric(text: str, name: str) -> float:
    """The sum of the series of a metric with this name, and with labels that begin so."""
    labels = r"[^}\n]*\}?" if "{" in name else r"(?:\{[^}]*\})?"
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}{labels} (\S+)$", text, re.MULTILINE))


def ask(running: ServerProcess, path: str = "/metrics") -> str:
    """The answer on a new connection: by any worker."""
    return httpx.get(f"{running.client.base_url}{path}", timeout=PATIENCE_S, verify=False).text


def wait_for_workers(running: ServerProcess, count: int = 2) -> None:
    """Wait until so many workers serve, by their own word."""
    until(lambda: metric(ask(running), "gatecast_workers") == count)


def ended(pid: int) -> bool:
    """Whether a process does not run any more."""
    return not Path(f"/proc/{pid}").exists() or ") Z" in Path(f"/proc/{pid}/stat").read_text()
