"""A table in memory that the processes of a host share: a time for each of many names, in a few microseconds.

A name has a set of `WAYS` places, by a keyed hash: whoever does not know the key cannot crowd one set. A place is taken only
from a name whose time is over, or, if the caller says so, from that with the least time. The table never grows.

Whoever changes it holds the lock of the memory, which the system takes back from a process that ends. Each change is of
whole numbers of 8 bytes, the time last, so a process that is killed within one leaves a table in which at most that name has
no time yet. Reading needs no lock.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from .host import SharedMemory

WAYS = 16
ROOM = 8  # places for each name: of sets of 16 with 2 names on average, one in ten thousand million is full
HEADER_CELLS = 4  # the key of the hash, the time of names without a place, and one that is not used
CELL_BYTES = 8


class SharedTable:
    """A table for about `names` names, which begins at `offset` of the memory. `times` has the time of each place."""

    def __init__(self, memory: SharedMemory, offset: int, names: int) -> None:
        self._memory = memory
        self._sets = sets_for(names)
        places = self._sets * WAYS
        cells = memoryview(memory.bytes)[offset : offset + size_for(names)]
        self._header = cells[: HEADER_CELLS * CELL_BYTES].cast("Q")
        first, second, third = (HEADER_CELLS + part * places for part in range(3))
        numbers = cells.cast("Q")
        self._first, self._second = numbers[first:second], numbers[second:third]
        self.times = cells.cast("d")[third : third + places]
        self.time_of_others = cells[2 * CELL_BYTES : 3 * CELL_BYTES].cast("d")
        with memory.locked():
            if not self._header[1]:
                self._header[0] = secrets.randbits(64)
                self._header[1] = secrets.randbits(63) + 1
        self._key = bytes(cells[: 2 * CELL_BYTES])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from changing the table."""
        with self._memory.locked():
            yield

    def find(self, name: str) -> int | None:
        """Return the place of a name, None if it has none."""
        first, second = self._hash(name)
        start = first % self._sets * WAYS
        firsts = self._first[start : start + WAYS].tolist()
        if first in firsts:
            for place, number in enumerate(firsts, start):
                if number == first and self._second[place] == second:
                    return place
        return None

    def claim(self, name: str, now: float, *, oldest: bool = False) -> int | None:
        """Return the place of a name; it gets one whose time is over, or of the `oldest` of its set, else None.

        The lock must be held, and the time of the place set before it is released.
        """
        place = self.find(name)
        if place is not None:
            return place
        first, second = self._hash(name)
        start = first % self._sets * WAYS
        times = self.times[start : start + WAYS].tolist()
        least = min(times)
        if least > now and not oldest:
            return None
        place = start + times.index(least)
        self.times[place] = 0.0
        self._first[place], self._second[place] = first, second
        return place

    def is_full_for(self, name: str, now: float) -> bool:
        """Whether a name that has no place would get none."""
        start = self._hash(name)[0] % self._sets * WAYS
        return min(self.times[start : start + WAYS]) > now

    def _hash(self, name: str) -> tuple[int, int]:
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def sets_for(names: int) -> int:
    """How many sets a table for so many names has."""
    return -(-names * ROOM // WAYS)


def size_for(names: int) -> int:
    """How many bytes a table for so many names takes."""
    return (HEADER_CELLS + 3 * sets_for(names) * WAYS) * CELL_BYTES
