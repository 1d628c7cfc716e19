"""The workers of the host: started, watched, replaced one by one, and told which connections to accept."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from .accepting import have_accept
from .assignments import assign
from .backoff import BackOff
from .channel import CannotDo, Gone
from .memory import Estate
from .messages import Failed, Message, Reload, Stop, Unable
from .open_files import advice
from .process import Phase, Worker
from .reloading import Reloading, take_over
from .timing import Timing
from .watching import watch

NO_WORKER = "no worker can reload now; try again in a few seconds"
log = logging.getLogger("gatecast.workers")


class CannotStart(Exception):
    """A worker could not start, with the status and the words of its end."""

    def __init__(self, failure: Failed) -> None:
        super().__init__("; ".join(failure.faults))
        self.status, self.faults = failure.status, failure.faults


class Crew:
    """One worker for each slot, and processes that start or end. `leave_seconds`: for one that is replaced, to end."""

    def __init__(self, estate: Estate, timing: Timing, leave_seconds: float) -> None:
        self._estate = estate
        self._timing = timing
        self._leave_seconds = leave_seconds
        self.processes: set[Worker] = set()  # that have not ended
        self._serving: list[Worker] = []  # by slot; those that have ended too, until they are replaced
        self._versions: list[Any] | None = None
        self._backoffs = [BackOff(time.monotonic) for _ in range(estate.workers)]
        self._changed = asyncio.Event()
        self._arranging = asyncio.Lock()
        self._reloading = asyncio.Lock()
        self._replacing = asyncio.Lock()
        self._keeping: set[asyncio.Task[None]] = set()  # until the service stops
        self._ending: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        measures = estate.measures
        self._restarts = measures.counter(
            "gatecast_worker_restarts_total",
            "workers that ended unasked or did not start, and were replaced",
            ["reason"],
        )
        for reason in ("exit", "signal", "hung", "start"):
            self._restarts.labels(reason)

    async def start(self) -> None:
        """Start one worker, which proves the models, then the others. Raises CannotStart."""
        first = await self._start(0)
        self._versions = first.versions
        others = [asyncio.ensure_future(self._start(slot)) for slot in range(1, self._estate.workers)]
        try:
            self._serving = [first, *await asyncio.gather(*others)]
        except CannotStart:
            for task in others:
                task.cancel()
            raise

    async def open(self) -> None:
        """Have all accept connections, and see to it from now on. Raises CannotStart."""
        if faults := await self._arrange():
            raise CannotStart(Failed(status=3, faults=faults))
        for slot, backoff in enumerate(self._backoffs):
            backoff.note_birth()
            self._run(self._keep(slot))
        self._run(self._keep_arranged())
        self._run(watch(lambda: self._serving, self._timing, self._changed.set))

    def reap(self) -> None:
        """Look who has ended. To be called when the system says that a process has."""
        for worker in [worker for worker in self.processes if worker.has_ended()]:
            self.processes.discard(worker)
            self._estate.take_back(worker.inheritance)
            _run(self._bury(worker), self._ending)

    def replace_all(self) -> None:
        """Replace all workers, one after the other."""
        self._run(self._replace_all())

    async def reload(self, question: Reload) -> Message:
        """Have all workers reload, or none."""
        async with self._reloading:
            workers = [worker for worker in self._serving if worker.is_able]
            if not workers or self._is_stopping:
                log.error("reload: failed: %s", NO_WORKER)
                return Unable(reason=NO_WORKER)
            reloading = Reloading(workers, self._timing)
            answer = await reloading.run(question.unsettled)
            if reloading.versions is not None:
                self._versions = reloading.versions
                self._kill_others(workers)
            return answer

    def _kill_others(self, reloaded: list[Worker]) -> None:
        """Kill who did not answer when a reload was made: it would go on with what served before it."""
        for worker in self._serving:
            if worker not in reloaded and worker.phase is not Phase.ENDED:
                log.error("worker %d is replaced: it did not answer when the others reloaded", worker.slot)
                worker.kill()

    def stop_keeping(self) -> list[Worker]:
        """Replace nobody any more. Returns the workers that serve; those that start are killed."""
        self._is_stopping = True
        for task in self._keeping:
            task.cancel()
        for worker in self.processes:
            if worker.phase is Phase.STARTING:
                worker.kill()
        return [worker for worker in self.processes if worker.phase is not Phase.STARTING]

    async def _start(self, slot: int) -> Worker:
        """Start a process for a slot, and wait until its models are proven. Raises CannotStart."""
        while not self._estate.has_room:  # those that were replaced have their time, but not more
            await asyncio.wait([worker.ended for worker in self.processes], return_when=asyncio.FIRST_COMPLETED)
        worker = Worker(self._estate.bequeath(slot, self._versions), self.reload, self._timing)
        try:
            await worker.start()
        except OSError as error:
            self._estate.take_back(worker.inheritance)
            fault = f"worker {slot} cannot be started: {error}{advice(error)}"
            raise CannotStart(Failed(status=3, faults=[fault])) from error
        self.processes.add(worker)
        self.reap()  # it may have ended before it was known
        words = await self._settle(worker)
        if words is not None:
            raise CannotStart(worker.failure or Failed(status=3, faults=[words]))
        return worker

    async def _settle(self, worker: Worker) -> str | None:
        """Wait until a worker has proven its models. Returns how it failed; the time of a replacement is limited."""
        try:
            async with asyncio.timeout(self._timing.prepare if self._serving else None):
                await asyncio.shield(worker.settled)
        except TimeoutError:
            worker.kill()
            await worker.ended
            return f"worker {worker.slot} had not proven its models in {self._timing.prepare:g} s and was killed"
        return (
            f"worker {worker.slot} {worker.end} before it had proven the models"
            if worker.phase is Phase.ENDED
            else None
        )

    async def _bury(self, worker: Worker) -> None:
        await worker.bury()
        self._changed.set()

    async def _keep(self, slot: int) -> None:
        """Replace the worker of a slot again and again. Nothing ends this but the end of the service."""
        while True:
            try:
                await self._replace(slot)
            except Exception as error:
                delay = self._backoffs[slot].next_delay()
                log.error("worker %d could not be replaced; it is tried again in %g s", slot, delay, exc_info=error)
                await asyncio.sleep(delay)

    async def _replace(self, slot: int) -> None:
        """Replace the worker of a slot when it has ended or wants to leave."""
        before = self._serving[slot]
        await asyncio.shield(before.left)
        delay = 0.0
        if before.phase is Phase.ENDED:
            delay = self._note_end(before)
        after = await self._succeed(slot, delay)
        self._backoffs[slot].note_birth()
        log.info("worker %d serves, as process %d", slot, after.pid)
        _run(self.end(before, Stop(is_replaced=True), self._leave_seconds), self._ending)

    def _note_end(self, worker: Worker) -> float:
        """Log and count that a worker ended unasked. Returns the seconds until its successor may start."""
        delay = self._backoffs[worker.slot].next_delay()
        when = f"in {delay:g} s" if delay else "now"
        log.error("worker %d, process %d, %s; it is replaced %s", worker.slot, worker.pid, worker.end, when)
        self._restarts.labels("hung" if worker.was_hung else "signal" if worker.status < 0 else "exit").add()
        return delay

    async def _succeed(self, slot: int, delay: float) -> Worker:
        """A new worker that serves a slot, after so many seconds. Tries until there is one, while others accept its connections."""
        while True:
            await asyncio.sleep(delay)
            try:
                worker = await self._start(slot)
                async with self._reloading:  # a reload would miss the one that is replaced, or this one
                    await self._have_take_over(worker)
                    await self._have_join(worker)
                return worker
            except CannotStart as error:
                delay = self._note_failure(slot, error.faults)

    async def _have_take_over(self, worker: Worker) -> None:
        """Have a new worker serve what the others serve. Raises CannotStart, as one that serves less must not join them.

        Where no other worker is left, what it can serve is better than nothing, and later ones serve the same.
        """
        try:
            await take_over(worker, self._versions or [], self._timing)
        except (Gone, CannotDo, TimeoutError) as error:
            if isinstance(error, CannotDo) and not any(other.is_able for other in self._serving):
                log.error("worker %d serves without the others: %s", worker.slot, error)
                self._versions = worker.versions
                return
            worker.kill()
            await worker.ended
            words = f"it does not take the versions that serve: {error or repr(error)}"
            raise CannotStart(Failed(status=3, faults=[words])) from error

    async def _have_join(self, worker: Worker) -> None:
        """Give a new worker its slot. Raises CannotStart if it does not accept; the one before it then keeps the slot."""
        before, self._serving[worker.slot] = self._serving[worker.slot], worker
        await self._arrange()
        if worker.accepts:
            return
        self._serving[worker.slot] = before
        self._changed.set()  # the one before may have ended meanwhile
        worker.kill()
        await worker.ended
        raise CannotStart(Failed(status=3, faults=["it accepts no connections"]))

    def _note_failure(self, slot: int, faults: list[str]) -> float:
        """Log and count that a replacement did not start. Returns the seconds until the next one may."""
        delay = self._backoffs[slot].next_delay()
        for fault in faults:
            log.error("worker %d cannot start; it is tried again in %g s: %s", slot, delay, fault)
        self._restarts.labels("start").add()
        return delay

    async def end(self, worker: Worker, last: Message, seconds: float) -> None:
        """Have a worker end, and kill it when its time is over."""
        worker.channel.tell(last)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(worker.ended)
        except TimeoutError:
            log.error("worker %d, process %d, did not end in time and is killed", worker.slot, worker.pid)
            worker.kill()
            await worker.ended

    async def _replace_all(self) -> None:
        async with self._replacing:
            for slot in range(len(self._serving)):
                before = self._serving[slot]
                before.leave()
                await asyncio.shield(before.ended)

    async def _keep_arranged(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._arrange()

    async def _arrange(self) -> list[str]:
        """Tell the workers which connections to accept. Who gets more is told first, so that somebody always accepts.

        Returns why some cannot accept any.
        """
        async with self._arranging:
            able = [worker.is_able for worker in self._serving]
            changes = [
                (worker, slots)
                for worker, slots in zip(self._serving, assign(able), strict=True)
                if worker.phase is not Phase.ENDED and worker.slots != slots
            ]
            changes.sort(key=lambda change: -len(change[1]))
            return [fault for change in changes if (fault := await have_accept(*change))]

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        _run(work, self._keeping)


def _run(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    task = asyncio.ensure_future(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    task.add_done_callback(_log_failure)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the supervisor failed: %r", error, exc_info=error)
