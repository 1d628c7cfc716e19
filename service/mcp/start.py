"""A start from the environment: settings, then the protocol, until its client has gone or a signal comes.

The models are loaded and verified meanwhile: hosts wait for the first answer only so long. Calls wait for the models.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from .. import logs
from ..artifacts import bundle
from ..artifacts.files import BundleError
from ..environment import EnvironmentFault, read_settings, warnings
from ..serving.repository import ModelRepository
from ..settings import Settings
from .server import make_server
from .stdio import Lines, Stdio, write_all

log = logging.getLogger("gatecast")


def serve() -> int:
    """Answer on standard input and output. Returns the exit status."""
    try:
        settings = read_settings(os.environ)
    except EnvironmentFault as error:
        return _fail(error.faults, 2)
    logs.configure(settings.log_level, settings.log_format)
    for warning in warnings(os.environ):
        log.warning(warning)
    output = _take_standard_output()
    try:
        return asyncio.run(_serve(settings, output))
    except BundleError as error:
        return _fail(error.faults, 3)


def _take_standard_output() -> int:
    """Return a descriptor for the protocol. What anything else writes to standard output goes to standard error instead."""
    output = os.dup(1)
    os.dup2(2, 1)
    return output


async def _serve(settings: Settings, output: int) -> int:
    """Answer until standard input ends or a signal comes, while the models are opened, and close them. Raises BundleError."""
    repository = ModelRepository(settings, bundle.load)
    opening = asyncio.ensure_future(repository.open())
    stopped = _cancelled_when_open(opening)
    lines = Lines(0, settings.max_body_bytes)
    stdio = Stdio(lines, lambda data: write_all(output, data), max_unanswered(settings))
    server = make_server(repository, settings, opening)
    try:
        async with stdio.streams() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    except asyncio.CancelledError:
        if opening.done() and (fault := opening.exception()):
            raise fault from None
        if not stopped:
            raise
    if not opening.done():
        opening.cancel()
    await repository.close()
    return 128 + signal.SIGINT if signal.SIGINT in stopped else 0


def max_unanswered(settings: Settings) -> int:
    """Return how many requests may wait for their answers, so that all together are no larger than bodies over HTTP may be."""
    return max(1, min(settings.max_in_flight, settings.max_buffered_bytes // settings.max_body_bytes))


def _cancelled_when_open(opening: asyncio.Future[Any]) -> list[int]:
    """Let the running task be cancelled when the models cannot be opened; once they are open, by SIGTERM and SIGINT.

    Until then these signals end the process at once, as loading a model may take long. Returns a list that the signal will be in.
    """
    loop, task, stopped = asyncio.get_running_loop(), asyncio.current_task(), list[int]()
    assert task is not None

    def stop(sig: int) -> None:
        stopped.append(sig)
        task.cancel()

    def opened(done: asyncio.Future[Any]) -> None:
        if done.cancelled():
            return
        if done.exception() is not None:
            task.cancel()
        for sig in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # on Windows the process goes on ending at once
                loop.add_signal_handler(sig, stop, sig)

    opening.add_done_callback(opened)
    return stopped


def _fail(faults: Iterable[str], status: int) -> int:
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return status
