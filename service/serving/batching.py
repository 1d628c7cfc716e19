"""MicroBatcher: many awaiting callers, one predict call at a time.

Work-conserving and without a timer: an idle model takes a lone request at once, a busy one takes what piled up
meanwhile. Single callers and bulk calls share every round, so that neither starves the other. Knows nothing of
HTTP or of models. Everything but `predict` happens on the event loop.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Generic, NamedTuple, TypeVar

from service.errors import ClientDisconnected, DeadlineExceeded, Overloaded
from service.interfaces import BatchModel, HasCost

Result = TypeVar("Result")
Gone = Callable[[], bool]
ALARM_GRAIN = 0.001  # seconds between two looks for passed deadlines, at the least


Item = TypeVar("Item", bound=HasCost)


@dataclass(frozen=True)
class Limits:
    """How much is taken and accepted, and what may be done on the event loop."""

    max_batch: int = 64  # items taken at once
    max_queue: int = 512  # single items waiting, and as many of bulk calls before another is refused
    inline_seconds: float = 0.0  # a call expected to take no longer runs on the event loop itself


class Answer(NamedTuple, Generic[Result]):
    """One caller's result, with how long it waited and how long its model call took (seconds)."""

    result: Result
    queued: float
    worked: float


@dataclass
class Counts:
    """What a batcher has done so far; read by the metrics."""

    calls: int = 0
    items: int = 0
    seconds: float = 0.0
    refused: int = 0
    expired: int = 0
    left: int = 0
    failed: int = 0


class _Job(Generic[Item, Result]):
    """One call of a single item or of many; `future` gets an answer for each, in order."""

    __slots__ = ("answers", "deadline", "future", "gone", "items", "missing", "order", "since")

    def __init__(
        self,
        items: Sequence[Item],
        deadline: float,
        gone: Gone,
        future: asyncio.Future[list[Answer[Result] | Exception]],
    ) -> None:
        self.items = items
        # places of the items still to be taken, the dearest last: neighbours in a bulk call are alike
        places = range(len(items)) if len(items) == 1 else sorted(range(len(items)), key=lambda i: items[i].cost)
        self.order = deque(places)
        self.deadline = deadline
        self.gone = gone
        self.future = future
        self.missing = len(items)
        self.answers: list[Answer[Result] | Exception | None] = [None] * len(items)
        self.since = perf_counter()


_Taken = tuple[_Job[Item, Result], int]


def never_gone() -> bool:
    return False


