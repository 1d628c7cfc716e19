"""What every request passes first: a pure ASGI layer that names it, times it, counts it and turns errors into problems.

The asking routes (`POST /forecast`, …) are answered from here without the framework's routing and dependencies,
which would take longer than the model; all others go on to FastAPI.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ClientDisconnected, GatecastError, ModelFault, NotReady
from service.http.access_log import PROBES, AccessLog, log_defect
from service.http.lifecycle import Lifecycle
from service.http.metrics import HttpCounts
from service.http.request import Call
from service.serving.registry import Registry
from service.serving.repository import ModelRepository
from service.settings import Settings

JSON = b"application/json"
PROBLEM = b"application/problem+json"


class Asked(NamedTuple):
    """An asking request, read and timed: what a handler is given beside its body."""

    call: Call
    models: Registry
    deadline: float


Handler = Callable[[Any, Asked], Awaitable[dict[str, Any]]]


class PredictRoute(NamedTuple):
    """An asking route: the models of its body and its response, and what answers it with a dictionary of JSON values."""

    body: type[BaseModel]
    response: type[BaseModel]
    handler: Handler


class RequestMiddleware:
    """The outermost layer. A request is answered from the registry that is the library's when it comes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        lifecycle: Lifecycle,
        asking: dict[str, PredictRoute],
        library: ModelRepository,
        counts: HttpCounts,
        access: AccessLog,
    ) -> None:
        self._app = app
        self.settings = settings
        self.lifecycle = lifecycle
        self.asking = asking
        self.library = library
        self._counts = counts
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        call = Call(scope, receive)
        method, path = scope["method"], scope["path"]
        self.lifecycle.in_flight += 1
        status = 500
        try:
            asking = self.asking.get(path) if method == "POST" else None
            if asking is not None:
                status = await self._answer(call, asking, send)
            elif self.lifecycle.accepts or path in PROBES:
                status = await self._pass_on(call, scope, receive, send)
            else:
                status = await self._send_problem(call, self._closed(), send)
        finally:
            self.lifecycle.in_flight -= 1
            seconds = call.total
            route = scope.get("route")  # set by FastAPI, where it has one
            self.noted(path, method, status, seconds, call.request_id, None if route is None else route.path)

    def noted(
        self, path: str, method: str, status: int, seconds: float, request_id: str, handler: str | None = None
    ) -> None:
        """Count a request under its `handler` (its path, where that is one) and log it."""
        self._counts.note(handler or path, method, status, seconds)
        self._access.note(method, path, status, seconds, request_id)

    async def _answer(self, call: Call, asking: PredictRoute, send: Send) -> int:
        """Read, ask, send; the status that was sent."""
        if not self.lifecycle.accepts:
            return await self._send_problem(call, self._closed(), send)
        models = self.library.registry
        models.enter()
        try:
            deadline = call.deadline(self.settings.timeout_ms)
            body = await call.read(asking.body, self.settings, self.lifecycle, deadline)
            answer = to_json(await asking.handler(body, Asked(call, models, deadline)))
        except ClientDisconnected:
            return ClientDisconnected.status
        except GatecastError as error:
            return await self._send_problem(call, error, send)
        except Exception as error:
            fault = ModelFault("a defect; the log has it under the request id")
            fault.__cause__ = error
            return await self._send_problem(call, fault, send)
        finally:
            models.leave()
        return await self._send(send, 200, JSON, answer, call)

    async def _send_problem(self, call: Call, error: GatecastError, send: Send) -> int:
        if error.status == 500:
            log_defect(call.request_id, error)
        body = to_json(error.problem(call.path, call.request_id))
        return await self._send(send, error.status, PROBLEM, body, call, error.headers)

    async def _send(
        self, send: Send, status: int, kind: bytes, body: bytes, call: Call, more: dict[str, str] | None = None
    ) -> int:
        """Send a whole response; a caller who does not read it in time is cut off. Returns what became of it."""
        sending = _sent(send, status, kind, body, call, more)
        if not call.may_stall(len(body)):
            await sending
            return status
        return status if await self._read_in_time(sending, call) else ClientDisconnected.status

    async def _read_in_time(self, sending: Awaitable[None], call: Call) -> bool:
        """Send what its caller may be slow to read; whether it was taken in time, or the connection cut."""
        try:
            async with asyncio.timeout(self.settings.timeout_ms / 1000):
                await sending
        except TimeoutError:
            call.abandon()
            return False
        return True

    def _closed(self) -> NotReady:
        return NotReady(self.lifecycle.reason, headers={"Retry-After": "1", "Connection": "close"})

    async def _pass_on(self, call: Call, scope: Scope, receive: Receive, send: Send) -> int:
        """To FastAPI, with the call in `request.state.call`, and its headers put on what comes back."""
        scope.setdefault("state", {})["call"] = call
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_named(call)]
            if not call.may_stall(len(message.get("body", b""))):
                await send(message)
            elif not await self._read_in_time(send(message), call):
                status = ClientDisconnected.status

        try:
            await self._app(scope, receive, send_named)
        except Exception:
            if status not in (
                500,
                ClientDisconnected.status,
            ):  # a defect that was not answered as one: its response had begun
                raise
        return status


def _named(call: Call) -> list[tuple[bytes, bytes]]:
    """The headers that every response carries."""
    return [(b"x-request-id", call.request_id.encode()), (b"server-timing", call.timing.encode())]


async def _sent(
    send: Send, status: int, kind: bytes, body: bytes, call: Call, more: dict[str, str] | None = None
) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *_named(call)]
    if more:
        headers += [(name.lower().encode(), value.encode()) for name, value in more.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
