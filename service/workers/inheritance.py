"""What a worker is born with: its place, and the numbers of what it shares with the others. Files keep their numbers."""

import json
import mmap
import os
import socket
from dataclasses import asdict, dataclass, field
from typing import Any

MAX_LINE = 16 << 20  # it names every version that is served
NUMBER_BYTES = 8
ROWS = ("in_flight", "connections")  # of the counts that all workers add up, each with a cell for every process


@dataclass(frozen=True)
class Inheritance:
    """`process` is the number of the process among the regions: of two processes for one slot, each has its own."""

    workers: int
    slot: int
    process: int
    public: list[int]  # sockets, by slot
    operations: int | None
    regions: list[int]  # of measures; the last one is the supervisor's
    counts: int  # memory with the rows of ROWS
    memories: dict[str, int]
    log_lock: int
    versions: list[Any] | None = field(default=None)  # that the other workers serve

    @property
    def files(self) -> list[int]:
        """The numbers of all files."""
        operations = [] if self.operations is None else [self.operations]
        return [*self.public, *operations, *self.regions, self.counts, *self.memories.values(), self.log_lock]

    def encode(self) -> bytes:
        """In one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


def read(connected: socket.socket) -> Inheritance:
    """The inheritance that comes first over a control channel. Raises EOFError if the supervisor has ended."""
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < MAX_LINE:
        byte = connected.recv(1)  # no more: messages may follow
        if not byte:
            raise EOFError
        line += byte
    return Inheritance(**json.loads(line))


def make_memory(name: str, size: int = 0) -> int:
    """The number of memory that other processes can map."""
    number = os.memfd_create(f"gatecast-{name}", os.MFD_CLOEXEC)
    os.ftruncate(number, size)
    return number


def map_counts(number: int, processes: int) -> list[memoryview]:
    """The cells of each row of ROWS, one for each process."""
    size = NUMBER_BYTES * processes
    cells = memoryview(mmap.mmap(number, len(ROWS) * size)).cast("q")
    return [cells[row * processes : (row + 1) * processes] for row in range(len(ROWS))]
