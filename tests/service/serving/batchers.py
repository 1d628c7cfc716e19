"""Batchers of plain numbers, for the tests of rounds and of admission."""

import asyncio
import math
from threading import Event

from service.serving.admission import Limits
from service.serving.batching import MicroBatcher
from tests.patience import PATIENCE_S


class Number(int):
    """An item whose cost is its own value."""

    @property
    def cost(self):
        return int(self)


class Model:
    """A function of a batch of numbers. Without `make_batches`, all items that are taken at once are one batch."""

    def __init__(self, predict, make_batches=None):
        self.predict = predict
        self.make_batches = make_batches or (lambda items: [list(range(len(items)))])


class SlowModel:
    """A function that gives back its numbers, but only once it is released. `batches` has those that were computed."""

    def __init__(self):
        self.entered, self._released = Event(), Event()
        self.batches: list[list[int]] = []

    def __call__(self, items):
        self.entered.set()
        assert self._released.wait(PATIENCE_S)
        self.batches.append(list(items))
        return items

    async def is_entered(self):
        """Wait until a call has begun."""
        assert await asyncio.to_thread(self.entered.wait, PATIENCE_S)

    def release(self):
        self._released.set()


class NumberBatcher:
    """A batcher of plain numbers. Only if `bulk_seconds` is set does it matter how long calls take."""

    def __init__(self, predict, max_batch=8, max_queue=8, make_batches=None, inline_seconds=0.0, bulk_seconds=math.inf):
        limits = Limits(max_batch, max_queue, inline_seconds, bulk_seconds)
        self.batcher = MicroBatcher(Model(predict, make_batches), limits)
        self.close = self.batcher.close

    @property
    def depth(self):
        return self.batcher.depth

    def assume(self, seconds_per_cost):
        """Let the batcher think that it has measured this."""
        self.batcher._seconds_per_cost = self.batcher._least_seconds_per_cost = seconds_per_cost

    async def submit(self, item, deadline, *is_disconnected):
        return await self.batcher.submit(Number(item), deadline, *is_disconnected)

    async def submit_many(self, items, deadline, *is_disconnected):
        return await self.batcher.submit_many([Number(item) for item in items], deadline, *is_disconnected)


def soon():
    return asyncio.get_running_loop().time() + PATIENCE_S
