"""Whether the event loops of the workers run: they are asked again and again."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from .channel import CannotDo, Gone
from .messages import Ping
from .process import Phase, Worker
from .timing import Timing

log = logging.getLogger("gatecast.workers")


async def watch(serving: Callable[[], Sequence[Worker]], timing: Timing, note_change: Callable[[], None]) -> None:
    """Note who does not answer, and kill who does not for long."""
    asked: dict[Worker, asyncio.Task[None]] = {}
    while True:
        await asyncio.sleep(timing.ping)
        workers = [worker for worker in serving() if worker.phase is not Phase.ENDED]
        asked = {worker: task for worker, task in asked.items() if worker in workers}
        for worker in workers:
            if worker not in asked or asked[worker].done():
                asked[worker] = asyncio.ensure_future(_ping(worker, timing, note_change))
            else:
                _note_miss(worker, timing, note_change)


async def _ping(worker: Worker, timing: Timing, note_change: Callable[[], None]) -> None:
    with contextlib.suppress(Gone, CannotDo):
        await worker.channel.ask(Ping())
        was_silent = worker.misses >= timing.silent
        worker.misses = 0
        if was_silent:
            log.warning("worker %d answers again", worker.slot)
            note_change()


def _note_miss(worker: Worker, timing: Timing, note_change: Callable[[], None]) -> None:
    worker.misses += 1
    if worker.misses == timing.silent:
        log.warning("worker %d does not answer; others accept its connections", worker.slot)
        note_change()
    if worker.misses == timing.hung:
        worker.was_hung = True
        worker.kill()