class MicroBatcher(Generic[Item, Result]):
    """Runs `model.predict(items) → results` (same order, same length), a group at a time.

    A call runs on the event loop where it is expected to be short, else on the one worker thread. One that raises
    is tried again item by item, so that one bad item fails alone. Needs a running event loop.
    """

    def __init__(self, model: BatchModel[Item, Result], limits: Limits = Limits(), name: str = "model") -> None:
        self._model = model
        self._limits = limits
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._single: deque[_Job[Item, Result]] = deque()
        self._bulk: deque[_Job[Item, Result]] = deque()
        self._groups: deque[list[_Taken[Item, Result]]] = deque()
        self._at_work: list[_Taken[Item, Result]] = []
        self._waiting = 0  # items not yet taken, and
        self._bulk_waiting = 0  # those of bulk calls among them
        self._waiting_cost = 0
        self._seconds_per_cost = 0.0  # as the clock says, and
        self._computed_per_cost = 0.0  # of a core's time
        self._busy = False
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._alarm: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.counts = Counts()

    @property
    def depth(self) -> int:
        """How many items wait for their turn; those of the round under way do not."""
        return self._waiting

    @property
    def wait_seconds(self) -> float:
        """How long what waits will take, by what was measured."""
        return self._waiting_cost * self._seconds_per_cost

    async def submit(self, item: Item, deadline: float, gone: Gone = never_gone) -> Answer[Result]:
        """Wait for this item's result until `deadline` (the event loop's clock, seconds).

        `gone` is asked just before the item's turn whether its caller has left; then it is dropped. Raises Overloaded
        at once when the queue is full, DeadlineExceeded when time ran out before or after the item's turn came, and
        whatever predict raised for this item.
        """
        if self._closing or len(self._single) >= self._limits.max_queue:
            raise self._overloaded()
        (answer,) = await self._queued([item], self._single, deadline, gone)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def submit_many(
        self, items: Sequence[Item], deadline: float, gone: Gone = never_gone
    ) -> list[Answer[Result] | Exception]:
        """Answers, or what each item failed with, in order; taken in turns with other callers'.

        Raises Overloaded where as many items of bulk calls wait already as the queue holds, and DeadlineExceeded.
        """
        if self._closing or self._bulk_waiting >= self._limits.max_queue:
            raise self._overloaded()
        if not items:
            return []
        return await self._queued(items, self._bulk, deadline, gone)

    async def close(self) -> None:
        """Answer everything accepted so far, then stop the worker thread."""
        self._closing = True
        await self._idle.wait()
        if self._alarm is not None:
            self._alarm.cancel()
        self._thread.shutdown(wait=False)

    def _overloaded(self) -> Overloaded:
        self.counts.refused += 1
        seconds = max(1, math.ceil(self.wait_seconds))
        return Overloaded(
            f"{self._waiting} requests already wait for '{self._name}'; try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )

    async def _queued(
        self, items: Sequence[Item], queue: deque[_Job[Item, Result]], deadline: float, gone: Gone
    ) -> list[Answer[Result] | Exception]:
        job = _Job(items, deadline, gone, self._loop.create_future())
        queue.append(job)
        self._account(queue, len(items), sum([item.cost for item in items]))
        self._watch(deadline)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._loop.call_soon(self._step)  # once everything that has arrived by now is queued
        try:
            return await job.future
        finally:
            if job.order:  # left or was cancelled before its turn: makes room for another
                queue.remove(job)
                self._forget(job, queue)

    def _account(self, queue: deque[_Job[Item, Result]], items: int, cost: int) -> None:
        self._waiting += items
        self._waiting_cost += cost
        if queue is self._bulk:
            self._bulk_waiting += items

    def _forget(self, job: _Job[Item, Result], queue: deque[_Job[Item, Result]]) -> None:
        """What was still to be taken of a job that is in its queue no more."""
        self._account(queue, -len(job.order), -sum([job.items[place].cost for place in job.order]))
        job.order.clear()

    def _step(self) -> None:
        """Start the next model call, or rest."""
        while True:
            if not self._groups:
                self._groups.extend(self._take())
            if not self._groups:
                self._rest()
                return
            group = [taken for taken in self._groups.popleft() if self._wanted(taken[0])]
            if group:
                break
        self._at_work = group
        items = [job.items[place] for job, place in group]
        cost = sum([item.cost for item in items])
        begun = perf_counter()
        if 0 < self._limits.inline_seconds >= cost * self._computed_per_cost:
            self._finish(*self._called(items), cost, begun)
            return
        working = self._loop.run_in_executor(self._thread, self._called, items)
        working.add_done_callback(lambda done: self._finish(*done.result(), cost, begun))

    def _take(self) -> Iterator[list[_Taken[Item, Result]]]:
        """The next round: what piled up, up to the cap, cut into groups that fit one call."""
        if self._waiting == 1 and self._single:
            yield self._from(self._single, 1)  # a lone caller
            return
        half = max(1, self._limits.max_batch // 2)
        taken = self._from(self._single, half if self._bulk else self._limits.max_batch)
        # never more than half for bulk calls, even alone: who comes next waits for this round
        taken += self._from(self._bulk, half)
        if not taken:
            return
        for places in self._model.cut([job.items[place] for job, place in taken]):
            yield [taken[place] for place in places]

    def _from(self, queue: deque[_Job[Item, Result]], room: int) -> list[_Taken[Item, Result]]:
        """Up to `room` items, a share of every call's in turn; of a call whose caller left or is too late, none."""
        taken: list[_Taken[Item, Result]] = []
        turns = len(queue)
        while queue and len(taken) < room:
            job = queue.popleft()
            share = max(1, (room - len(taken)) // max(1, turns))
            turns -= 1
            if not self._wanted(job):
                self._forget(job, queue)
                continue
            share = min(len(job.order), share)
            places = [job.order.popleft() for _ in range(share)]
            self._account(queue, -share, -sum([job.items[place].cost for place in places]))
            taken += [(job, place) for place in places]
            if job.order:
                queue.append(job)
        return taken

    def _wanted(self, job: _Job[Item, Result]) -> bool:
        """Whether anyone still waits for it."""
        if job.future.done():
            return False
        if job.gone():
            self.counts.left += 1
            job.future.set_exception(ClientDisconnected("the caller left before its turn"))
            return False
        return not self._expired(job)

    def _expired(self, job: _Job[Item, Result]) -> bool:
        if job.deadline > self._loop.time():
            return False
        self.counts.expired += 1
        detail = f"no answer from '{self._name}' within the request's time limit"
        job.future.set_exception(DeadlineExceeded(detail))
        return True

    def _called(self, items: list[Item]) -> tuple[list[Result | Exception], float]:
        """Outcomes, and the seconds of a core that they took: what a busy machine adds says nothing of the model."""
        begun = thread_time()
        outcomes = self._outcomes(items)
        return outcomes, thread_time() - begun

    def _outcomes(self, items: list[Item]) -> list[Result | Exception]:
        try:
            results = self._model.predict(items)
            if len(results) != len(items):
                raise RuntimeError(f"{len(items)} items went in, {len(results)} results came out")
            return list(results)
        except Exception as error:
            if len(items) == 1:
                # a future cannot carry StopIteration, and a model's own time-out is not the caller's deadline
                reserved = isinstance(error, StopIteration | TimeoutError)
                return [RuntimeError(f"the model raised {error!r}") if reserved else error]
            return [self._outcomes([item])[0] for item in items]

    def _finish(self, outcomes: list[Result | Exception], computed: float, cost: int, begun: float) -> None:
        """Hand out a call's results, and go on."""
        worked = perf_counter() - begun
        group, self._at_work = self._at_work, []
        weight = 0.2 if self.counts.calls else 1.0
        self._seconds_per_cost += weight * (worked / max(1, cost) - self._seconds_per_cost)
        self._computed_per_cost += weight * (computed / max(1, cost) - self._computed_per_cost)
        self.counts.calls += 1
        self.counts.items += len(group)
        self.counts.seconds += worked
        for (job, place), outcome in zip(group, outcomes, strict=True):
            failed = isinstance(outcome, Exception)
            self.counts.failed += failed
            job.answers[place] = (
                outcome if isinstance(outcome, Exception) else Answer(outcome, begun - job.since, worked)
            )
            job.missing -= 1
            if not job.missing and not job.future.done():
                job.future.set_result([answer for answer in job.answers if answer is not None])
        if self._groups or self._waiting:
            self._loop.call_soon(self._step)
        else:
            self._rest()

    def _rest(self) -> None:
        self._busy = False
        self._idle.set()

    def _watch(self, deadline: float) -> None:
        """One alarm for all who wait, set for the first deadline."""
        if self._alarm is None or deadline < self._alarm.when():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(deadline, self._look_at_deadlines)

    def _look_at_deadlines(self) -> None:
        self._alarm = None
        at_work = (taken[0] for group in (*self._groups, self._at_work) for taken in group)
        waiting = {job for job in (*self._single, *self._bulk, *at_work) if not job.future.done()}
        later = [job.deadline for job in waiting if not self._expired(job)]
        if later:
            self._watch(max(min(later), self._loop.time() + ALARM_GRAIN))
