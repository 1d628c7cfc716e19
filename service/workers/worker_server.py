"""The server of a worker: it accepts where its supervisor says, and its supervisor leads it through its end."""

import asyncio
import logging
import os
import signal
from types import FrameType

import uvicorn

from ..http import listening
from ..http.lifecycle import Phase
from ..http.middleware import RequestMiddleware
from ..http.ports import Ports
from ..http.server import WATCHDOG_SECONDS, Server
from ..http.state import State
from .control import Control

PATIENCE_SECONDS = 5.0  # with a supervisor that is asked for a replacement
TIDY_SECONDS = 0.25  # between two looks whether the host has too many connections
POLL_SECONDS = 0.05
log = logging.getLogger("gatecast.workers")


class WorkerServer(Server):
    """Serves with those sockets of `ports` that its supervisor names."""

    def __init__(self, config: uvicorn.Config, app: RequestMiddleware, ports: Ports, control: Control) -> None:
        super().__init__(config, app)
        self.state: State = app.state
        self._inherited = ports
        self._control = control
        self._slots: list[int] = []
        self._is_told = asyncio.Event()  # where to accept
        self._is_leaving = False  # it was sent a signal
        self._is_ending = False

    async def startup(self, sockets: object = None) -> None:  # noqa: ARG002 - as uvicorn has it
        """Load the models, then accept when the supervisor says so. Raises BundleError."""
        await self._control.open(self)
        self._run(self._follow_supervisor())
        await super().startup()
        self._run(self._give_way())
        self._run(self.state.host.measures.keep_publishing())

    def _bind(self) -> Ports:
        return self._inherited

    async def _open(self) -> None:
        await uvicorn.Server.startup(self, [])
        self._control.tell_proven(self.state)
        await self._is_told.wait()

    async def listen(self, slots: list[int]) -> None:
        """Accept connections of these slots, and of no others any more."""
        with listening.explained(self._settings, "port"):
            await self._acceptors.accept_from(self._ports, slots)
            await self._acceptors.accept_operations(self._ports)
        self._slots = slots
        self._is_told.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        """Ask for a replacement: whoever sends a worker a signal does not mean the service. A second one ends it at once."""
        if not self.started or not self._is_told.is_set():
            os._exit(128 + sig if sig == signal.SIGINT else 0)
        if self._is_leaving:
            self._leave()
        self._is_leaving = True
        assert self._loop is not None
        self._loop.call_soon_threadsafe(lambda: self._run(self._ask_to_leave()))

    async def _ask_to_leave(self) -> None:
        if not await self._control.ask_to_leave(PATIENCE_SECONDS):
            await self._end_alone()

    async def _end_alone(self) -> None:
        """End as a process that is alone does: there is no supervisor that would lead through it."""
        if not self._is_ending:
            self.end()
            await self.detach()
            await asyncio.sleep(self._settings.grace_s)
            self.stop(is_replaced=False)

    async def _follow_supervisor(self) -> None:
        """Answer the supervisor until it has ended; then end too, as after SIGTERM."""
        await self._control.run()
        if not self._is_told.is_set():
            os._exit(0)
        if not self._is_ending:
            log.error("the supervisor has ended, and so does this worker")
            await self._end_alone()

    def end(self) -> None:
        """Be not ready any more, and serve on."""
        if self._lifecycle.phase in (Phase.READY, Phase.RETIRING):
            self._lifecycle.enter(Phase.ENDING)

    async def detach(self) -> None:
        """Close all sockets of others: each of them then closes for good with its own worker."""
        for slot in [slot for slot in self._ports.public if slot not in self._slots]:
            self._ports.public.pop(slot).close()

    def stop(self, *, is_replaced: bool) -> None:
        """Answer what is in flight, then end. If it is replaced, clients have time to connect anew."""
        if not self._is_ending:
            self._is_ending = True
            self._is_told.set()  # there may be nothing more to tell, and the server is to start before it can end
            self._run(self._retire() if is_replaced else self._stop(0.0))

    async def _retire(self) -> None:
        """Tell every client to connect anew, with the answer to its next request; wait for those that ask nothing."""
        self._set_watchdog(2 * self._settings.shutdown_s + WATCHDOG_SECONDS)
        self._lifecycle.enter(Phase.RETIRING)
        self._acceptors.close()
        self._ports.close()
        loop = asyncio.get_running_loop()
        latest = loop.time() + self._settings.shutdown_s
        while self.server_state.connections and loop.time() < latest:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(POLL_SECONDS)
        self.state.host.measures.own.release()  # what is so of this worker is not so of the service any more
        self._lifecycle.enter(Phase.CLOSED)
        await self._finish()

    async def _give_way(self) -> None:
        """Close connections that wait, while the host has too many and this worker more than its share."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            self.state.connections.give_way()
