"""The process that was started: it starts workers, passes on signals, and ends when all workers have ended.

It imports no model library and answers no request. Its signals mean what they mean to a process that is alone.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Coroutine, Sequence
from typing import Any

from .. import terminal
from ..http import listening
from ..settings import Settings
from . import sockets
from .channel import CannotDo, Gone
from .crew import Crew
from .memory import Estate
from .messages import Detach, End, Message, Reload, Stop
from .process import Worker
from .timing import Timing

TERMINAL_SECONDS = 1.0  # between two looks whether the terminal is still there
log = logging.getLogger("gatecast.workers")


class Supervisor:
    """Supervises workers until a signal ends it. `ends_at_hangup`: SIGHUP is one of these signals."""

    def __init__(
        self, settings: Settings, estate: Estate, *, ends_at_hangup: bool, timing: Timing | None = None
    ) -> None:
        self._settings = settings
        self._estate = estate
        self._ends_at_hangup = ends_at_hangup
        self._timing = timing or Timing()
        # a worker that is replaced may wait for its clients first, then for its requests
        self._crew = Crew(estate, self._timing, 2 * settings.shutdown_s + self._timing.margin)
        self._is_open = False
        self._grace: asyncio.Future[float] = (
            asyncio.get_running_loop().create_future()
        )  # of the stop that was asked for
        self._tasks: set[asyncio.Task[object]] = set()

    async def run(self) -> int:
        """Serve, and return the exit status. Raises CannotStart or CannotListen."""
        self._handle_signals()
        self._keep(self._estate.measures.keep_publishing())
        try:
            await self._crew.start()
            sockets.listen(self._settings, self._estate.ports)
            await self._crew.open()
            self._is_open = True
            self._log_open()
            await self._stop(await self._grace)
        finally:
            await self._kill_all()
        return 0

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for sig in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sig, self._end, sig)
        if self._ends_at_hangup:
            loop.add_signal_handler(signal.SIGHUP, self._end, signal.SIGHUP)
            if terminal.is_in_foreground():
                self._keep(self._follow_terminal())
        else:
            loop.add_signal_handler(signal.SIGHUP, self._reload)
        loop.add_signal_handler(signal.SIGUSR2, self._replace)

    def _end(self, sig: signal.Signals) -> None:
        if not self._is_open:
            self._leave(128 + sig if sig == signal.SIGINT else 0)
        elif not self._grace.done():
            self._grace.set_result(0.0 if sig == signal.SIGINT else self._settings.grace_s)
        elif sig != signal.SIGHUP:  # it comes more than once: from the kernel, and from a shell
            self._leave(0)

    def _leave(self, status: int) -> None:
        """End everything at once."""
        for worker in self._crew.processes:
            worker.kill()
        with contextlib.suppress(Exception):  # nobody may read the log any more
            logging.shutdown()
        os._exit(status)

    def _reload(self) -> None:
        if self._is_open:
            self._keep(self._crew.reload(Reload()))

    def _replace(self) -> None:
        if self._is_open:
            self._crew.replace_all()

    def _reap(self) -> None:
        self._crew.reap()
        if os.getpid() == 1:
            self._reap_strangers()

    def _reap_strangers(self) -> None:
        """As the first process of a container, take what others leave behind: health checks that were cut off."""
        known = {worker.pid for worker in self._crew.processes}
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid not in known:
                os.waitpid(ended.si_pid, os.WNOHANG)

    async def _follow_terminal(self) -> None:
        """End when the terminal is closed, as not every process is told."""
        while terminal.is_there():  # noqa: ASYNC110 - the system has no event for it
            await asyncio.sleep(TERMINAL_SECONDS)
        self._end(signal.SIGHUP)

    def _log_open(self) -> None:
        ports = self._estate.ports
        log.info("%d workers serve", self._estate.workers)
        listening.log_access(self._settings, ports.public[0])
        if ports.operations is not None:
            listening.log_operations(self._settings, ports.operations, is_tls=self._settings.tls_cert_file is not None)
        listening.log_address(self._settings, ports.public[0])

    async def _stop(self, grace: float) -> None:
        """Have all workers end: not ready first, then without new connections, then when all is answered."""
        log.info("stopping: %d workers answer what is in flight", self._estate.workers)
        workers = self._crew.stop_keeping()
        await self._tell_all(workers, End())
        await asyncio.sleep(grace)
        # First nobody has a socket of another one, then each closes its own for good: so that whoever has connected in
        # time is served, and later ones are refused.
        await self._tell_all(workers, Detach())
        self._estate.ports.close()
        seconds = self._settings.shutdown_s + self._timing.margin
        await asyncio.gather(*[self._crew.end(worker, Stop(), seconds) for worker in workers])

    async def _tell_all(self, workers: Sequence[Worker], question: Message) -> None:
        async def tell(worker: Worker) -> None:
            with contextlib.suppress(Gone, CannotDo, TimeoutError):
                await worker.channel.ask(question, self._timing.last_words)

        await asyncio.gather(*map(tell, workers))

    async def _kill_all(self) -> None:
        """Leave no process behind."""
        for worker in [*self._crew.processes]:
            worker.kill()
            await worker.ended

    def _keep(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
