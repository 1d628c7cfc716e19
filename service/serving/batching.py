"""MicroBatcher: many callers wait, one predict call runs at a time.

There is no timer: an idle model takes a lone request at once, and a busy one takes all requests that arrived meanwhile.
Single requests and bulk requests share every round, so neither starves the other. This module knows nothing of HTTP or
of models. Everything except `predict` runs on the event loop.
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
IsDisconnected = Callable[[], bool]
ALARM_INTERVAL = 0.001  # the least seconds between two checks for deadlines that have passed


Item = TypeVar("Item", bound=HasCost)


@dataclass(frozen=True)
class Limits:
    """How many items a batcher accepts and takes at once, and which calls run on the event loop."""

    max_batch: int = 64  # items taken at once
    max_queue: int = (
        512  # single items that may wait, and items of bulk requests before another bulk request is refused
    )
    inline_seconds: float = 0.0  # a call that is expected to take at most so long runs on the event loop


class Answer(NamedTuple, Generic[Result]):
    """The result of one item, the seconds that it waited, and the seconds that its model call took."""

    result: Result
    queue_seconds: float
    compute_seconds: float


@dataclass
class Counts:
    """What a batcher has done so far. The metrics read it."""

    calls: int = 0
    items: int = 0
    seconds: float = 0.0
    refused: int = 0
    expired: int = 0
    left: int = 0
    failed: int = 0


class _Job(Generic[Item, Result]):
    """One request of one item or many. `future` gets an answer for each item, in order."""

    __slots__ = ("answers", "deadline", "enqueued", "future", "is_disconnected", "items", "pending", "remaining")

    def __init__(
        self,
        items: Sequence[Item],
        deadline: float,
        is_disconnected: IsDisconnected,
        future: asyncio.Future[list[Answer[Result] | Exception]],
    ) -> None:
        self.items = items
        # the items that wait, the most expensive last: items of like cost then share a model call
        indices = range(len(items)) if len(items) == 1 else sorted(range(len(items)), key=lambda i: items[i].cost)
        self.pending = deque(indices)
        self.deadline = deadline
        self.is_disconnected = is_disconnected
        self.future = future
        self.remaining = len(items)
        self.answers: list[Answer[Result] | Exception | None] = [None] * len(items)
        self.enqueued = perf_counter()


_Scheduled = tuple[_Job[Item, Result], int]


def never_disconnected() -> bool:
    return False


class MicroBatcher(Generic[Item, Result]):
    """Runs `model.predict(items) → results` (same order, same length), one batch at a time.

    A call that is expected to be short runs on the event loop, a longer one on the worker thread. When a call raises,
    each item is tried again alone, so only the bad item fails. Needs a running event loop.
    """

    def __init__(self, model: BatchModel[Item, Result], limits: Limits = Limits(), name: str = "model") -> None:
        self._model = model
        self._limits = limits
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._single: deque[_Job[Item, Result]] = deque()
        self._bulk: deque[_Job[Item, Result]] = deque()
        self._groups: deque[list[_Scheduled[Item, Result]]] = deque()
        self._running: list[_Scheduled[Item, Result]] = []
        self._waiting = 0  # items that wait
        self._bulk_waiting = 0  # items of bulk requests among them
        self._waiting_cost = 0
        self._seconds_per_cost = 0.0  # wall-clock time
        self._cpu_seconds_per_cost = 0.0  # time of one core
        self._busy = False
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._alarm: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.counts = Counts()

    @property
    def depth(self) -> int:
        """The number of items that wait. Items of the current round do not count."""
        return self._waiting

    @property
    def wait_seconds(self) -> float:
        """How long the waiting items will take, estimated from past calls."""
        return self._waiting_cost * self._seconds_per_cost

    async def submit(
        self, item: Item, deadline: float, is_disconnected: IsDisconnected = never_disconnected
    ) -> Answer[Result]:
        """Wait for the result of one item until `deadline` (seconds on the event loop's clock).

        `is_disconnected` is called just before the item's turn; if it is true, the item is dropped. Raises Overloaded at
        once when the queue is full, DeadlineExceeded when the time is over, ClientDisconnected, and whatever predict
        raised for this item.
        """
        if self._closing or len(self._single) >= self._limits.max_queue:
            raise self._overloaded()
        (answer,) = await self._enqueue([item], self._single, deadline, is_disconnected)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def submit_many(
        self, items: Sequence[Item], deadline: float, is_disconnected: IsDisconnected = never_disconnected
    ) -> list[Answer[Result] | Exception]:
        """Answer many items in turn with other callers: an Answer or an exception for each item, in order.

        Raises Overloaded when as many items of bulk requests wait already as the queue holds, DeadlineExceeded and
        ClientDisconnected.
        """
        if self._closing or self._bulk_waiting >= self._limits.max_queue:
            raise self._overloaded()
        if not items:
            return []
        return await self._enqueue(items, self._bulk, deadline, is_disconnected)

    async def close(self) -> None:
        """Answer everything that was accepted, then stop the worker thread."""
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

    async def _enqueue(
        self, items: Sequence[Item], queue: deque[_Job[Item, Result]], deadline: float, is_disconnected: IsDisconnected
    ) -> list[Answer[Result] | Exception]:
        job = _Job(items, deadline, is_disconnected, self._loop.create_future())
        queue.append(job)
        self._count_waiting(queue, len(items), sum([item.cost for item in items]))
        self._set_alarm(deadline)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._loop.call_soon(self._run_next)  # after everything that has arrived by now is queued
        try:
            return await job.future
        finally:
            if job.pending:  # disconnected or cancelled before its turn: make room for another
                queue.remove(job)
                self._drop_pending(job, queue)

    def _count_waiting(self, queue: deque[_Job[Item, Result]], items: int, cost: int) -> None:
        self._waiting += items
        self._waiting_cost += cost
        if queue is self._bulk:
            self._bulk_waiting += items

    def _drop_pending(self, job: _Job[Item, Result], queue: deque[_Job[Item, Result]]) -> None:
        """Forget the waiting items of a job that has left its queue."""
        self._count_waiting(queue, -len(job.pending), -sum([job.items[index].cost for index in job.pending]))
        job.pending.clear()

    def _run_next(self) -> None:
        """Start the next model call, or become idle."""
        while True:
            if not self._groups:
                self._groups.extend(self._next_groups())
            if not self._groups:
                self._become_idle()
                return
            group = [scheduled for scheduled in self._groups.popleft() if self._is_wanted(scheduled[0])]
            if group:
                break
        self._running = group
        items = [job.items[index] for job, index in group]
        cost = sum([item.cost for item in items])
        started = perf_counter()
        if 0 < self._limits.inline_seconds >= cost * self._cpu_seconds_per_cost:
            self._finish(*self._call(items), cost, started)
            return
        working = self._loop.run_in_executor(self._thread, self._call, items)
        working.add_done_callback(lambda done: self._finish(*done.result(), cost, started))

    def _next_groups(self) -> Iterator[list[_Scheduled[Item, Result]]]:
        """Take the next round of waiting items, in groups that fit one call each."""
        if self._waiting == 1 and self._single:
            yield self._schedule_from(self._single, 1)  # a lone caller
            return
        half = max(1, self._limits.max_batch // 2)
        scheduled = self._schedule_from(self._single, half if self._bulk else self._limits.max_batch)
        # bulk requests get half at most, even alone: whoever comes next waits for this round
        scheduled += self._schedule_from(self._bulk, half)
        if not scheduled:
            return
        for indices in self._model.make_batches([job.items[index] for job, index in scheduled]):
            yield [scheduled[index] for index in indices]

    def _schedule_from(self, queue: deque[_Job[Item, Result]], capacity: int) -> list[_Scheduled[Item, Result]]:
        """Take up to `capacity` items, an equal share of every job. Jobs that nobody waits for are dropped."""
        scheduled: list[_Scheduled[Item, Result]] = []
        callers = len(queue)
        while queue and len(scheduled) < capacity:
            job = queue.popleft()
            share = max(1, (capacity - len(scheduled)) // max(1, callers))
            callers -= 1
            if not self._is_wanted(job):
                self._drop_pending(job, queue)
                continue
            share = min(len(job.pending), share)
            indices = [job.pending.popleft() for _ in range(share)]
            self._count_waiting(queue, -share, -sum([job.items[index].cost for index in indices]))
            scheduled += [(job, index) for index in indices]
            if job.pending:
                queue.append(job)
        return scheduled

    def _is_wanted(self, job: _Job[Item, Result]) -> bool:
        """Whether a caller still waits for this job; if not, its future gets the reason."""
        if job.future.done():
            return False
        if job.is_disconnected():
            self.counts.left += 1
            job.future.set_exception(ClientDisconnected("the caller left before its turn"))
            return False
        return not self._is_expired(job)

    def _is_expired(self, job: _Job[Item, Result]) -> bool:
        if job.deadline > self._loop.time():
            return False
        self.counts.expired += 1
        detail = f"no answer from '{self._name}' within the request's time limit"
        job.future.set_exception(DeadlineExceeded(detail))
        return True

    def _call(self, items: list[Item]) -> tuple[list[Result | Exception], float]:
        """Predict, and measure the time of one core: on a busy machine the wall clock says little about the model."""
        started = thread_time()
        outcomes = self._predict(items)
        return outcomes, thread_time() - started

    def _predict(self, items: list[Item]) -> list[Result | Exception]:
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
            return [self._predict([item])[0] for item in items]

    def _finish(self, outcomes: list[Result | Exception], cpu_seconds: float, cost: int, started: float) -> None:
        """Give every item its result, then go on."""
        compute_seconds = perf_counter() - started
        group, self._running = self._running, []
        weight = 0.2 if self.counts.calls else 1.0
        self._seconds_per_cost += weight * (compute_seconds / max(1, cost) - self._seconds_per_cost)
        self._cpu_seconds_per_cost += weight * (cpu_seconds / max(1, cost) - self._cpu_seconds_per_cost)
        self.counts.calls += 1
        self.counts.items += len(group)
        self.counts.seconds += compute_seconds
        for (job, index), outcome in zip(group, outcomes, strict=True):
            failed = isinstance(outcome, Exception)
            self.counts.failed += failed
            job.answers[index] = (
                outcome if isinstance(outcome, Exception) else Answer(outcome, started - job.enqueued, compute_seconds)
            )
            job.remaining -= 1
            if not job.remaining and not job.future.done():
                job.future.set_result([answer for answer in job.answers if answer is not None])
        if self._groups or self._waiting:
            self._loop.call_soon(self._run_next)
        else:
            self._become_idle()

    def _become_idle(self) -> None:
        self._busy = False
        self._idle.set()

    def _set_alarm(self, deadline: float) -> None:
        """Set the one alarm for the earliest deadline of all jobs."""
        if self._alarm is None or deadline < self._alarm.when():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(deadline, self._check_deadlines)

    def _check_deadlines(self) -> None:
        self._alarm = None
        scheduled_jobs = (scheduled[0] for group in (*self._groups, self._running) for scheduled in group)
        waiting = {job for job in (*self._single, *self._bulk, *scheduled_jobs) if not job.future.done()}
        later = [job.deadline for job in waiting if not self._is_expired(job)]
        if later:
            self._set_alarm(max(min(later), self._loop.time() + ALARM_INTERVAL))
