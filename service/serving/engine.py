"""Engine: one loaded model version at work: prove → serve → drain."""

import os
from collections.abc import Sequence
from typing import Generic, TypeVar

from service.interfaces import HasCost, Predictor
from service.serving.batching import Answer, Gone, Limits, MicroBatcher

Item = TypeVar("Item", bound=HasCost)
Result = TypeVar("Result")
Asked = TypeVar("Asked", contravariant=True)
Given = TypeVar("Given", covariant=True)

# A model call on the event loop keeps it from other requests, but saves two hand-overs between threads. With one
# core nothing else could run meanwhile, so all but long calls run there; with more, only those not worth a hand-over.
INLINE_SECONDS_ONE_CORE = 0.020
INLINE_SECONDS = 0.0003


def inline_seconds(engine: str, inline_ms: float | None) -> float:
    """How long a model call may be expected to take and still run on the event loop; TensorFlow's never do."""
    if engine != "onnx":
        return 0.0
    if inline_ms is not None:
        return inline_ms / 1000
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return INLINE_SECONDS_ONE_CORE if cores == 1 else INLINE_SECONDS


class Engine(Generic[Item, Result]):
    """Answers prepared items in batches until it is closed. Needs a running event loop.

    Every registry that lists it holds it; one that nobody holds any more may be closed.
    """

    def __init__(self, predictor: Predictor[Item, Result], label: str, limits: Limits) -> None:
        self.batcher = MicroBatcher(predictor, limits, label)
        self._holders = 0

    def hold(self) -> None:
        self._holders += 1

    def release(self) -> bool:
        """Give up one hold; whether that was the last."""
        self._holders -= 1
        return self._holders == 0

    async def ask(self, item: Item, deadline: float, gone: Gone) -> Answer[Result]:
        """One item's answer; raises as MicroBatcher.submit does."""
        return await self.batcher.submit(item, deadline, gone)

    async def ask_many(self, items: Sequence[Item], deadline: float, gone: Gone) -> list[Answer[Result] | Exception]:
        """Answers, or what each item failed with, in order; raises as MicroBatcher.submit_many does."""
        return await self.batcher.submit_many(items, deadline, gone)

    async def close(self) -> None:
        """Answer what was accepted, then stop."""
        await self.batcher.close()
