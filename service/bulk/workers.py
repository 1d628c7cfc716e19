"""Processes that score batches. Each has a model of its own; results come back in the order of the batches."""

import gc
import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from ..errors import GatecastError
from .errors import BulkError, Unscorable, UnusableModel, WorkerDied
from .limits import AHEAD, OUTSTANDING
from .tables import Batch
from .work import Part, Work

GARBAGE = 50_000  # new objects after which Python looks for those that nobody holds
READY = "ready"
END_SECONDS = 5  # that a worker has to end by itself


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def collect_rarely() -> None:
    """Let Python look for garbage less often: rows are many small lists without cycles, among which it finds none."""
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 50)


def in_process(work: Work, batches: Iterator[Batch]) -> Iterator[Part]:
    """Score batches in this process."""
    for batch in batches:
        yield scored(work, batch)


def scored(work: Work, batch: Batch) -> Part:
    """Score a batch. Raises Unscorable for what the model refuses, in a process of its own as in this one."""
    try:
        return work(batch)
    except GatecastError as error:
        raise Unscorable(f"rows {batch.first:,} to {batch.first + len(batch.rows) - 1:,}: {error.detail}") from error


@dataclass
class _Worker:
    process: SpawnProcess
    connection: "Connection[Any, Any]"
    batches: deque[Batch] = field(default_factory=deque)  # that it was sent, the oldest first

    def died(self) -> WorkerDied:
        self.process.join(END_SECONDS)
        code = self.process.exitcode
        how = f"by the signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"with status {code}"
        hint = "; SIGKILL often means that memory ran out: try fewer --workers" if code == -signal.SIGKILL else ""
        if not self.batches:
            return WorkerDied(f"a worker ended {how}{hint}")
        batch = self.batches[0]
        return WorkerDied(
            f"a worker ended {how} while it scored batch {batch.number + 1:,}: rows {batch.first:,} to "
            f"{batch.first + len(batch.rows) - 1:,}{hint}"
        )


class Workers:
    """Spawned processes. Use it as a context: they end with it."""

    def __init__(self, work: Work, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._workers = [_start(context, work) for _ in range(count)]
        self._next = 0  # the batch whose result is wanted next
        self._done: dict[int, Part] = {}

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(END_SECONDS)
            worker.connection.close()

    def wait_until_ready(self) -> None:
        """Wait for the models. Raises UnusableModel or WorkerDied."""
        for worker in self._workers:
            self._receive(worker)

    def map(self, batches: Iterator[Batch]) -> Iterator[Part]:
        """Yield the results in order. Raises WorkerDied, and what the work raises."""
        most = AHEAD * len(self._workers)
        first = next(batches, None)
        self._next = 0 if first is None else first.number
        following = first
        sent = self._next
        while following is not None or sent > self._next:
            while following is not None and sent - self._next < most and (free := self._free()):
                self._send(free, following)
                sent += 1
                following = next(batches, None)
            self._receive_some()
            while self._next in self._done:
                yield self._done.pop(self._next)
                self._next += 1

    def _free(self) -> _Worker | None:
        """The worker that has the least to do, if it can be given more."""
        least = min(self._workers, key=lambda worker: len(worker.batches))
        return least if len(least.batches) < OUTSTANDING else None

    def _send(self, worker: _Worker, batch: Batch) -> None:
        worker.batches.append(batch)
        try:
            worker.connection.send(batch)
        except OSError:
            worker.batches.pop()
            raise worker.died() from None

    def _receive_some(self) -> None:
        """Wait for a result, and take all that are there."""
        busy = {worker.connection: worker for worker in self._workers if worker.batches}
        for connection in wait(list(busy)) if busy else ():
            worker = busy[connection]  # type: ignore[index]
            part = self._receive(worker)
            worker.batches.popleft()
            self._done[part.number] = part

    def _receive(self, worker: _Worker) -> Any:
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            raise worker.died() from None
        if isinstance(answer, BulkError):
            raise answer
        return answer


def _start(context: SpawnContext, work: Work) -> _Worker:
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, work), daemon=True, name="gatecast-bulk")
    process.start()
    there.close()
    return _Worker(process, here)


def serve(connection: "Connection[Any, Any]", work: Work) -> None:
    """The life of a worker: it loads its model, scores what it is sent, and ends when the other side does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent decides
    with suppress(EOFError, OSError):
        if not _reply(connection, lambda: _checked(work)):
            return
        collect_rarely()
        waiting: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        threading.Thread(target=_receive_all, args=(connection, waiting), daemon=True).start()
        while (batch := waiting.get()) is not None:
            if not _reply(connection, lambda batch=batch: scored(work, batch)):  # type: ignore[misc]
                return


def _checked(work: Work) -> str:
    check(work)
    return READY


def check(work: Work) -> None:
    """Load the model. Raises UnusableModel."""
    try:
        work.check()
    except Exception as error:  # whatever is wrong with a model: its message is what the user gets
        raise UnusableModel(f"the model cannot be used: {getattr(error, 'detail', None) or error}") from error


def _receive_all(connection: "Connection[Any, Any]", waiting: "queue.SimpleQueue[Batch | None]") -> None:
    """Take what is sent as soon as it is, so that the sender never waits for a batch to be scored."""
    with suppress(EOFError, OSError):
        while True:
            waiting.put(connection.recv())
    waiting.put(None)


def _reply(connection: "Connection[Any, Any]", answer: Callable[[], Any]) -> bool:
    """Send an answer, or the error that it ends with. Returns whether it was an answer."""
    try:
        result = answer()
    except BulkError as error:
        result = error.with_traceback(None)
        result.__cause__ = None
    connection.send(result)
    return not isinstance(result, BulkError)
