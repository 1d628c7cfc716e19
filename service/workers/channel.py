"""The control channel: messages in both directions over one of a pair of sockets, and answers to questions.

What a stopped worker does not read waits in memory. That is little: it is not asked a second time before it has answered.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

from .messages import ANSWERS, MAX_BYTES, Message, Unable, decode, encode

Answer = Callable[[Message], Awaitable[Message | None]]
log = logging.getLogger("gatecast.workers")


class Gone(Exception):
    """The other side has ended, before it answered."""


class CannotDo(Exception):
    """The other side could not do what it was asked for; the message says why."""


class Channel:
    """One end. `answer` is called for each message that is no answer itself; what it returns is sent back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._numbers = count(1)
        self._questions: dict[int, asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = True

    @classmethod
    async def open(cls, connected: socket.socket, answer: Answer) -> "Channel":
        """A channel over a connected socket, which it owns from now on."""
        reader, writer = await asyncio.open_unix_connection(sock=connected, limit=MAX_BYTES)
        return cls(reader, writer, answer)

    def tell(self, message: Message) -> None:
        """Send a message. Nothing happens if the other side has ended."""
        self.write(encode(message))

    def write(self, line: bytes) -> None:
        """Send a line, which is a message or comes before all of them."""
        if self._is_open:
            self._writer.write(line)

    async def ask(self, question: Message, seconds: float | None = None) -> Message:
        """Send a question and return the answer. Raises Gone, CannotDo, or TimeoutError after so many seconds."""
        if not self._is_open:
            raise Gone
        number = next(self._numbers)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._questions[number] = future
        self.tell(replace(question, number=number))
        try:
            async with asyncio.timeout(seconds):
                answer = await future
        finally:
            del self._questions[number]
        if isinstance(answer, Unable):
            raise CannotDo(answer.reason)
        return answer

    async def run(self) -> None:
        """Read messages until the other side has ended."""
        try:
            while line := await self._reader.readline():
                self._take(decode(line))
        except (OSError, ValueError) as error:
            log.debug("the control channel is broken", exc_info=error)
        finally:
            self.close()

    def close(self) -> None:
        """Close this end; whoever waits for an answer gets Gone."""
        self._is_open = False
        for future in self._questions.values():
            if not future.done():
                future.set_exception(Gone())
        self._writer.close()

    def _take(self, message: Message) -> None:
        if type(message).__name__ in ANSWERS:
            future = self._questions.get(message.number)  # there is none if it waited too long
            if future is not None and not future.done():
                future.set_result(message)
            return
        task = asyncio.ensure_future(self._reply(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, message: Message) -> None:
        try:
            answer = await self._answer(message)
        except Exception as error:
            log.error("%s failed", type(message).__name__, exc_info=error)
            answer = Unable(reason=f"{type(error).__name__}: {error}")
        if answer is not None:
            with contextlib.suppress(OSError):
                self.tell(replace(answer, number=message.number))
