"""Small servers of asyncio in the event loop of a test."""

import asyncio
from collections.abc import Iterable
from typing import Any

ROUNDS = 20  # of the event loop, in which every connection that was accepted has its task; it takes less


async def ended(serving: Iterable["asyncio.Task[Any] | None"]) -> None:
    """Wait until all tasks of a closed server have ended, also that of a connection which was accepted last.

    One that has not begun when the loop is closed would never close its connection, and a later test would be told.
    """
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
    await asyncio.gather(*(task for task in serving if task is not None))
