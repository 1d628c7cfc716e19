"""Long work on the event loop, done in pieces: between two pieces other requests have their turn."""

import asyncio

from service.errors import ClientDisconnected, DeadlineExceeded
from service.interfaces import Caller

TURN_SECONDS = 0.005  # of work before others have their turn


class Turns:
    """The turns of one request. Call `next` after every small piece of work (an item, a few kilobytes)."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()

    async def next(self) -> None:
        """Let others have their turn, if this one has taken long. Then nothing is done for a caller who has left.

        Raises DeadlineExceeded or ClientDisconnected.
        """
        now = self._loop.time()
        if now - self._since < TURN_SECONDS:
            return
        if now >= self._caller.deadline:
            raise DeadlineExceeded("the request's time limit passed before all of it was done")
        if self._caller.is_disconnected():
            raise ClientDisconnected("the caller left before the answer was made")
        await asyncio.sleep(0)
        self._since = self._loop.time()
