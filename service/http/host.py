"""This process among the workers of its host: what it shares with them. A single process shares nothing.

With GATECAST_WORKERS above 1, `service.workers` makes the Host of each worker; everything else asks its Host and need not
know whether there are others.
"""

import contextlib
import mmap
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..measures import Measures
from ..settings import Settings
from .lifecycle import Count

if TYPE_CHECKING:
    from ..serving.versions import ReloadReport, Unsettled, VersionDigest
    from .state import State

ALONE = 1
MEMORIES = ("rates", "wrong_keys")


class OwnCount:
    """The number of a process that is alone."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value = 0

    def set(self, value: int) -> None:
        self._value = value

    def total(self) -> int:
        return self._value

    def above(self, share: int) -> int:
        return max(self._value - share, 0)


class SharedCount:
    """A number of each worker, in memory that all map: one cell of 64 bits for each, written by its owner only."""

    __slots__ = ("_cells", "_own")

    def __init__(self, cells: memoryview, own: int) -> None:
        self._cells = cells
        self._own = own

    def set(self, value: int) -> None:
        self._cells[self._own] = value

    def total(self) -> int:
        return sum(self._cells)

    def above(self, share: int) -> int:
        return sum(max(value - share, 0) for value in self._cells)


class SharedMemory(Protocol):
    """Memory that all workers of the host map, and a lock over it that the end of a process releases."""

    @property
    def bytes(self) -> mmap.mmap:
        """Zeros at first. It outlives each worker."""
        ...

    def locked(self) -> AbstractContextManager[object]:
        """Keep other processes out; keep it short. Threads of one process are not kept out."""
        ...


class OwnMemory:
    """Memory of a process that is alone."""

    def __init__(self, size: int) -> None:
        self.bytes = mmap.mmap(-1, size)

    def locked(self) -> AbstractContextManager[object]:
        return contextlib.nullcontext()


async def reload_alone(state: "State", unsettled: "Unsettled") -> "ReloadReport":
    """Reload the models and keys of this process, which is the only one."""
    return state.commit(await state.prepare(unsettled=unsettled))


@dataclass(frozen=True)
class Host:
    """A worker, by its number from 0, and what it shares with the others.

    `reload` reloads all workers, or none. `memory` gives memory of a size that all share under one of the names MEMORIES.
    """

    workers: int
    index: int
    measures: Measures
    in_flight: Count = field(default_factory=OwnCount)  # requests whose body has arrived
    connections: Count = field(default_factory=OwnCount)
    reload: Callable[["State", "Unsettled"], Awaitable["ReloadReport"]] = reload_alone
    memory: Callable[[str, int], SharedMemory] = lambda _, size: OwnMemory(size)
    versions: "Sequence[VersionDigest] | None" = None  # that other workers have proven, and this one is to serve

    @classmethod
    def alone(cls, settings: Settings) -> "Host":  # noqa: ARG003 - what is shared may depend on them
        """The only process."""
        return cls(ALONE, 0, Measures())

    @property
    def is_alone(self) -> bool:
        return self.workers == ALONE
