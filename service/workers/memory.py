"""The memory and sockets that all workers of the host share. The supervisor makes them, and keeps them while it runs."""

import os
import socket
from collections.abc import Collection
from typing import Any

from ..http.host import MEMORIES
from ..http.ports import Ports
from ..http.process_facts import ProcessFacts
from ..measures import Measures, Region
from .inheritance import NUMBER_BYTES, ROWS, Inheritance, make_memory, map_counts


class Estate:
    """What is shared, and which process has which part of it.

    There are twice as many regions as workers, so that a process that is being replaced and its successor have one each.
    A region that no living process has goes to a new one, which counts on in it: so nothing that was counted is lost.
    """

    def __init__(self, workers: int, ports: Ports) -> None:
        self.workers = workers
        self.ports = ports
        self.regions = [Region.create_shared() for _ in range(2 * workers + 1)]
        self.regions[-1].claim()
        self.measures = Measures(self.regions[-1])
        self.measures.publish_by(ProcessFacts(self.measures, is_supervisor=True).publish)
        self.log_lock = make_memory("log")
        self._memories = {name: make_memory(name) for name in MEMORIES}
        self._counts_file = make_memory("counts", len(ROWS) * NUMBER_BYTES * 2 * workers)
        self._counts = map_counts(self._counts_file, 2 * workers)
        self._free = list(range(2 * workers))

    def bequeath(self, slot: int, versions: list[Any] | None) -> Inheritance:
        """The inheritance of a new process for a slot. It is to be given back when the process has ended."""
        operations = self.ports.operations
        return Inheritance(
            workers=self.workers,
            slot=slot,
            process=self._free.pop(0),
            public=[self.ports.public[number].fileno() for number in range(self.workers)],
            operations=None if operations is None else operations.fileno(),
            regions=[_number(region) for region in self.regions],
            counts=self._counts_file,
            memories=self._memories,
            log_lock=self.log_lock,
            versions=versions,
        )

    @property
    def has_room(self) -> bool:
        """Whether one more process can have a region of its own."""
        return bool(self._free)

    def take_back(self, inheritance: Inheritance) -> None:
        """Note that a process has ended: nothing of it is open or in flight any more."""
        for row in self._counts:
            row[inheritance.process] = 0
        self.regions[inheritance.process].release()
        self._free.insert(0, inheritance.process)

    def close(self) -> None:
        """Give all of it back."""
        for number in (self.log_lock, self._counts_file, *self._memories.values(), *map(_number, self.regions)):
            os.close(number)


def _number(region: Region) -> int:
    assert region.fd is not None
    return region.fd


def open_ports(public: Collection[int], operations: int | None) -> Ports:
    """The sockets with these numbers."""
    sockets = {slot: socket.socket(fileno=number) for slot, number in enumerate(public)}
    return Ports(sockets, None if operations is None else socket.socket(fileno=operations))
