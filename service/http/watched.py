"""The watch of the models directory while the service runs: in one process of the host, which reloads them all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..serving.watching import Watcher
from .state import State


@asynccontextmanager
async def watched(state: State) -> AsyncIterator[None]:
    """Look at the models directory as often as the settings say; not at all without the setting, or in another worker."""
    seconds = state.settings.watch_s
    if seconds is None or state.host.index != 0:
        yield
        return
    task = asyncio.create_task(Watcher(state.settings, state.repository, state.reload).run(seconds))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
