"""Memory, processor time and open files of this process, under the names of Prometheus' client libraries.

Where several processes serve, their values add up, with those of their supervisor; the start is that of the earliest,
which is the supervisor's. So it changes when the service is started, not when a worker is replaced.
"""

import os
from pathlib import Path

from ..measures import Measures

PROC = Path("/proc")
STARTED, VIRTUAL, RESIDENT = 19, 20, 21  # places in /proc/self/stat, after the name


class ProcessFacts:
    """Publishes the facts; nothing where the system has no /proc. What does not change is read once.

    `is_supervisor`: it takes no connections, so the files that it may open are not among those that the service may.
    """

    def __init__(self, measures: Measures, *, is_supervisor: bool = False) -> None:
        self._cpu = measures.counter("process_cpu_seconds_total", "processor time, of user and system").labels()
        self._virtual = measures.gauge("process_virtual_memory_bytes", "virtual memory").labels()
        self._resident = measures.gauge("process_resident_memory_bytes", "resident memory").labels()
        self._open_fds = measures.gauge("process_open_fds", "open file descriptors").labels()
        max_fds = measures.gauge("process_max_fds", "open file descriptors that are allowed")
        start = measures.gauge("process_start_time_seconds", "start, in seconds since 1970", merge="min")
        if (began := _start_time()) is not None:
            start.labels().set(began)
        if not is_supervisor and (limit := _max_fds()) is not None:
            max_fds.labels().set(limit)

    def publish(self) -> None:
        """Read the facts and set them."""
        times = os.times()
        self._cpu.set_total(times.user + times.system)
        try:
            fields = _stat()
            self._virtual.set(float(fields[VIRTUAL]))
            self._resident.set(float(fields[RESIDENT]) * os.sysconf("SC_PAGE_SIZE"))
            self._open_fds.set(len(os.listdir(PROC / "self" / "fd")))
        except OSError:
            return


def _stat() -> list[str]:
    # the name before the last bracket may have spaces and brackets itself
    return (PROC / "self" / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _max_fds() -> float | None:
    """How many files this process may have open; None if the system does not tell."""
    try:
        lines = (PROC / "self" / "limits").read_text().splitlines()
        return next(float(line.split()[3].replace("unlimited", "inf")) for line in lines if line.startswith("Max open"))
    except (OSError, StopIteration):
        return None


def _start_time() -> float | None:
    """When this process began, in seconds since 1970; None if the system does not tell."""
    try:
        lines = (PROC / "stat").read_text().splitlines()
        boot = next(float(line.split()[1]) for line in lines if line.startswith("btime "))
        return boot + float(_stat()[STARTED]) / os.sysconf("SC_CLK_TCK")
    except (OSError, StopIteration):
        return None
