"""Memory under a name that all workers map, with a lock that the system releases when its holder ends."""

import fcntl
import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class NamedMemory:
    """The memory with the number `file`, of `size` bytes."""

    def __init__(self, file: int, size: int) -> None:
        self._file = file
        if os.fstat(file).st_size < size:
            os.ftruncate(file, size)  # all workers ask for the same size
        self.bytes = mmap.mmap(file, size)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


def map_memory(memories: Mapping[str, int], name: str, size: int) -> NamedMemory:
    """The memory with this name. Raises KeyError if it is not among `http.host.MEMORIES`."""
    return NamedMemory(memories[name], size)
