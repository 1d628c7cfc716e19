"""Which process this is, and whether another one still runs. A number alone would not tell: numbers are used again."""

import os
from functools import cache
from pathlib import Path

PROC = Path("/proc")
ENDED = ("Z", "X", "x")  # states of a process that has ended and that nobody has asked for yet


def current() -> tuple[int, int]:
    """This process: its number, and when it began by the system's clock; 0 where the system does not tell."""
    pid = os.getpid()
    return pid, _began(pid)


@cache
def _began(pid: int) -> int:
    state = _stat(pid)
    return state[1] if state else 0


def is_running(pid: int, began: int) -> bool:
    """Whether the process with this number that began then still runs."""
    if pid == os.getpid():
        return True
    state = _stat(pid)
    return state is not None and state[0] not in ENDED and state[1] == began


def _stat(pid: int) -> tuple[str, int] | None:
    """State and begin of a process; None if there is none, or the system does not tell."""
    try:
        # the name before the last bracket may have spaces and brackets itself
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[19])
