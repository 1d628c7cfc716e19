"""MicroBatcher: many awaiting callers, one blocking predict call at a time.

Work-conserving and without a timer: an idle model takes a lone request at once, a busy one
takes what piled up meanwhile. Knows nothing of HTTP or of models.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Generic, TypeVar

from service.errors import DeadlineExceeded, Overloaded

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer(Generic[Result]):
    """One caller's result, with how long it waited and how long its batch took (seconds)."""

    result: Result
    queued: float
    worked: float


@dataclass(eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    deadline: float
    future: asyncio.Future[Answer[Result]]
    since: float = field(default_factory=perf_counter)
    taken: bool = False


class MicroBatcher(Generic[Item, Result]):
    """Runs `predict(items) -> results` (same order, same length) on one worker thread.

    A batch that raises is tried again item by item, so that one bad item fails alone.
    """

    def __init__(
        self,
        predict: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        max_batch: int,
        max_queue: int,
        name: str = "model",
    ) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._name = name
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._seconds_per_item = 0.0
        self._closing = False
        self._task = asyncio.create_task(self._run(), name=f"batcher-{name}")

    @property
    def depth(self) -> int:
        """How many callers wait for their turn."""
        return len(self._waiting)

    async def submit(self, item: Item, deadline: float) -> Answer[Result]:
        """Wait for this item's result until `deadline` (the event loop's clock, seconds).

        Raises Overloaded at once when the queue is full, DeadlineExceeded when time ran out
        before or after the item's turn came, and whatever predict raised for this item.
        """
        if self._closing or len(self._waiting) >= self._max_queue:
            raise self._overloaded()
        loop = asyncio.get_running_loop()
        waiting = _Waiting[Item, Result](item, deadline, loop.create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        try:
            async with asyncio.timeout_at(deadline):
                return await waiting.future
        except TimeoutError:
            raise DeadlineExceeded(f"no answer from '{self._name}' within the request's time limit") from None
        finally:
            if not waiting.taken:
                self._waiting.remove(waiting)  # one who leaves makes room for another

    async def close(self) -> None:
        """Answer everything accepted so far, then stop the worker thread."""
        self._closing = True
        self._arrived.set()
        await self._task
        self._thread.shutdown()

    def _overloaded(self) -> Overloaded:
        seconds = max(1, math.ceil(len(self._waiting) * self._seconds_per_item))
        return Overloaded(
            f"{len(self._waiting)} requests already wait for '{self._name}'; try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            batch = self._take(loop.time())
            if batch:
                start = perf_counter()
                outcomes = await loop.run_in_executor(self._thread, self._outcomes, [waiting.item for waiting in batch])
                self._deliver(batch, outcomes, start, perf_counter() - start)
            if not self._waiting:
                if self._closing:
                    return
                self._arrived.clear()

    def _take(self, now: float) -> list[_Waiting[Item, Result]]:
        """The next batch, without those who left or whose deadline has passed."""
        batch: list[_Waiting[Item, Result]] = []
        while self._waiting and len(batch) < self._max_batch:
            waiting = self._waiting.popleft()
            waiting.taken = True
            if not waiting.future.done() and waiting.deadline > now:
                batch.append(waiting)
        return batch

    def _outcomes(self, items: list[Item]) -> list[Result | Exception]:
        try:
            results = self._predict(items)
            if len(results) != len(items):
                raise RuntimeError(f"{len(items)} items went in, {len(results)} results came out")
            return list(results)
        except Exception as error:
            if len(items) == 1:
                # a future cannot carry StopIteration, and a model's own time-out is not the caller's deadline
                reserved = isinstance(error, StopIteration | TimeoutError)
                return [RuntimeError(f"the model raised {error!r}") if reserved else error]
            return [self._outcomes([item])[0] for item in items]

    def _deliver(
        self,
        batch: list[_Waiting[Item, Result]],
        outcomes: list[Result | Exception],
        start: float,
        worked: float,
    ) -> None:
        self._seconds_per_item += 0.2 * (worked / len(batch) - self._seconds_per_item)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.future.done():  # the caller left while the model worked
                continue
            if isinstance(outcome, Exception):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(Answer(outcome, start - waiting.since, worked))
