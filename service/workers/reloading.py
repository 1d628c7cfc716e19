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
OTHERS = "worker %d cannot serve the versions that the first worker has proven, so all keep those from before"
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
        except Gone:  # the first one: another one counts the failure
            return await self._give_up(self._others, ENDED)
        except TimeoutError:
            return await self._give_up(self._all, LATE)
        except CannotDo as error:
            return await self._give_up(self._all, str(error))
        if refused:
            report: Report = prepared.report
            refused = await self._discard(self._all, [*report["refused"], *refused])
            return Reloaded(report=report | {"loaded": [], "retired": [], "refused": refused})
        return await self._commit(prepared)

    @property
    def _all(self) -> list[Worker]:
        return [self._first, *self._others]

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
                return [*prepared.report["refused"], [None, None, OTHERS % worker.slot]]
        return []

    async def _commit(self, prepared: Prepared) -> Message:
        """Have all swap at once. One that cannot is killed, as it would serve something else than the others."""
        self.versions = prepared.versions
        workers = self._all
        questions = [
            worker.channel.ask(Commit(is_first=worker is self._first), self._timing.answer) for worker in workers
        ]
        answers = await asyncio.gather(*questions, return_exceptions=True)
        for worker, answer in zip(workers, answers, strict=True):
            if isinstance(answer, BaseException):
                log.error("worker %d is replaced: it did not take the reload: %r", worker.slot, answer)
                worker.kill()
        return answers[0] if isinstance(answers[0], Reloaded) else Reloaded(report=prepared.report)

    async def _give_up(self, workers: Sequence[Worker], reason: str) -> Message:
        log.error("reload: failed: %s", reason)
        await self._discard(workers, [[None, None, reason]])
        return Unable(reason=reason)

    async def _discard(self, workers: Sequence[Worker], refused: list[Any]) -> list[Any]:
        """Have these take the keys only. The first one notes and counts what was refused; that is returned, with its keys."""
        questions = [
            worker.channel.ask(Discard(refused=[] if number else refused), self._timing.answer)
            for number, worker in enumerate(workers)
        ]
        answers = await asyncio.gather(*questions, return_exceptions=True)
        return answers[0].report["refused"] if answers and isinstance(answers[0], Reloaded) else refused


async def take_over(worker: Worker, versions: list[Any], timing: Timing) -> None:
    """Have a worker that has just started serve these versions, if it does not yet: a reload may have changed them.

    Raises Gone, CannotDo or TimeoutError; CannotDo too if it can load a part of them only.
    """
    if are_same(worker.versions, versions):
        return
    prepared = await worker.channel.ask(Prepare(only=versions), timing.prepare)
    assert isinstance(prepared, Prepared)
    if not are_same(prepared.versions, versions):
        raise CannotDo("; ".join(reason for _, _, reason in prepared.report["refused"]) or "it loads other versions")
    await worker.channel.ask(Commit(), timing.answer)
    worker.versions = versions


def are_same(some: list[Any], others: list[Any]) -> bool:
    """Whether these are the same versions, in any order."""
    return sorted(some) == sorted(others)
