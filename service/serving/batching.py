"""MicroBatcher: many callers wait, one predict call runs at a time.

There is no timer: an idle model takes a lone request at once, and a busy one takes all requests that arrived meanwhile.
Single requests and bulk requests share every round, so neither starves the other. At its deadline a bulk request gets
what is done. This module knows nothing of HTTP or of models. Everything except `predict` runs on the event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, thread_time

from ..errors import ClientDisconnected, DeadlineExceeded
from ..interfaces import BatchModel
from .admission import DEFAULT_LIMITS, Admission, Limits
from .model_measures import ModelMeasures
from .queues import Answer, IsDisconnected, Item, Job, JobQueue, Outcome, Result, Scheduled, cost_of

ALARM_INTERVAL = 0.001  # the least seconds between two checks for deadlines that have passed


def never_disconnected() -> bool:
    return False


class MicroBatcher(Admission[Item, Result]):
    """Runs `model.predict(items) → results` (same order, same length), one batch at a time.

    A call that is expected to be short runs on the event loop, a longer one on the worker thread. When a call raises,
    each item is tried again alone, so only the bad item fails. Needs a running event loop.

    Rounds: all single requests in order, up to half of a round where bulk requests wait too; then items of the bulk
    requests, an equal share of each, up to half of a round and to `bulk_seconds` of model time. So a single request
    waits for few items of bulk requests, and a small bulk request for few items of large ones. admission.py says which
    requests are accepted.
    """

    def __init__(
        self,
        model: BatchModel[Item, Result],
        limits: Limits = DEFAULT_LIMITS,
        name: str = "model",
        measures: ModelMeasures | None = None,
    ) -> None:
        super().__init__(limits, name, measures)
        self._model = model
        self._groups: deque[list[Scheduled[Item, Result]]] = deque()  # of the current round, one call each
        self._running: list[Scheduled[Item, Result]] = []
        self._cpu_seconds_per_cost = 0.0  # time of one core
        self._busy = False
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._alarm: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def submit(
        self, item: Item, deadline: float, is_disconnected: IsDisconnected = never_disconnected
    ) -> Answer[Result]:
        """Wait for the result of one item until `deadline` (seconds on the event loop's clock).

        `is_disconnected` is called just before the item's turn; if it is true, the item is dropped. Raises Overloaded at
        once when the queue is full or too long for the deadline, DeadlineExceeded when the time is over,
        ClientDisconnected, and whatever predict raised for this item.
        """
        waiting = self._single.jobs
        if self._closing or len(waiting) >= self._limits.max_queue:
            raise self._overloaded()
        if waiting or self._bulk.jobs:
            self._check_single(deadline)
        job = self._enqueue([item], self._single, deadline, is_disconnected)
        try:
            (answer,) = await job.future
        finally:
            self._single.forget(job)
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
        if self._closing:
            raise self._overloaded()
        self._check_bulk(len(items), deadline)
        if not items:
            return []
        job = self._enqueue(items, self._bulk, deadline, is_disconnected)
        try:
            return await job.future
        finally:
            self._bulk.forget(job)

    async def close(self) -> None:
        """Answer everything that was accepted, then stop the worker thread."""
        self._closing = True
        await self._idle.wait()
        if self._alarm is not None:
            self._alarm.cancel()
        self._thread.shutdown(wait=False)

    def _enqueue(
        self, items: Sequence[Item], queue: JobQueue[Item, Result], deadline: float, is_disconnected: IsDisconnected
    ) -> Job[Item, Result]:
        """Add a job. Who waits for it must make the queue forget it: if it is cancelled, its items make room for others."""
        job: Job[Item, Result] = Job(items, deadline, is_disconnected, Outcome(loop=self._loop))
        queue.add(job)
        if self._alarm is None or deadline < self._alarm.when():
            self._set_alarm(deadline)
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._loop.call_soon(self._run_next)  # after everything that has arrived by now is queued
        return job

    def _run_next(self) -> None:
        """Start the next model call, or become idle."""
        group = self._next_group()
        if not group:
            self._become_idle()
            return
        self._running = group
        items = [job.items[index] for job, index in group]
        cost = sum([item.cost for item in items])
        started = perf_counter()
        if 0 < self._limits.inline_seconds >= cost * self._cpu_seconds_per_cost:
            self._finish(*self._call(items), cost, started)
            return
        working = self._loop.run_in_executor(self._thread, self._call, items)
        working.add_done_callback(lambda done: self._finish(*done.result(), cost, started))

    def _next_group(self) -> list[Scheduled[Item, Result]]:
        """The items of the next call whose callers still wait; none if nothing waits."""
        while self._groups:
            group = [scheduled for scheduled in self._groups.popleft() if self._is_wanted(scheduled[0])]
            if group:
                return group
        self._groups.extend(self._next_groups())
        self._round_cost = sum(map(cost_of, self._groups))
        return self._groups.popleft() if self._groups else []  # the callers were looked at just now

    def _next_groups(self) -> list[list[Scheduled[Item, Result]]]:
        """Take the next round of waiting items, in groups that fit one call each."""
        limits, is_wanted, bulk = self._limits, self._is_wanted, self._bulk
        scheduled = self._single.take(limits.half if bulk.jobs else limits.max_batch, is_wanted)
        if bulk.jobs:
            # bulk requests get half at most, even alone: whoever comes next waits for this round
            scheduled += bulk.take(limits.half, is_wanted, self._bulk_budget())
        if len(scheduled) <= 1:  # nobody, or a lone caller
            return [scheduled] if scheduled else []
        batches = self._model.make_batches([job.items[index] for job, index in scheduled])
        return [[scheduled[index] for index in indices] for indices in batches]

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
        self._count(group, outcomes, started, compute_seconds)
        resumed = self._deliver(group, outcomes, started, compute_seconds)
        if self._groups or self._single.jobs or self._bulk.jobs:
            self._loop.call_soon(self._run_next)
        else:
            self._become_idle()
        for resume in resumed:
            resume()

    def _deliver(
        self,
        group: list[Scheduled[Item, Result]],
        outcomes: list[Result | Exception],
        started: float,
        compute_seconds: float,
    ) -> list[Callable[[], None]]:
        """Give every item its result. Returns what is to be called for those who wait without a task."""
        resumed: list[Callable[[], None]] = []
        for (job, index), outcome in zip(group, outcomes, strict=True):
            job.answers[index] = (
                outcome
                if isinstance(outcome, Exception)
                else Answer(outcome, started - job.enqueued, compute_seconds, len(group), started)
            )
            job.remaining -= 1
            if not job.remaining and not job.future.done():
                resume = job.future.answer([answer for answer in job.answers if answer is not None])
                if resume is not None:
                    resumed.append(resume)
        return resumed

    def _count(
        self,
        group: list[Scheduled[Item, Result]],
        outcomes: list[Result | Exception],
        started: float,
        compute_seconds: float,
    ) -> None:
        failed = sum([isinstance(outcome, Exception) for outcome in outcomes])
        counts = self.counts
        counts.calls += 1
        counts.items += len(group)
        counts.seconds += compute_seconds
        counts.failed += failed
        if self._measures is not None:
            self._measures.count_call(group, failed, started, compute_seconds)

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
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(deadline, self._check_deadlines)

    def _check_deadlines(self) -> None:
        self._alarm = None
        scheduled_jobs = (scheduled[0] for group in (*self._groups, self._running) for scheduled in group)
        waiting = {job for job in (*self._single.jobs, *self._bulk.jobs, *scheduled_jobs) if not job.future.done()}
        later = [job.deadline for job in waiting if not self._is_expired(job)]
        if later:
            self._set_alarm(max(min(later), self._loop.time() + ALARM_INTERVAL))
