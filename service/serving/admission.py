"""Who may wait for a model: limits, what waits already, and how long that takes.

A single request is refused when `max_queue` of them wait. Bulk requests are refused when `max_queue` of them wait, or when
they would have more than `bulk_items` waiting items together. The last quarter of that room is kept for small bulk requests,
of no more items than half of a round: large ones cannot shut them out. Where no bulk request waits, one of any size is
accepted. Either kind is refused at once when its first item could not have its turn before the deadline, by the least time
that like items took lately.
"""

import asyncio
import math
from dataclasses import dataclass
from typing import Generic

from ..errors import Overloaded
from .model_measures import ModelMeasures
from .queues import Item, JobQueue, Result

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


DEFAULT_LIMITS = Limits()


class Admission(Generic[Item, Result]):
    """What waits for one model, and the rules by which more is accepted. A batcher takes from it."""

    def __init__(self, limits: Limits, name: str, measures: ModelMeasures | None) -> None:
        self._limits = limits
        self._name = name
        self._measures = measures
        self._loop = asyncio.get_running_loop()
        self._single: JobQueue[Item, Result] = JobQueue()
        self._bulk: JobQueue[Item, Result] = JobQueue()
        self._round_cost = 0  # of the items of the current round that have no result yet
        self._seconds_per_cost = 0.0  # wall-clock time
        self._least_seconds_per_cost = 0.0  # of the last calls: quick to fall, slow to rise
        self.counts = Counts()

    @property
    def depth(self) -> int:
        """The number of items that wait. Items of the current round do not count."""
        return self._single.items + self._bulk.items

    @property
    def wait_seconds(self) -> float:
        """How long the waiting items will take, estimated from past calls."""
        return (self._single.cost + self._bulk.cost) * self._seconds_per_cost

    def _check_single(self, deadline: float) -> None:
        """Raise Overloaded if a single request would have its turn too late."""
        cost = self._round_cost + self._single.cost + self._bulk.cost
        if self._lateness(cost, deadline) > 0:  # else all that waits is done in time, whoever is before whom
            self._check_wait(self._cost_before_single(), deadline)

    def _check_bulk(self, items: int, deadline: float) -> None:
        """Raise Overloaded if there is no room for a bulk request of so many items, or if it would be too late."""
        if not self._bulk.jobs:
            return
        room = self._limits.bulk_items
        if items > self._limits.half:
            room -= room // 4
        if len(self._bulk.jobs) >= self._limits.max_queue or self._bulk.items + items > room:
            raise self._overloaded()
        if items:
            self._check_wait(self._cost_before_bulk(), deadline)

    def _bulk_budget(self) -> float:
        """The cost of items of bulk requests in one round, at most, and of one item more."""
        return self._limits.bulk_seconds / (self._seconds_per_cost or ASSUMED_SECONDS_PER_COST)

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

    def _lateness(self, cost: float, deadline: float) -> float:
        """By how many seconds items of this cost would be done after the deadline."""
        return self._loop.time() + cost * self._least_seconds_per_cost - deadline

    def _check_wait(self, cost: float, deadline: float) -> None:
        """Raise Overloaded if items of this cost cannot be done before the deadline."""
        late = self._lateness(cost, deadline)
        if late > 0:
            raise self._overloaded(late)

    def _cost_before_single(self) -> float:
        """The cost of what a new single request is behind: the others, and the bulk items in the rounds of the others."""
        half = self._limits.half
        rounds = len(self._single.jobs) // half
        bulk_cost = min(self._bulk.cost, rounds * min(half * self._bulk.mean_cost, self._bulk_budget()))
        return self._round_cost + self._single.cost + bulk_cost

    def _cost_before_bulk(self) -> float:
        """The least cost of what a new bulk request is behind: an item of each of the others, but for the last round."""
        mean = self._bulk.mean_cost
        per_round = int(max(1, min(self._limits.half, self._bulk_budget() / max(1, mean))))
        return self._round_cost + len(self._bulk.jobs) // per_round * per_round * mean
