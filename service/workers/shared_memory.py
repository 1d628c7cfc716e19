"""Memory under a name that all workers map, with a lock that the system releases when its holder ends."""

import mmap
import os
from collections.abc import Mapping

from ..file_lock import FileLock


class NamedMemory:
    """The memory with the number `file`, of `size` bytes."""

    def __init__(self, file: int, size: int) -> None:
        self._lock = FileLock(file)
        if os.fstat(file).st_size < size:
            os.ftruncate(file, size)  # all workers ask for the same size
        self.bytes = mmap.mmap(file, size)

    def locked(self) -> FileLock:
        """Keep other processes out."""
        return self._lock


def map_memory(memories: Mapping[str, int], name: str, size: int) -> NamedMemory:
    """The memory with this name. Raises KeyError if it is not among `http.host.MEMORIES`."""
    return NamedMemory(memories[name], size)
