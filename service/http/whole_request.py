"""A request that predicts and has come whole: it is begun at once, and goes on when its model call is done, without a task.

To uvicorn it is the cycle of its connection, so pipelined requests wait for it, and a lost connection is told to it. To the
application it is ASGI's scope, `receive` and `send`, and a Connection. Most requests wait for their model only; the batcher
then calls `resume`. One that waits for anything else goes on as a task, and so may everything that asks for one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from pydantic_core import to_json
from starlette.types import ASGIApp, Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..errors import ModelFault
from ..serving.queues import Outcome
from .access_log import log_defect
from .client_connection import CONNECTION, SEND_BUFFER_BYTES, Connection
from .request import make_request_id

Headers = list[tuple[bytes, bytes]]
HTTP = {"version": "3.0", "spec_version": "2.3"}  # of ASGI


def _nothing() -> None:
    """What is called when a response is sent whose connection need not know it."""


class _Nobody:
    """Stands where uvicorn has the event that the reader of a body waits for: nobody waits for one that is whole."""

    def set(self) -> None:
        pass


class WholeRequest(Connection):
    """One request and its response. `tasks` are what the server cancels when the time of a stop is over."""

    __slots__ = (
        "_body",
        "_coroutine",
        "_default_headers",
        "_flow",
        "_on_response",
        "_start",
        "_task",
        "_tasks",
        "_waits_for",
        "disconnected",
        "keep_alive",
        "response_complete",
        "transport",
    )
    body = b""
    more_body = False
    message_event = _Nobody()

    def __init__(
        self,
        transport: Any,
        flow: Any,
        tasks: set[Any],
        default_headers: Headers,
        body: bytes,
        on_response: Callable[[], None],
        *,
        keep_alive: bool,
    ) -> None:
        self.transport = transport
        self.keep_alive = keep_alive
        self.disconnected = self.response_complete = False
        self._flow = flow
        self._tasks = tasks
        self._default_headers = default_headers
        self._body = body
        self._on_response = on_response
        self._task: asyncio.Task[None] | None = None
        self._waits_for: Outcome[Any] | None = None

    def is_disconnected(self) -> bool:
        return self.disconnected

    def has_whole_body(self) -> bool:
        return True

    def may_block(self, size: int) -> bool:
        return size > SEND_BUFFER_BYTES or self.transport.get_write_buffer_size() > 0

    def abort(self) -> None:
        self.transport.abort()

    def start(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        """Begin to answer. The application may be done, or wait for its model, when this returns."""
        scope[CONNECTION] = self
        self._tasks.add(self)
        self._coroutine: Coroutine[Any, Any, None] = app(scope, self.receive, self.send)  # type: ignore[assignment]
        self._go_on()

    def cancel(self, msg: object = None) -> None:
        """Cancel it as a task is cancelled, which the application can tell.

        If it has what it waits for, it goes on anyway, and must not be made to go on twice.
        """
        if self._task is None and self._waits_for is not None:
            if self._waits_for.done():
                return
            self._waits_for.resume = None
            task = self._become_task(self._waits_for)
            asyncio.get_running_loop().call_soon(task.cancel, msg)  # when it has begun to wait
        elif self._task is not None:
            self._task.cancel(msg)

    async def receive(self) -> Message:
        """The body, or that the client has left or was answered."""
        body, self._body = self._body, b""
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Send a response, which has one part, when that is there: head and body together."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._flow.write_paused and not self.disconnected:
            await self._flow.drain()
        if self.disconnected:
            return
        self.transport.write(self._head(self._start["status"], self._start["headers"]) + message["body"])
        self.response_complete = True
        if not self.keep_alive:
            self.transport.close()
        self._on_response()

    def _head(self, status: int, headers: Headers) -> bytes:
        lines = [b"%s: %s\r\n" % header for header in (*self._default_headers, *headers)]
        if (b"connection", b"close") in headers:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close\r\n")
        return b"".join([STATUS_LINE[status], *lines, b"\r\n"])

    def _go_on(self) -> None:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration:
            self._end()
        except (Exception, asyncio.CancelledError) as error:  # whoever called goes on with others
            self._fail(error)
        else:
            if type(waits_for) is Outcome:
                self._waits_for = waits_for
                waits_for.resume = self._go_on
            else:
                self._become_task(waits_for)

    def _become_task(self, waits_for: Any) -> asyncio.Task[None]:
        self._task = asyncio.get_running_loop().create_task(self._rest(waits_for))
        return self._task

    async def _rest(self, waits_for: Any) -> None:
        try:
            await _Rest(self._coroutine, waits_for)
        except (Exception, asyncio.CancelledError) as error:
            self._fail(error)
        finally:
            self._end()

    def _end(self) -> None:
        """Forget who must not be kept until the garbage collector finds them: they refer to this request."""
        self._tasks.discard(self)
        self._waits_for = self._task = None
        self._on_response = _nothing

    def _fail(self, error: BaseException) -> None:
        """Give up a request whose defect the application could not answer: say so if nothing was said, and close."""
        self._end()
        request_id = make_request_id(None)
        log_defect(request_id, error)
        if self._flow.write_paused or self.disconnected:
            self.transport.abort()
            return
        if not self.response_complete:
            self.response_complete, self.keep_alive = True, False
            body = to_json(ModelFault("a defect; the log has it under the request id").problem("", request_id))
            headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
            self.transport.write(self._head(500, [*headers, (b"x-request-id", request_id.encode())]) + body)
        self.transport.close()


class _Rest(Awaitable[None]):
    """What is left of a coroutine that was begun without a task, and waits for something."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            if waits_for is not None:
                waits_for._asyncio_future_blocking = True  # a task asks for this sign of `await`
            try:
                try:
                    yield waits_for
                except BaseException as error:
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(None)
            except StopIteration:
                return
