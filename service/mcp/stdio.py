"""JSON-RPC messages on standard input and output, one in a line.

The SDK's own transport reads lines of any length, answers nothing to what is no message, and gives up what it has not
answered when its input ends. This one does not.
"""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types.jsonrpc import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from ..http.json_text import parse

CHUNK_BYTES = 1 << 16
END_BYTES = 200  # of a line that is too long: its id may stand at its end
ID = rb'"id"\s*+:\s*+(-?\d{1,15}|"[^"\\]{1,100}")'
ID_AT_BEGIN = re.compile(rb'\{(?:\s*+"jsonrpc"\s*+:\s*+"2\.0"\s*+,)?\s*+' + ID)
ID_AT_END = re.compile(ID + rb"\s*+\}\s*+\Z")

log = logging.getLogger("gatecast")
Item = SessionMessage | Exception
Streams = tuple[MemoryObjectReceiveStream[Item], MemoryObjectSendStream[SessionMessage]]


class Lines:
    """The lines of a file descriptor, without their ends. Of one that is too long only its beginning and its end are kept."""

    def __init__(self, fd: int, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._read = partial(os.read, fd, CHUNK_BYTES)

    def __iter__(self) -> Iterator[bytes]:
        line = bytearray()
        while chunk := self._read():
            *parts, rest = chunk.split(b"\n")
            for part in parts:
                self._add(line, part)
                yield bytes(line)
                line.clear()
            self._add(line, rest)
        if line:
            yield bytes(line)

    def _add(self, line: bytearray, part: bytes) -> None:
        line += part
        if len(line) > self.max_bytes + 2 * END_BYTES:
            del line[self.max_bytes + END_BYTES : -END_BYTES]


class Stdio:
    """Messages from lines, and lines from messages.

    While `max_unanswered` requests wait for their answers, no other is read. When the lines end, those that wait are
    answered before the stream of messages ends.
    """

    def __init__(self, lines: Lines, write: Callable[[bytes], None], max_unanswered: int) -> None:
        self._lines, self._write = lines, write
        self._most = max_unanswered
        self._slots = asyncio.Semaphore(max_unanswered)

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Streams]:
        """What the SDK's server reads from and writes to, until nobody reads what is written.

        The threads that read and write are left behind at the end.
        """
        to_server, incoming = anyio.create_memory_object_stream[Item](0)
        outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        async with incoming, outgoing, anyio.create_task_group() as tasks:
            tasks.start_soon(self._read_all, to_server, outgoing.clone())
            tasks.start_soon(self._write_all, from_server, tasks.cancel_scope)
            yield incoming, outgoing
            tasks.cancel_scope.cancel()

    async def _read_all(
        self, to_server: MemoryObjectSendStream[Item], outgoing: MemoryObjectSendStream[SessionMessage]
    ) -> None:
        lines = iter(self._lines)
        async with to_server, outgoing:
            while (line := await anyio.to_thread.run_sync(next, lines, None, abandon_on_cancel=True)) is not None:
                if line and not line.isspace():
                    await self._read(line, to_server, outgoing)
            for _ in range(self._most):
                await self._slots.acquire()

    async def _read(
        self, line: bytes, to_server: MemoryObjectSendStream[Item], outgoing: MemoryObjectSendStream[SessionMessage]
    ) -> None:
        message = self._message(line)
        if isinstance(message, JSONRPCRequest | JSONRPCError):
            await self._slots.acquire()
        if isinstance(message, JSONRPCError):
            await outgoing.send(SessionMessage(message))
        else:
            metadata = ServerMessageMetadata(on_request_unanswered=self._forget)
            await to_server.send(SessionMessage(message, metadata))

    def _message(self, line: bytes) -> JSONRPCMessage:
        """The message of a line, or the error that answers it. JSON is as strict as over HTTP."""
        if len(line) > self._lines.max_bytes:
            detail = (
                f"the message is larger than {self._lines.max_bytes} bytes (GATECAST_MAX_BODY_BYTES); send less at once"
            )
            return _error(_id(line), INVALID_REQUEST, detail)
        try:
            value = parse(line)
        except ValueError as error:
            return _error(None, PARSE_ERROR, f"the line is not a message in JSON: {error}")
        try:
            message = jsonrpc_message_adapter.validate_python(value, by_name=False)
        except ValidationError:
            return _error(_sent_id(value), INVALID_REQUEST, "the line is not a JSON-RPC 2.0 message")
        if isinstance(message, JSONRPCNotification) and "id" in value:  # its sender would wait for ever
            return _error(None, INVALID_REQUEST, "an id must be a string or a whole number")
        if isinstance(message, JSONRPCError | JSONRPCResponse):
            return _error(None, INVALID_REQUEST, "nothing was asked of the client, so there is nothing to answer")
        return message

    async def _write_all(
        self, from_server: MemoryObjectReceiveStream[SessionMessage], scope: anyio.CancelScope
    ) -> None:
        async with from_server:
            async for each in from_server:
                data = each.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
                try:
                    await anyio.to_thread.run_sync(self._write, data, abandon_on_cancel=True)
                except OSError as error:
                    log.info("the assistant has gone: %s", error.strerror)
                    scope.cancel()
                    return
                if isinstance(each.message, JSONRPCResponse | JSONRPCError):
                    self._slots.release()

    async def _forget(self) -> None:
        """Note that a request will not be answered: its client has cancelled it."""
        self._slots.release()


def write_all(fd: int, data: bytes) -> None:
    """Write all bytes to a file descriptor. Raises OSError when nobody reads it."""
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _error(request_id: RequestId | None, code: int, message: str) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def _id(line: bytes) -> RequestId | None:
    """The id of a message that is too large to be parsed, where it is the first or the last of its members."""
    found = ID_AT_BEGIN.match(line) or ID_AT_END.search(line, len(line) - END_BYTES)
    return None if found is None else _sent_id({"id": parse(found[1])})


def _sent_id(value: Any) -> RequestId | None:
    sent = value.get("id") if isinstance(value, dict) else None
    return sent if isinstance(sent, str) or type(sent) is int else None
