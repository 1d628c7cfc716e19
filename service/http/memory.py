"""Freed memory goes back to the system. The C library would keep what large bodies and replies have taken."""

import asyncio
import ctypes
from collections.abc import Callable

LARGE_BYTES = 1 << 16  # of a body and its reply, from which on memory is worth giving back
DELAY_SECONDS = 1.0  # after the last large request, and at least between two times


Trim = Callable[[int], object]


def find_trim() -> Trim | None:
    """Return malloc_trim of the GNU C library; None if there is another one."""
    try:
        trim: Trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim


class MemoryTrimmer:
    """Gives freed memory back a second after a large request. It is done in a thread, and takes a few milliseconds."""

    def __init__(self, trim: Trim | None) -> None:
        self._trim = trim
        self._timer: asyncio.TimerHandle | None = None

    def note(self) -> None:
        """Note that a large request has ended."""
        if self._timer is None and self._trim is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(DELAY_SECONDS, self._run, loop, self._trim)

    def _run(self, loop: asyncio.AbstractEventLoop, trim: Trim) -> None:
        self._timer = None
        loop.run_in_executor(None, trim, 0)
