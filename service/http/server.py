"""uvicorn's server, with a graceful stop, with reloads by signal, and with a port of its own for operations.

SIGTERM: `/readyz` says not ready at once, serving goes on for the grace time, then no connection is accepted any more while
those that are open get their last answers, then the process ends. SIGINT (Ctrl-C): the same without the grace time. A
second signal, or one before the port is open, ends the process at once. SIGHUP: the models are reloaded; before the port is
open it is ignored. But at a terminal, SIGHUP says that the terminal was closed, and does what SIGTERM does.

What is in flight after the time for it is answered with 503. What cannot even be cancelled (a model call that hangs, a
client that does not read) does not keep the process from ending.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from types import FrameType

import uvicorn

from .. import terminal
from . import listening
from .lifecycle import Phase
from .listening import CannotListen
from .memory import MemoryKeeper, find_trim
from .middleware import RequestMiddleware
from .ports import Acceptors, Ports
from .protocol import AdmissionProtocol
from .tracing.start import CLOSE_SECONDS as TRACES_SECONDS

__all__ = ["LAST_SECONDS", "CannotListen", "Server"]

POLL_SECONDS = 0.02
LAST_CALL_SECONDS = 0.25  # for the requests of connections that were accepted last
TERMINAL_SECONDS = 1.0  # between two looks whether the terminal is still there
LAST_SECONDS = 1  # for answers to be read and connections to close, after the requests in flight had their time
CLOSE_SECONDS = 0.5  # for refusals to be written, and for the models to be closed
WATCHDOG_SECONDS = 3  # for all of that together, and the last spans
NO_SUPERVISOR = "SIGUSR2 is ignored: it is for a supervisor, which replaces its workers"
log = logging.getLogger("gatecast")


class Server(uvicorn.Server):
    """Serves `app` until a signal ends it. Its settings and models are those of `app`."""

    def __init__(self, config: uvicorn.Config, app: RequestMiddleware, *, ends_at_hangup: bool = False) -> None:
        super().__init__(config)
        self._app = app
        self._settings = app.state.settings
        self._lifecycle = app.state.lifecycle
        self._ends_at_hangup = ends_at_hangup
        self._follows_terminal = ends_at_hangup and terminal.is_in_foreground()
        self._context: AbstractAsyncContextManager[object] = app.api.router.lifespan_context(app.api)
        self._tasks: set[asyncio.Future[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watchdog: threading.Timer | None = None
        self._ports = Ports({})
        self._acceptors: Acceptors

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - binds its own
        """Bind, load the models, listen. Raises CannotListen or BundleError."""
        self._loop = asyncio.get_running_loop()
        self._acceptors = Acceptors(self._make_protocol, self.config.ssl, self.config.backlog)
        try:
            # bound before the models are loaded, so that an address that is taken is known at once
            self._ports = self._bind()
            if self._ports.operations is not None:
                self._app.state.operations_port = self._ports.operations.getsockname()[1]
            await self._context.__aenter__()
            await self._open()
        except BaseException:
            self._ports.close()
            raise
        self._handle_user_signals()
        self._run(MemoryKeeper(self._app.state.connections, self._lifecycle, find_trim()).run())

    def _bind(self) -> Ports:
        """The sockets to listen on. Raises CannotListen."""
        public = listening.bind(self._settings, "port")
        try:
            has_operations = self._settings.operations_port is not None
            return Ports({0: public}, listening.bind(self._settings, "operations_port") if has_operations else None)
        except CannotListen:
            public.close()
            raise

    async def _open(self) -> None:
        """Accept connections, as the models are proven. Raises CannotListen."""
        with listening.explained(self._settings, "port"):
            await self._acceptors.accept_from(self._ports, [0])
            await self._acceptors.accept_operations(self._ports)
        await super().startup([])
        listening.log_access(self._settings, self._ports.public[0])
        if self._ports.operations is not None:
            listening.log_operations(self._settings, self._ports.operations, is_tls=self.config.is_ssl)
        self._log_started_message([self._ports.public[0]])

    def _handle_user_signals(self) -> None:
        if hasattr(signal, "SIGHUP"):
            assert self._loop is not None
            self._loop.add_signal_handler(signal.SIGUSR2, log.warning, NO_SUPERVISOR)
            if self._ends_at_hangup:
                signal.signal(signal.SIGHUP, self.handle_exit)
                if self._follows_terminal:
                    self._run(self._follow_terminal())
            else:
                self._loop.add_signal_handler(signal.SIGHUP, lambda: self._run(self._reload()))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler
        if not self.started:
            # nothing is served yet, and loading cannot be interrupted in another way
            os._exit(128 + sig if sig == signal.SIGINT else 0)
        assert self._loop is not None
        if self._lifecycle.phase is not Phase.READY:
            if sig in (signal.SIGTERM, signal.SIGINT):  # SIGHUP comes more than once: from the kernel, and from a shell
                self._leave()
            return
        self._lifecycle.enter(Phase.ENDING)
        grace = 0.0 if sig == signal.SIGINT else self._settings.grace_s
        self._loop.call_soon_threadsafe(lambda: self._run(self._stop(grace)))

    def _run(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow_terminal(self) -> None:
        """End when the terminal is closed. Only its first process gets SIGHUP; `make` waits then, and does not pass it on."""
        while terminal.is_there():  # noqa: ASYNC110 - the system has no event for it
            await asyncio.sleep(TERMINAL_SECONDS)
        self.handle_exit(signal.SIGHUP, None)

    async def _reload(self) -> None:
        try:
            await self._app.state.reload()
        except Exception as error:
            log.error("reload: failed: %r", error, exc_info=error)

    async def _stop(self, grace: float) -> None:
        await asyncio.sleep(grace)
        self._set_watchdog(self._settings.shutdown_s + WATCHDOG_SECONDS)
        self._lifecycle.enter(Phase.CLOSED)
        await self._stop_listening()
        await self._finish()

    async def _finish(self) -> None:
        """Answer what is in flight, within its time, then have the process end."""
        if self.server_state.connections:
            await asyncio.sleep(min(LAST_CALL_SECONDS, self._settings.shutdown_s))
        await self._wait_for_requests(self._settings.shutdown_s)
        if self._lifecycle.in_flight:
            log.warning("stopping: %d requests in flight are refused, their time is over", self._lifecycle.in_flight)
            for task in list(self.server_state.tasks):
                task.cancel()  # the middleware answers with 503
            await self._wait_for_requests(CLOSE_SECONDS)
        self.should_exit = True

    async def _stop_listening(self) -> None:
        """Close the ports, and serve whoever has connected before."""
        assert self._loop is not None
        self._acceptors.close()
        for connection in list(self._ports.accept_rest()):
            with contextlib.suppress(OSError):
                await self._loop.connect_accepted_socket(self._make_protocol, connection, ssl=self.config.ssl)

    def _make_protocol(self) -> asyncio.Protocol:
        return AdmissionProtocol(config=self.config, server_state=self.server_state, app_state={})

    async def _wait_for_requests(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        latest = loop.time() + seconds
        while self._lifecycle.in_flight and loop.time() < latest:  # noqa: ASYNC110 - an event would cost each request
            await asyncio.sleep(POLL_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close connections and models, within a bounded time."""
        self._set_watchdog(WATCHDOG_SECONDS)
        await super().shutdown(sockets)
        self._app.state.host.measures.publish()  # for the other workers: the last counts
        try:
            async with asyncio.timeout(CLOSE_SECONDS + TRACES_SECONDS):
                await self._context.__aexit__(None, None, None)
        except TimeoutError:
            log.warning("a model call does not end; it is given up")
            self._leave()

    def _set_watchdog(self, seconds: float) -> None:
        """End the process after so long, whatever still runs: Python waits for threads, and some hang."""
        if self._watchdog is None:
            self._watchdog = threading.Timer(seconds, os._exit, [0])
            self._watchdog.daemon = True
            self._watchdog.start()

    def _leave(self) -> None:
        """End the process at once, without waiting for threads."""
        with contextlib.suppress(Exception):  # nobody may read the log any more
            self._app.flush()
            logging.shutdown()
        os._exit(0)
