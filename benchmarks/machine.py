"""The machine: what it is, which core does what, and how much CPU time its processes use. Linux only."""

import contextlib
import importlib.metadata
import os
import platform
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

SERVER_CORE = "0"
LOAD_CORE = "1"
PACKAGES = ("fastapi", "keras", "numpy", "onnxruntime", "pydantic", "tensorflow_cpu", "uvicorn", "uvloop")
_TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


def describe() -> dict[str, object]:
    """The CPU, the Python version and the versions of the packages that matter for speed."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _package_version(name))},
    }


def _cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _package_version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def use_load_core() -> None:
    """Move this process to the core that servers do not use. SIGTERM then ends it with its clean-up."""
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def cpu_times() -> dict[int, float]:
    """User and system time of every process so far, in µs, by process id."""
    times = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # the process has ended in the meantime
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                times[int(entry.name)] = (int(fields[11]) + int(fields[12])) * _TICK_US
    return times


def disturbance(before: dict[int, float], seconds: float, own_pids: Iterable[int]) -> float:
    """CPU time that other processes used in the `seconds` since `before`, in cores.

    `before` is what `cpu_times` returned then; `own_pids` and this process do not count. A process that both started
    and ended since then is missed.
    """
    own = {os.getpid(), *own_pids}
    spent_us = sum(now - before.get(pid, 0.0) for pid, now in cpu_times().items() if pid not in own)
    return round(spent_us / seconds / 1e6, 3)
