"""The machine that measures: what it is, and how busy others keep it while it measures."""

import contextlib
import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

_TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
PACKAGES = ("fastapi", "keras", "numpy", "onnxruntime", "pydantic", "tensorflow_cpu", "uvicorn", "uvloop")


def described() -> dict[str, object]:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def used() -> dict[int, float]:
    """CPU time in µs of every process there is, by number."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = (int(fields[11]) + int(fields[12])) * _TICK_US
    return found


def disturbance(before: dict[int, float], seconds: float, ours: Iterable[int]) -> float:
    """Cores' worth of CPU time that processes other than `ours` took in the `seconds` since `before`.

    What began and ended in between is not seen.
    """
    ours = {os.getpid(), *ours}
    spent = sum(now - before.get(pid, 0.0) for pid, now in used().items() if pid not in ours)
    return round(spent / seconds / 1e6, 3)
