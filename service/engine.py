"""Engine: one loaded model version at work: prove → serve → drain."""

import asyncio
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from service.batching import Answer, MicroBatcher
from service.bundle import BundleError, Golden
from service.errors import GatecastError

Item = TypeVar("Item")
Result = TypeVar("Result")
Asked = TypeVar("Asked", contravariant=True)
Given = TypeVar("Given", covariant=True)


class Predictor(Protocol[Asked, Given]):
    """What an engine runs: see predictors.py."""

    def predict(self, batch: Sequence[Asked]) -> Sequence[Given]: ...

    def replay(self, request: dict[str, Any]) -> list[float]: ...


def prove(predictor: Predictor[Any, Any], golden: Golden, label: str) -> None:
    """Replay the golden requests through the serving path; the warm-up too.

    Raises BundleError, naming the case and the difference, when an answer is off.
    """
    for number, case in enumerate(golden.cases, 1):
        try:
            answer = predictor.replay(case.request)
        except GatecastError as error:
            raise BundleError(f"{label}: golden case {number} is refused: {error}") from error
        except Exception as error:  # whatever a network that does not fit its card may raise
            raise BundleError(f"{label}: golden case {number} fails: {error!r}") from error
        if len(answer) != len(case.answer):
            raise BundleError(
                f"{label}: golden case {number} has {len(case.answer)} numbers, the model gave {len(answer)}"
            )
        if not np.allclose(answer, case.answer, rtol=golden.relative_tolerance, atol=golden.absolute_tolerance):
            worst = float(np.max(np.abs(np.subtract(answer, case.answer))))
            raise BundleError(f"{label}: golden case {number} differs by up to {worst:g}")


class Engine(Generic[Item, Result]):
    """Answers prepared items in batches until it is closed. Needs a running event loop."""

    def __init__(self, predictor: Predictor[Item, Result], label: str, *, max_batch: int, max_queue: int) -> None:
        self._batcher = MicroBatcher(predictor.predict, max_batch=max_batch, max_queue=max_queue, name=label)
        self._piece = min(max_batch, max_queue)

    async def ask(self, item: Item, deadline: float) -> Answer[Result]:
        """One item's answer; raises as MicroBatcher.submit does."""
        return await self._batcher.submit(item, deadline)

    async def ask_many(self, items: Sequence[Item], deadline: float) -> list[Answer[Result] | BaseException]:
        """Answers, or what each item failed with, in order.

        Queued a piece at a time, so that a long list leaves room for other callers.
        """
        answers: list[Answer[Result] | BaseException] = []
        for begin in range(0, len(items), self._piece):
            piece = items[begin : begin + self._piece]
            answers += await asyncio.gather(*(self.ask(item, deadline) for item in piece), return_exceptions=True)
        return answers

    async def close(self) -> None:
        """Answer what was accepted, then stop."""
        await self._batcher.close()
