"""A clock that tests move on: what is due then happens at once, so nobody has to wait."""

import asyncio


class Clock:
    """The clock of the running event loop, moved on by `advance`, or by nothing else. Timers and deadlines go by it."""

    def __init__(self, is_stopped: bool = False) -> None:
        loop = asyncio.get_running_loop()
        self._ahead = 0.0
        time, now = loop.time, loop.time()
        loop.time = lambda: (now if is_stopped else time()) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
