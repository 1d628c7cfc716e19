"""Memory with the measures of one process, which other processes may read.

A region has a header, a directory of series, and cells of doubles. A process writes its own region only, from one thread,
so an update needs no lock: `cells[i] += 1` is all of it. Any process may read at any time.

The directory only grows. An entry is written first and its length is added to the header last, so a writer that is
killed at any moment leaves whole entries only. A region is bounded: what finds no room is written to cells that nobody
reads, and a warning says so once.
"""

import logging
import math
import mmap
import os
import time
from collections.abc import Iterator
from typing import Self

from . import owner
from .series import Definition, Series, from_bytes, to_bytes

MAGIC = int.from_bytes(b"GATECELL", "little")
HEADER_BYTES = 4096
DIRECTORY_BYTES = 3 << 20
CELLS = 1 << 17
SCRATCH_CELLS = 1024  # the first ones, which nobody reads; more than any series has
REGION_BYTES = HEADER_BYTES + DIRECTORY_BYTES + 8 * CELLS  # of which the system keeps what was written
LENGTH_BYTES = 4  # before each entry
OTHER = "other"  # the label values of what has no series of its own
# numbers of 8 bytes in the header
_MAGIC, _LENGTH, _PID, _STARTED, _ALIVE, _CLAIMED = range(6)
log = logging.getLogger("gatecast.measures")


class NotARegion(ValueError):
    """The memory is not that of a region."""


class Region:
    """The measures of one process. `fd` is the number of its memory where that can be shared, otherwise None."""

    def __init__(self, memory: mmap.mmap, fd: int | None = None) -> None:
        self.fd = fd
        self._memory = memory
        self._bytes = memoryview(memory)
        self._header = self._bytes[:HEADER_BYTES].cast("Q")
        self.cells = self._bytes[HEADER_BYTES + DIRECTORY_BYTES :].cast("d")
        self.raw = self._bytes[HEADER_BYTES + DIRECTORY_BYTES :]  # of the cells
        self._series: list[Series] = []
        self._known: dict[tuple[Definition, tuple[str, ...]], Series] = {}
        self._read = 0  # bytes of the directory that are in `_series`
        self._next_cell = SCRATCH_CELLS
        self._is_full = False

    @classmethod
    def create_private(cls) -> Self:
        """A region that only this process sees, and that it writes."""
        region = cls(mmap.mmap(-1, REGION_BYTES))
        region._header[_MAGIC] = MAGIC
        region.claim()
        return region

    @classmethod
    def create_shared(cls) -> Self:
        """A region in memory that other processes can open by the number `fd`. Linux only. A writer must claim it."""
        fd = os.memfd_create("gatecast-measures", os.MFD_CLOEXEC)
        os.ftruncate(fd, REGION_BYTES)
        region = cls(mmap.mmap(fd, REGION_BYTES), fd)
        region._header[_MAGIC] = MAGIC
        return region

    @classmethod
    def open(cls, fd: int) -> Self:
        """The region whose memory has this number. Raises NotARegion. A writer must claim it."""
        if os.fstat(fd).st_size != REGION_BYTES:
            raise NotARegion(f"file {fd} has not the size of a region")
        region = cls(mmap.mmap(fd, REGION_BYTES), fd)
        if region._header[_MAGIC] != MAGIC:
            region.close()
            raise NotARegion(f"file {fd} does not begin as a region does")
        return region

    def claim(self) -> None:
        """Become the writer. Counters and histograms go on from where the last writer left them; its gauges are dropped."""
        self._header[_ALIVE] = 0
        for series in self.series():
            if series.definition.kind == "gauge":
                self.cells[series.first] = math.nan
        self._header[_PID], self._header[_STARTED] = owner.current()
        self._header[_CLAIMED] = time.time_ns()
        self._header[_ALIVE] = 1

    def release(self) -> None:
        """Note that its writer has ended. Its counters still count, its gauges do not."""
        self._header[_ALIVE] = 0

    @property
    def is_alive(self) -> bool:
        """Whether a process writes here: it has claimed it, and it still runs."""
        return bool(self._header[_ALIVE]) and owner.is_running(self._header[_PID], self._header[_STARTED])

    @property
    def claimed(self) -> int:
        """When its writer claimed it, in nanoseconds since 1970; 0 if nobody has."""
        return self._header[_CLAIMED]

    def series(self) -> list[Series]:
        """All series, in the order in which they were made."""
        for entry in self._new_entries():
            try:
                series = from_bytes(entry)
            except ValueError:  # its bytes are not visible here yet; they are at a later call
                break
            self._read += LENGTH_BYTES + len(entry)
            self._next_cell = max(self._next_cell, series.first + series.definition.size)
            self._series.append(series)
            self._known[series.definition, series.values] = series
        return self._series

    def find(self, definition: Definition, values: tuple[str, ...]) -> Series:
        """The series with these label values; it is made if there is none. For the writer."""
        self.series()
        known = self._known.get((definition, values))
        return known or self._append(Series(definition, values, self._next_cell))

    def close(self) -> None:
        """Unmap the memory. Handles must not be used any more."""
        for view in (self._header, self.cells, self.raw, self._bytes):
            view.release()
        self._memory.close()

    def _new_entries(self) -> Iterator[bytes]:
        position, end = self._read, min(self._header[_LENGTH], DIRECTORY_BYTES)
        while position + LENGTH_BYTES <= end:
            begin = HEADER_BYTES + position + LENGTH_BYTES
            length = int.from_bytes(self._bytes[begin - LENGTH_BYTES : begin], "little")
            yield bytes(self._bytes[begin : begin + length])
            position += LENGTH_BYTES + length

    def _append(self, series: Series) -> Series:
        """Add an entry to the directory."""
        entry = to_bytes(series)
        end = self._read + LENGTH_BYTES + len(entry)
        if end > DIRECTORY_BYTES or series.first + series.definition.size > CELLS:
            return self._scratch(series)
        nothing = math.nan if series.definition.kind == "gauge" else 0.0  # a gauge has no value yet
        for index in range(series.first, series.first + series.definition.size):
            self.cells[index] = nothing  # a writer that was killed here may have left something else
        self._write(HEADER_BYTES + self._read, len(entry).to_bytes(LENGTH_BYTES, "little") + entry)
        self._header[_LENGTH] = end  # one store of 8 bytes: from now on the entry is there
        self.series()
        return series

    def _write(self, begin: int, data: bytes) -> None:
        self._bytes[begin : begin + len(data)] = data

    def _scratch(self, series: Series) -> Series:
        if not self._is_full:
            self._is_full = True
            log.warning("no room for more measures: %s and others are not counted", series.definition.name)
        return series._replace(first=0)
