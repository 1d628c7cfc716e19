"""Long work on the event loop, done in pieces: between two pieces other requests have their turn."""

import asyncio
from collections import deque
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from ..errors import ClientDisconnected, DeadlineExceeded
from ..interfaces import Caller

TURN_SECONDS = 0.002  # of work before others have their turn
PREPARING_SHARE = 0.5  # of the time left that a batch may take before the models are asked
REPLY_SHARE = 0.05  # of the time left that is kept for making the reply of a batch
REPLY_SECONDS = 0.25  # of it, at most


class Turns:
    """The turns of one request. Call `next` after every small piece of work (an item, a few kilobytes).

    However many requests have long work, one piece of it is done in each round of the event loop, so short requests wait
    for one piece at a time. `share` is the part of the caller's time that this work may take.
    """

    def __init__(self, caller: Caller, share: float = 1.0) -> None:
        self._caller = caller
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._deadline = self._since + share * (caller.deadline - self._since)

    async def next(self) -> None:
        """Let others have their turn, if this one has taken long. Then nothing is done for a caller who has left.

        Raises ClientDisconnected, or DeadlineExceeded, then and from then on.
        """
        self._check_deadline()
        if self._is_over():
            await self._wait()
            self._check_deadline()
            if self._caller.is_disconnected():
                raise ClientDisconnected("the caller left before the answer was made")

    async def pause(self) -> None:
        """Let others have their turn, if this one has taken long. The deadline does not matter."""
        if self._is_over():
            await self._wait()

    def _is_over(self) -> bool:
        return self._loop.time() - self._since >= TURN_SECONDS

    def _check_deadline(self) -> None:
        if self._loop.time() >= self._deadline:
            raise DeadlineExceeded("the request's time limit passed before all of it was done")

    async def _wait(self) -> None:
        await take_turn()
        self._since = self._loop.time()


async def take_turn() -> None:
    """Wait until it is one's turn to do a piece of long work: one is done in each round of the event loop."""
    loop = asyncio.get_running_loop()
    line = _lines.get(loop)
    if line is None:
        line = _lines[loop] = _Line()
    await line.wait()


class _Line:
    """All who wait for a turn on one event loop, in order. Each of its rounds lets one of them go on."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for a turn, at least until the next round of the event loop."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            loop.call_soon(self._let_one_go_on)
        await turn

    def _let_one_go_on(self) -> None:
        turn = self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._let_one_go_on)
        if not turn.done():  # else its request was cancelled
            turn.set_result(None)


_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()


def models_deadline(caller: Caller) -> float:
    """When the models must have answered a batch, so that its reply is made by the caller's deadline."""
    left = max(0.0, caller.deadline - asyncio.get_running_loop().time())
    return caller.deadline - min(REPLY_SECONDS, REPLY_SHARE * left)


def check_any_is_done(outcomes: Sequence[object]) -> None:
    """Raise DeadlineExceeded if some items of a batch got it, and all the others have errors too."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    late = next((error for error in errors if isinstance(error, DeadlineExceeded)), None)
    if late is not None and len(errors) == len(outcomes):
        raise late
