"""Freed memory goes back to the system. The C library would keep what large bodies and replies have taken."""

import asyncio
import ctypes
from collections.abc import Callable

LARGE_BYTES = 1 << 16  # of a body or a reply, from which on memory is worth giving back
DELAY_SECONDS = 1.0  # after the last large request, and at least between two times


def _find_trim() -> Callable[[int], int] | None:
    """malloc_trim of the GNU C library; None if there is another one."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


class MemoryTrimmer:
    """Gives freed memory back a second after a large request. It is done in a thread, and takes a few milliseconds."""

    def __init__(self, trim: Callable[[int], int] | None = _find_trim()) -> None:
        self._trim = trim
        self._timer: asyncio.TimerHandle | None = None

    def note(self, size: int) -> None:
        """Note that a request had a body or a reply of `size` bytes."""
        if size > LARGE_BYTES and self._timer is None and self._trim is not None:
            self._timer = asyncio.get_running_loop().call_later(DELAY_SECONDS, self._run)

    def _run(self) -> None:
        self._timer = None
        asyncio.get_running_loop().run_in_executor(None, self._trim, 0)
