"""Freed memory goes back to the system: what refers to itself is found, and what the C library keeps is given back.

Both are done every few seconds, beside the requests. Python itself searches for cycles among the newest objects only, which
takes a few milliseconds. Otherwise it would search in the middle of a large request, among all of its objects, and hold the
event loop for tens of milliseconds. And the C library would keep what large bodies and replies have taken, so that a short
attack would look like a leak for ever.
"""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from pathlib import Path

from .connections import Connections
from .lifecycle import Lifecycle

SECONDS = 2.0  # between two times
# Objects before Python searches among the newest; never among others. A request in flight has about a hundred, so fewer would
# have it search in every round of model calls, in vain.
THRESHOLDS = (20_000, 1_000_000, 1_000_000)
MANY_REQUESTS = 32  # in flight; a search for cycles looks at all their objects
MAX_SKIPPED = 15  # times that it is put off while there are many requests or large ones
GROWTH = 1.03  # of resident memory over its least, that is worth a millisecond
STATM = Path("/proc/self/statm")


def find_trim() -> Callable[[int], object] | None:
    """Return malloc_trim of the GNU C library; None if there is another one."""
    try:
        trim: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim


def resident_bytes() -> int:
    """Return the memory that the process has in use; 0 where the system does not tell."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class MemoryKeeper:
    """Keeps the memory of the process small. `trim` gives back what the C library keeps."""

    def __init__(
        self,
        connections: Connections,
        lifecycle: Lifecycle,
        trim: Callable[[int], object] | None,
        resident: Callable[[], int] = resident_bytes,
    ) -> None:
        self._connections = connections
        self._lifecycle = lifecycle
        self._trim = trim
        self._resident = resident
        self._least = 0
        self._skipped = 0

    async def run(self) -> None:
        """Keep on until it is cancelled."""
        gc.collect()
        gc.freeze()  # what exists now stays, so it need not be searched again
        gc.set_threshold(*THRESHOLDS)
        self._least = self._resident()
        while True:
            await asyncio.sleep(SECONDS)
            await self.tidy()

    async def tidy(self) -> None:
        """Free and give back what is worth it now."""
        is_busy = self._connections.buffered_bytes or self._lifecycle.in_flight > MANY_REQUESTS
        if is_busy and self._skipped < MAX_SKIPPED:
            self._skipped += 1
        else:
            self._skipped = 0
            gc.collect()
        if self._trim is not None and self._resident() > GROWTH * self._least:
            await asyncio.to_thread(self._trim, 0)
        self._least = min(self._least or self._resident(), self._resident())
