"""uvicorn's server, with a graceful stop and with reloads by signal.

SIGTERM: `/readyz` says not ready at once, serving goes on for the grace time, then new requests are refused while those in
flight are answered, then the process ends. SIGINT (Ctrl-C): the same without the grace time. A second signal, or one before
the models are verified, ends the process at once. SIGHUP: the models are reloaded; before they are verified it is ignored.
"""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

from service.http.lifecycle import Lifecycle, Phase
from service.settings import Settings

POLL_SECONDS = 0.02
# uvloop accepts one connection per turn of the event loop for each listening socket, and a turn may run a model call. These
# are copies of one socket. Without them, clients that reconnect would wait in the kernel's queue.
LISTENERS = 8


class Server(uvicorn.Server):
    """Serves until a signal ends it. `reload` is called on SIGHUP."""

    def __init__(
        self,
        config: uvicorn.Config,
        settings: Settings,
        lifecycle: Lifecycle,
        reload: Callable[[], Awaitable[object]],
    ) -> None:
        super().__init__(config)
        self._settings = settings
        self._lifecycle = lifecycle
        self._reload = reload
        self._tasks: set[asyncio.Task[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        if sockets is not None:
            await super().startup(sockets)
            return
        with self._bind() as first:
            await super().startup([first.dup() for _ in range(LISTENERS)])
            self._handle_sighup()
            gc.collect()
            gc.freeze()  # what exists now stays, so it need not be searched again
            self._log_started_message([first])

    def _bind(self) -> socket.socket:
        """Bind a socket to the address of the settings, before any model is loaded. Raises OSError if it is in use."""
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self._settings.host, self._settings.port))
        return bound

    def _handle_sighup(self) -> None:
        if hasattr(signal, "SIGHUP"):
            assert self._loop is not None
            self._loop.add_signal_handler(signal.SIGHUP, lambda: self._run(self._reload()))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        if self._lifecycle.phase is Phase.STARTING:
            os._exit(0)  # nothing is served yet, and loading cannot be interrupted in another way
        if self._lifecycle.phase is not Phase.READY or self._loop is None:
            self.should_exit = self.force_exit = True
            return
        self._lifecycle.enter(Phase.ENDING)
        grace = 0.0 if sig == signal.SIGINT else self._settings.grace_s
        self._loop.call_soon_threadsafe(lambda: self._run(self._stop(grace)))

    def _run(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self, grace: float) -> None:
        await asyncio.sleep(grace)
        self._lifecycle.enter(Phase.CLOSED)
        loop = asyncio.get_running_loop()
        latest = loop.time() + self._settings.shutdown_s
        while self._lifecycle.in_flight and loop.time() < latest:  # noqa: ASYNC110 - an event would cost each request
            await asyncio.sleep(POLL_SECONDS)
        self.should_exit = True
