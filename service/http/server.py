"""uvicorn's server, ended with grace and told to reload by signals.

SIGTERM: not ready at once, serving goes on for the grace time, then new requests are refused while those in flight
are answered, then the end. SIGINT (Ctrl-C): the same without the grace time. A second signal, or one before the models
are proven, ends it at once. SIGHUP: the models are reloaded; before they are proven it is ignored.
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

LOOK_SECONDS = 0.02
# uvloop accepts one connection a turn of the loop for each listening socket, and a turn may hold a model call. These
# all are the same socket; without them, callers who hang up and come back would wait in the kernel's queue.
LISTENERS = 8


class Server(uvicorn.Server):
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
        with self._bound() as first:
            await super().startup([first.dup() for _ in range(LISTENERS)])
            self._add_reload()
            gc.collect()
            gc.freeze()  # what is here now stays: no need to look through it again and again
            self._log_started_message([first])

    def _bound(self) -> socket.socket:
        """A socket on the address of the settings; OSError, before any model is loaded, where it is taken."""
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self._settings.host, self._settings.port))
        return bound

    def _add_reload(self) -> None:
        if hasattr(signal, "SIGHUP"):
            assert self._loop is not None
            self._loop.add_signal_handler(signal.SIGHUP, lambda: self._start(self._reload()))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        if self._lifecycle.phase is Phase.STARTING:
            os._exit(0)  # nothing is served yet, and loading cannot be interrupted otherwise
        if self._lifecycle.phase is not Phase.READY or self._loop is None:
            self.should_exit = self.force_exit = True
            return
        self._lifecycle.enter(Phase.ENDING)
        grace = 0.0 if sig == signal.SIGINT else self._settings.grace_s
        self._loop.call_soon_threadsafe(lambda: self._start(self._end(grace)))

    def _start(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self, grace: float) -> None:
        await asyncio.sleep(grace)
        self._lifecycle.enter(Phase.CLOSED)
        loop = asyncio.get_running_loop()
        latest = loop.time() + self._settings.shutdown_s
        while self._lifecycle.in_flight and loop.time() < latest:  # noqa: ASYNC110 - an event would cost each request
            await asyncio.sleep(LOOK_SECONDS)
        self.should_exit = True
