"""A worker as the supervisor sees it: a process, its channel, and what it is doing."""

import asyncio
import contextlib
import enum
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from .channel import Channel
from .inheritance import Inheritance
from .messages import Done, Failed, Leaving, Listen, Message, Proven, Reload, Unable
from .spawn import spawn
from .timing import Timing


class Phase(enum.Enum):
    """What a worker is doing, in order."""

    STARTING = enum.auto()
    SERVING = enum.auto()  # its models are proven
    LEAVING = enum.auto()  # it serves on until it is replaced
    ENDED = enum.auto()


class Worker:
    """A process, from its birth to its end. `reload` is called when it asks for a reload of all workers."""

    def __init__(
        self, inheritance: Inheritance, reload: Callable[[Reload], Awaitable[Message]], timing: Timing
    ) -> None:
        loop = asyncio.get_running_loop()
        self.inheritance = inheritance
        self.slot = inheritance.slot
        self.phase = Phase.STARTING
        self.slots: list[int] = []  # that it accepts connections of, or was told to
        self.accepts = False  # it has said so
        self.versions: list[Any] = []
        self.failure: Failed | None = None
        self.misses = 0  # how often in a row it has not answered
        self.was_hung = False
        self.settled: asyncio.Future[None] = loop.create_future()  # its models are proven, or it has ended
        self.left: asyncio.Future[None] = loop.create_future()  # it wants to be replaced, or has ended
        self.ended: asyncio.Future[None] = loop.create_future()
        self.channel: Channel
        self._reload = reload
        self._timing = timing

    async def start(self) -> None:
        """Begin the process. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = spawn(self.inheritance, theirs.fileno())
            except BaseException:
                ours.close()
                raise
        try:
            self.channel = await Channel.open(ours, self._answer)
        except BaseException:  # nobody knows it yet, so nobody else would end it
            self._process.kill()
            self._process.wait()
            ours.close()
            raise
        self.channel.write(self.inheritance.encode())
        self._reading = asyncio.ensure_future(self.channel.run())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_able(self) -> bool:
        """Whether it can be relied on to accept connections."""
        return self.phase in (Phase.SERVING, Phase.LEAVING) and self.misses < self._timing.silent

    @property
    def status(self) -> int:
        """Of its end; that of a signal is below 0."""
        return self._process.returncode or 0

    @property
    def end(self) -> str:
        """How it ended, in words."""
        if self.was_hung:
            return "did not answer any more and was killed"
        if self.status < 0:
            return f"was ended by {signal.Signals(-self.status).name}"
        return f"ended with status {self.status}"

    async def listen(self, slots: list[int]) -> None:
        """Have it accept connections of these slots. Raises Gone, CannotDo or TimeoutError."""
        self.slots = slots
        await self.channel.ask(Listen(slots=slots), self._timing.answer)
        self.accepts = True

    def leave(self) -> None:
        """Have it replaced."""
        if self.phase is Phase.SERVING:
            self.phase = Phase.LEAVING
            _set(self.left)

    def kill(self) -> None:
        """End it at once."""
        if self.phase is not Phase.ENDED:
            self._process.send_signal(signal.SIGKILL)

    def has_ended(self) -> bool:
        """Ask the system whether it has ended."""
        return self._process.poll() is not None

    async def bury(self) -> None:
        """Read what it said last, and note that it has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.last_words):
                await asyncio.shield(self._reading)
        self.channel.close()
        self.phase = Phase.ENDED
        for future in (self.settled, self.left, self.ended):
            _set(future)

    async def _answer(self, message: Message) -> Message | None:
        if isinstance(message, Reload):
            return await self._reload(message)
        if isinstance(message, Proven) and self.phase is Phase.STARTING:
            self.versions = message.versions
            self.phase = Phase.SERVING
            _set(self.settled)
        elif isinstance(message, Failed):
            self.failure = message
        elif isinstance(message, Leaving):
            self.leave()
            return Done()
        else:
            return Unable(reason=f"the supervisor does not expect {type(message).__name__} now")
        return None


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
