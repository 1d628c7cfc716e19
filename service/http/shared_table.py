"""A table in memory that the processes of a host share: a time for each of many names, in a few microseconds.

A name has a set of `WAYS` places, by a keyed hash: whoever does not know the key cannot crowd one set. A place is taken only
from a name whose time is over, or, if the caller says so, from that with the least time. The table never grows.

Whoever changes it holds the lock of the memory, which the system takes back from a process that ends. Each change is of
whole numbers of 8 bytes, the time last, so a process that is killed within one leaves a table in which at most that name has
no time yet. Reading needs no lock.
"""

import hashlib
import secrets
from functools import lru_cache, partial
from struct import Struct

from .host import SharedMemory

WAYS = 16
ROOM = 8  # places for each name: of sets of 16 with 2 names on average, one in ten thousand million is full
HEADER_CELLS = 4  # the key of the hash, the time of names without a place, and one that is not used
CELL_BYTES = 8
REMEMBERED = 1024  # names whose hash is known
_TWO = Struct("<QQ")


class SharedTable:
    """A table for about `names` names, which begins at `offset` of the memory. `times` has the time of each place."""

    def __init__(self, memory: SharedMemory, offset: int, names: int) -> None:
        self.locked = memory.locked  # keeps other processes from changing the table
        places = sets_for(names) * WAYS
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
        key = bytes(cells[: 2 * CELL_BYTES])
        self._hash = lru_cache(REMEMBERED)(partial(_hash_of, key, sets_for(names)))

    def find(self, name: str) -> int | None:
        """Return the place of a name, None if it has none."""
        return self._find(*self._hash(name))

    def claim(self, name: str, now: float, *, oldest: bool = False) -> int | None:
        """Return the place of a name; it gets one whose time is over, or of the `oldest` of its set, else None.

        The lock must be held, and the time of the place set before it is released.
        """
        start, first, second = self._hash(name)
        place = self._find(start, first, second)
        if place is not None:
            return place
        times = self.times[start : start + WAYS].tolist()
        least = min(times)
        if least > now and not oldest:
            return None
        place = start + times.index(least)
        self.times[place] = 0.0
        self._first[place], self._second[place] = first, second
        return place

    def _find(self, start: int, first: int, second: int) -> int | None:
        firsts = self._first[start : start + WAYS].tolist()
        if first in firsts:
            for place, number in enumerate(firsts, start):
                if number == first and self._second[place] == second:
                    return place
        return None

    def is_full_for(self, name: str, now: float) -> bool:
        """Whether a name that has no place would get none."""
        start = self._hash(name)[0]
        return min(self.times[start : start + WAYS]) > now


def _hash_of(key: bytes, sets: int, name: str) -> tuple[int, int, int]:
    """Where the set of a name begins, and the two numbers that are kept in place of the name."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), key=key, digest_size=16).digest()
    first, second = _TWO.unpack(digest)
    return first % sets * WAYS, first, second


def sets_for(names: int) -> int:
    """How many sets a table for so many names has."""
    return -(-names * ROOM // WAYS)


def size_for(names: int) -> int:
    """How many bytes a table for so many names takes."""
    return (HEADER_CELLS + 3 * sets_for(names) * WAYS) * CELL_BYTES
