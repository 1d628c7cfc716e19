"""A reload of all workers: one proves what is new, the others prepare the same, and then all swap; or nothing changes."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from .channel import CannotDo, Gone
from .messages import Commit, Discard, Message, Prepare, Prepared, Reloaded, Report, Unable
from .process import Worker
from .timing import Timing

ENDED = "the worker that was loading the new versions ended; what was in use before stays"
LATE = "loading took too long; what was in use before stays"
log = logging.getLogger("gatecast.workers")


class Reloading:
    """One reload of these workers, of which the first one proves. `versions` are those that serve after it, if it was done."""

    def __init__(self, workers: Sequence[Worker], timing: Timing) -> None:
        self._first, *self._others = workers
        self._timing = timing
        self.versions: list[Any] | None = None

    async def run(self, unsettled: list[Any] | None) -> Message:
        """Return the report of the whole, or why there is none."""
        try:
            prepared = await self._prepare(self._first, Prepare(unsettled=unsettled))
            refused = await self._prepare_others(prepared)
        except Gone:
            return await self._give_up(ENDED)
        except TimeoutError:
            return await self._give_up(LATE)
        except CannotDo as error:
            return await self._give_up(str(error))
        if refused:
            await self._discard()
            report: Report = prepared.report
            return Reloaded(report=report | {"loaded": [], "retired": [], "refused": [*report["refused"], *refused]})
        return await self._commit(prepared)

    async def _prepare(self, worker: Worker, question: Prepare) -> Prepared:
        answer = await worker.channel.ask(question, self._timing.prepare)
        assert isinstance(answer, Prepared)
        return answer

    async def _prepare_others(self, proven: Prepared) -> list[Any]:
        """Have the others prepare what is proven, one after the other. Returns what one of them refused.

        One that ends meanwhile is left out: its successor is given what serves then.
        """
        for worker in [*self._others]:
            try:
                prepared = await self._prepare(worker, Prepare(only=proven.versions))
            except Gone:
                self._others.remove(worker)
                continue
            if not are_same(prepared.versions, proven.versions):
                return list(prepared.report["refused"])
        return []

    async def _commit(self, prepared: Prepared) -> Message:
        """Have all swap at once. One that cannot is killed, as it would serve something else than the others."""
        self.versions = prepared.versions
        workers = [self._first, *self._others]
        questions = [
            worker.channel.ask(Commit(is_first=worker is self._first), self._timing.answer) for worker in workers
        ]
        answers = await asyncio.gather(*questions, return_exceptions=True)
        for worker, answer in zip(workers, answers, strict=True):
            if isinstance(answer, BaseException):
                log.error("worker %d is replaced: it did not take the reload: %r", worker.slot, answer)
                worker.kill()
        return answers[0] if isinstance(answers[0], Reloaded) else Reloaded(report=prepared.report)

    async def _give_up(self, reason: str) -> Message:
        await self._discard()
        log.error("reload: failed: %s", reason)
        return Unable(reason=reason)

    async def _discard(self) -> None:
        questions = [worker.channel.ask(Discard(), self._timing.answer) for worker in (self._first, *self._others)]
        await asyncio.gather(*questions, return_exceptions=True)


async def take_over(worker: Worker, versions: list[Any], timing: Timing) -> None:
    """Have a worker that has just started serve these versions, if a reload has changed them meanwhile.

    Raises Gone, CannotDo or TimeoutError.
    """
    if not are_same(worker.versions, versions):
        await worker.channel.ask(Prepare(only=versions), timing.prepare)
        await worker.channel.ask(Commit(), timing.answer)


def are_same(some: list[Any], others: list[Any]) -> bool:
    """Whether these are the same versions, in any order."""
    return sorted(some) == sorted(others)
