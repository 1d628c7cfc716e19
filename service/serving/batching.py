"""MicroBatcher: many callers wait, one predict call runs at a time.

There is no timer: an idle model takes a lone request at once, and a busy one takes all requests that arrived meanwhile.
Single requests and bulk requests share every round, so neither starves the other. At its deadline a bulk request gets
what is done. This module knows nothing of HTTP or of models. Everything except `predict` runs on the event loop.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Generic

from ..errors import ClientDisconnected, DeadlineExceeded, Overloaded
from ..interfaces import BatchModel
from .model_measures import ModelMeasures
from .queues import Answer, IsDisconnected, Item, Job, JobQueue, Outcome, Result, Scheduled, cost_of

ALARM_INTERVAL = 0.001  # the least seconds between two checks for deadlines that have passed
ASSUMED_SECONDS_PER_COST = 0.001  # until a call was measured: rather too much


@dataclass(frozen=True)
class Limits:
    """How many items a batcher accepts and takes at once, and which calls run on the event loop."""

    max_batch: int = 64  # items taken at once
    max_queue: int = 512  # single requests that may wait, and bulk requests
    inline_seconds: float = 0.0  # a call that is expected to take at most so long runs on the event loop
    bulk_seconds: float = 0.015  # of model time that bulk requests get in one round, and one item more

    @property
    def bulk_items(self) -> int:
        """The items of bulk requests that may wait."""
        return 16 * self.max_queue

    @property
    def half(self) -> int:
        """The items of bulk requests that are taken at once, at most; a bulk request of no more is a small one."""
        return max(1, self.max_batch // 2)


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


def never_disconnected() -> bool:
    return False


class MicroBatcher(Generic[Item, Result]):
    """Runs `model.predict(items) → results` (same order, same length), one batch at a time.

    A call that is expected to be short runs on the event loop, a longer one on the worker thread. When a call raises,
    each item is tried again alone, so only the bad item fails. Needs a running event loop.

    Rounds: all single requests in order, up to half of a round where bulk requests wait too; then items of the bulk
    requests, an equal share of each, up to half of a round and to `bulk_seconds` of model time. So a single request
    waits for few items of bulk requests, and a small bulk request for few items of large ones.

    Admission: a single request is refused when `max_queue` of them wait. Bulk requests are refused when `max_queue` of
    them wait, or when they would have more than `bulk_items` waiting items together. The last quarter of that room is
    kept for small bulk requests, of no more items than half of a round: large ones cannot shut them out. Where no bulk
    request waits, one of any size is accepted. Either kind is refused at once when its first item could not have its turn
    before the deadline, by the least time that like items took lately.
    """

    def __init__(
        self,
        model: BatchModel[Item, Result],
        limits: Limits = Limits(),
        name: str = "model",
        measures: ModelMeasures | None = None,
    ) -> None:
        self._model = model
        self._limits = limits
        self._name = name
        self._measures = measures
        self._loop = asyncio.get_running_loop()
        self._single: JobQueue[Item, Result] = JobQueue()
        self._bulk: JobQueue[Item, Result] = JobQueue()
        self._groups: deque[list[Scheduled[Item, Result]]] = deque()
        self._running: list[Scheduled[Item, Result]] = []
        self._round_cost = 0  # of the items of the current round that have no result yet
        self._seconds_per_cost = 0.0  # wall-clock time
        self._least_seconds_per_cost = 0.0  # of the last calls: quick to fall, slow to rise
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
        return self._single.items + self._bulk.items

    @property
    def wait_seconds(self) -> float:
        """How long the waiting items will take, estimated from past calls."""
        return (self._single.cost + self._bulk.cost) * self._seconds_per_cost

    async def submit(
        self, item: Item, deadline: float, is_disconnected: IsDisconnected = never_disconnected
    ) -> Answer[Result]:
        """Wait for the result of one item until `deadline` (seconds on the event loop's clock).

        `is_disconnected` is called just before the item's turn; if it is true, the item is dropped. Raises Overloaded at
        once when the queue is full or too long for the deadline, DeadlineExceeded when the time is over,
        ClientDisconnected, and whatever predict raised for this item.
        """
        if self._closing or len(self._single) >= self._limits.max_queue:
            raise self._overloaded()
        if (self._single or self._bulk) and self._may_be_late(deadline):
            self._check_wait(self._cost_before_single(), deadline)
        (answer,) = await self._enqueue([item], self._single, deadline, is_disconnected)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def submit_many(
        self, items: Sequence[Item], deadline: float, is_disconnected: IsDisconnected = never_disconnected
    ) -> list[Answer[Result] | Exception]:
        """Answer many items in turn with other callers: an Answer or an exception for each item, in order.

        At `deadline`, items that have no answer yet get DeadlineExceeded. Raises Overloaded at once when there is no room
        or no time for the first item, and ClientDisconnected.
        """
        if self._closing or not self._has_room(len(items)):
            raise self._overloaded()
        if not items:
            return []
        if self._bulk:
            self._check_wait(self._cost_before_bulk(), deadline)
        return await self._enqueue(items, self._bulk, deadline, is_disconnected)

    async def close(self) -> None:
        """Answer everything that was accepted, then stop the worker thread."""
        self._closing = True
        await self._idle.wait()
        if self._alarm is not None:
            self._alarm.cancel()
        self._thread.shutdown(wait=False)

    def _has_room(self, items: int) -> bool:
        """Whether a bulk request of so many items is accepted; see the class."""
        if not self._bulk:
            return True
        room = self._limits.bulk_items
        if items > self._limits.half:
            room -= room // 4
        return len(self._bulk) < self._limits.max_queue and self._bulk.items + items <= room

    def _may_be_late(self, deadline: float) -> bool:
        """Whether a look at who is before whom is worth it: all that waits may take longer than until the deadline."""
        cost = self._round_cost + self._single.cost + self._bulk.cost
        return self._loop.time() + cost * self._least_seconds_per_cost > deadline

    def _check_wait(self, cost: float, deadline: float) -> None:
        """Raise Overloaded if items of this cost cannot be done before the deadline."""
        late = self._loop.time() + cost * self._least_seconds_per_cost - deadline
        if late > 0:
            raise self._overloaded(late)

    def _cost_before_single(self) -> float:
        """The cost of what a new single request is behind: the others, and the bulk items in the rounds of the others."""
        half = self._limits.half
        rounds = len(self._single) // half
        bulk_cost = min(self._bulk.cost, rounds * min(half * self._bulk.mean_cost, self._bulk_budget()))
        return self._round_cost + self._single.cost + bulk_cost

    def _cost_before_bulk(self) -> float:
        """The least cost of what a new bulk request is behind: an item of each of the others, but for the last round."""
        mean = self._bulk.mean_cost
        per_round = int(max(1, min(self._limits.half, self._bulk_budget() / max(1, mean))))
        return self._round_cost + len(self._bulk) // per_round * per_round * mean

    def _overloaded(self, late: float = 0.0) -> Overloaded:
        """The refusal of a request that finds no room, or whose turn would come so many seconds too late."""
        self.counts.refused += 1
        if self._measures is not None:
            self._measures.refused.add()
        seconds = max(1, math.ceil(late or self.wait_seconds))
        reason = ", so its answer would come after the request's time limit" if late else ""
        return Overloaded(
            f"{self.depth} requests already wait for '{self._name}'{reason}; try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
            refusal="late" if late else "queue",
        )

    async def _enqueue(
        self, items: Sequence[Item], queue: JobQueue[Item, Result], deadline: float, is_disconnected: IsDisconnected
    ) -> list[Answer[Result] | Exception]:
        job: Job[Item, Result] = Job(items, deadline, is_disconnected, Outcome(self._loop))
        queue.add(job)
        self._set_alarm(deadline)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._loop.call_soon(self._run_next)  # after everything that has arrived by now is queued
        try:
            return await job.future
        finally:
            queue.forget(job)  # disconnected, late or cancelled before its turn: make room for another

    def _run_next(self) -> None:
        """Start the next model call, or become idle."""
        while True:
            if not self._groups:
                self._groups.extend(self._next_groups())
                self._round_cost = sum(map(cost_of, self._groups))
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

    def _next_groups(self) -> Iterator[list[Scheduled[Item, Result]]]:
        """Take the next round of waiting items, in groups that fit one call each."""
        if self.depth == 1 and self._single:
            yield self._single.take(1, self._is_wanted)  # a lone caller
            return
        half = self._limits.half
        scheduled = self._single.take(half if self._bulk else self._limits.max_batch, self._is_wanted)
        # bulk requests get half at most, even alone: whoever comes next waits for this round
        scheduled += self._bulk.take(half, self._is_wanted, self._bulk_budget())
        if not scheduled:
            return
        for indices in self._model.make_batches([job.items[index] for job, index in scheduled]):
            yield [scheduled[index] for index in indices]

    def _bulk_budget(self) -> float:
        """The cost of items of bulk requests in one round, at most, and of one item more."""
        return self._limits.bulk_seconds / (self._seconds_per_cost or ASSUMED_SECONDS_PER_COST)

    def _is_wanted(self, job: Job[Item, Result]) -> bool:
        """Whether a caller still waits for this job; if not, its future gets the reason."""
        if job.future.done():
            return False
        if job.is_disconnected():
            self.counts.left += 1
            if self._measures is not None:
                self._measures.left.add()
            job.future.set_exception(ClientDisconnected("the caller left before its turn"))
            return False
        return not self._is_expired(job)

    def _is_expired(self, job: Job[Item, Result]) -> bool:
        """Whether the deadline of a job has passed; if so, its future gets what is done."""
        if job.deadline > self._loop.time():
            return False
        self.counts.expired += 1
        if self._measures is not None:
            self._measures.expired.add()
        late = DeadlineExceeded(f"no answer from '{self._name}' within the request's time limit")
        job.future.set_result([late if answer is None else answer for answer in job.answers])
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
        self._round_cost -= cost
        self._measure(compute_seconds / max(1, cost), cpu_seconds / max(1, cost))
        self.counts.calls += 1
        self.counts.items += len(group)
        self.counts.seconds += compute_seconds
        if self._measures is not None:
            self._measures.count_call(group, outcomes, started, compute_seconds)
        resumed: list[Callable[[], None]] = []
        for (job, index), outcome in zip(group, outcomes, strict=True):
            failed = isinstance(outcome, Exception)
            self.counts.failed += failed
            job.answers[index] = (
                outcome
                if isinstance(outcome, Exception)
                else Answer(outcome, started - job.enqueued, compute_seconds, len(group), started)
            )
            job.remaining -= 1
            if not job.remaining and not job.future.done():
                if (resume := job.future.take_resume()) is not None:
                    resumed.append(resume)
                job.future.set_result([answer for answer in job.answers if answer is not None])
        if self._groups or self._single or self._bulk:
            self._loop.call_soon(self._run_next)
        else:
            self._become_idle()
        for resume in resumed:
            resume()

    def _measure(self, seconds_per_cost: float, cpu_seconds_per_cost: float) -> None:
        """Learn from a call how long others will take."""
        weight = 0.2 if self.counts.calls else 1.0
        self._seconds_per_cost += weight * (seconds_per_cost - self._seconds_per_cost)
        self._cpu_seconds_per_cost += weight * (cpu_seconds_per_cost - self._cpu_seconds_per_cost)
        self._least_seconds_per_cost = min(seconds_per_cost, self._seconds_per_cost)

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
