"""Which ids have been seen. Eight bytes an id, so that a file of a hundred million series can still be checked."""

from hashlib import blake2b
from typing import Any

import numpy as np

RECENT = 1 << 16  # ids that are kept as Python's numbers, before they are merged into the array


def key_of(value: Any) -> str:
    """Return the name of an id: the same for numbers that are equal, and another one for a number than for its text."""
    if isinstance(value, str):
        return f"text {value}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{int(value) if isinstance(value, bool) else value}"


class KnownIds:
    """The hashes of ids. Two ids of 64-bit hashes are taken for one with a chance of one in a billion at 200,000 ids."""

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._sorted = np.empty(0, np.uint64)

    def add(self, name: str) -> bool:
        """Note an id. Returns whether it is new."""
        number = int.from_bytes(blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest())
        if number in self._recent:
            return False
        if len(self._sorted):
            place = int(np.searchsorted(self._sorted, np.uint64(number)))
            if place < len(self._sorted) and int(self._sorted[place]) == number:
                return False
        self._recent.add(number)
        if len(self._recent) >= RECENT:
            self._sorted = np.union1d(self._sorted, np.fromiter(self._recent, np.uint64, len(self._recent)))
            self._recent = set()
        return True
