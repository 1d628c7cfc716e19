"""Requests that wait for a model, and which of their items have their turn next."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Generic, NamedTuple, TypeVar

from ..interfaces import HasCost

Item = TypeVar("Item", bound=HasCost)
Result = TypeVar("Result")
IsDisconnected = Callable[[], bool]
SORTED_TOGETHER = 256  # items of a job that are computed in order of their cost; then come the next ones


class Answer(NamedTuple, Generic[Result]):
    """The result of one item, the seconds that it waited, and the seconds that its model call took.

    `items` were in that call, which began at `started`, on the clock of `perf_counter`.
    """

    result: Result
    queue_seconds: float
    compute_seconds: float
    items: int = 1
    started: float = 0.0


class Outcome(asyncio.Future[Result]):
    """The answers of a job. A caller without a task sets `resume`, which is called when they are there.

    The batcher calls it as soon as it may; in all other cases it is called in the next round of the event loop.
    """

    resume: Callable[[], None] | None = None

    def set_result(self, result: Result) -> None:
        super().set_result(result)
        self._wake()

    def set_exception(self, exception: type | BaseException) -> None:
        super().set_exception(exception)
        self._wake()

    def answer(self, result: Result) -> Callable[[], None] | None:
        """Set the result, and return `resume` for the batcher to call."""
        resume, self.resume = self.resume, None
        super().set_result(result)
        return resume

    def _wake(self) -> None:
        if self.resume is not None:
            self.get_loop().call_soon(self.resume)


class Job(Generic[Item, Result]):
    """One request of one item or many. `future` gets an answer for each item, in order."""

    __slots__ = ("answers", "deadline", "enqueued", "future", "is_disconnected", "items", "pending", "remaining")

    def __init__(
        self,
        items: Sequence[Item],
        deadline: float,
        is_disconnected: IsDisconnected,
        future: Outcome[list[Answer[Result] | Exception]],
    ) -> None:
        self.items = items
        self.pending = deque(_in_order_of_cost(items) if len(items) > 1 else (0,))  # the items that wait
        self.deadline = deadline
        self.is_disconnected = is_disconnected
        self.future = future
        self.remaining = len(items)
        self.answers: list[Answer[Result] | Exception | None] = [None] * len(items)
        self.enqueued = perf_counter()


Scheduled = tuple[Job[Item, Result], int]


def _in_order_of_cost(items: Sequence[HasCost]) -> list[int]:
    """The indices of the items, the cheapest first: items of like cost then share a model call.

    The order holds within every SORTED_TOGETHER items, so that the first ones are done before the last ones are begun.
    """
    indices: list[int] = []
    for begin in range(0, len(items), SORTED_TOGETHER):
        indices += sorted(range(begin, min(begin + SORTED_TOGETHER, len(items))), key=lambda i: items[i].cost)
    return indices


def cost_of(scheduled: Iterable[Scheduled[Item, Result]]) -> int:
    """The cost of items together."""
    return sum([job.items[index].cost for job, index in scheduled])


class JobQueue(Generic[Item, Result]):
    """`jobs` with waiting items, in the order of their turns. `items` counts the waiting items, `cost` is theirs."""

    def __init__(self) -> None:
        self.jobs: deque[Job[Item, Result]] = deque()
        self.items = 0
        self.cost = 0

    @property
    def mean_cost(self) -> float:
        """The mean cost of the waiting items."""
        return self.cost / self.items if self.items else 0.0

    def add(self, job: Job[Item, Result]) -> None:
        """Put a job with all its items at the end."""
        self.jobs.append(job)
        self.items += len(job.items)
        self.cost += sum([item.cost for item in job.items])

    def forget(self, job: Job[Item, Result]) -> None:
        """Drop the items of a job that still wait."""
        if job.pending:
            self.jobs.remove(job)
            self._drop_pending(job)

    def take(
        self, capacity: int, is_wanted: Callable[[Job[Item, Result]], bool], budget: float = math.inf
    ) -> list[Scheduled[Item, Result]]:
        """Take up to `capacity` items, an equal share of every job, until their cost exceeds the budget.

        Jobs that nobody waits for are dropped.
        """
        taken: list[Scheduled[Item, Result]] = []
        callers = len(self.jobs)
        while self.jobs and len(taken) < capacity and budget > 0:
            job = self.jobs.popleft()
            share = max(1, (capacity - len(taken)) // max(1, callers))
            callers -= 1
            if not is_wanted(job):
                self._drop_pending(job)
                continue
            budget -= self._take_from(job, share, budget, taken)
            if job.pending:
                self.jobs.append(job)
        return taken

    def _take_from(
        self, job: Job[Item, Result], share: int, budget: float, taken: list[Scheduled[Item, Result]]
    ) -> int:
        """Move up to `share` items of a job to `taken`, until their cost exceeds the budget; returns their cost."""
        count = cost = 0
        while job.pending and count < share and cost < budget:
            index = job.pending.popleft()
            taken.append((job, index))
            count, cost = count + 1, cost + job.items[index].cost
        self.items -= count
        self.cost -= cost
        return cost

    def _drop_pending(self, job: Job[Item, Result]) -> None:
        self.items -= len(job.pending)
        self.cost -= cost_of((job, index) for index in job.pending)
        job.pending.clear()
