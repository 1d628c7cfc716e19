"""What every request passes first: it is named, timed, counted and logged, and errors become problem+json.

The routes that predict (`POST /forecast`, …) are answered from here. FastAPI's routing and dependencies would take
longer than the model. All other requests go on to FastAPI.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.types import Message, Receive, Scope, Send

from service.errors import ClientDisconnected, GatecastError, ModelFault, NotReady
from service.http.access_log import PROBES, RequestRecord, log_defect
from service.http.lifecycle import Phase
from service.http.request import RequestContext
from service.http.state import State

JSON = b"application/json"
PROBLEM = b"application/problem+json"
FLUSH_SECONDS = 0.2  # between two times that requests are counted and logged
MAX_RECORDS = 2_000  # requests that wait for it

Handler = Callable[[Any, RequestContext], Awaitable[bytes]]


class PredictRoute(NamedTuple):
    """A route that predicts: the models of its body and its response, and the function that answers with JSON."""

    body: type[BaseModel]
    response: type[BaseModel]
    handler: Handler


class RequestMiddleware:
    """The ASGI application: FastAPI behind a layer of its own.

    A request is answered from the registry that the repository has when the request comes.
    """

    def __init__(self, api: FastAPI, state: State, predict_routes: Mapping[str, PredictRoute]) -> None:
        self.api = api
        self.state = state
        self.predict_routes = predict_routes
        self._records: list[RequestRecord] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.api(scope, receive, send)
        context = RequestContext(scope, receive)
        method, path = scope["method"], scope["path"]
        lifecycle = self.state.lifecycle
        lifecycle.in_flight += 1
        status = 500
        try:
            predict_route = self.predict_routes.get(path) if method == "POST" else None
            if predict_route is not None:
                status = await self._predict(context, predict_route, send)
            elif lifecycle.accepts or path in PROBES:
                status = await self._pass_on(context, scope, receive, send)
            else:
                status = await self._send_problem(context, self._not_ready(), send)
        finally:
            lifecycle.in_flight -= 1
            route = scope.get("route")  # set by FastAPI, if it has one
            route_path = path if route is None else route.path
            self.record(method, path, status, context.total_seconds, context.request_id, route_path)

    def record(self, method: str, path: str, status: int, seconds: float, request_id: str, route: str) -> None:
        """Note a request that was answered. It is counted and logged with others, a few times a second."""
        self._records.append(RequestRecord(method, path, route, status, seconds, request_id, time.time()))
        if len(self._records) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        elif len(self._records) >= MAX_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Count and log the requests that were recorded."""
        records, self._records = self._records, []
        if records:
            self.state.counts.add(records)
            self.state.access_log.write(records)

    async def _predict(self, context: RequestContext, route: PredictRoute, send: Send) -> int:
        """Read the body, predict, send; returns the status that was sent."""
        state = self.state
        if not state.lifecycle.accepts:
            return await self._send_problem(context, self._not_ready(), send)
        registry = context.registry = state.repository.registry
        registry.enter()
        try:
            context.deadline = context.parse_deadline(state.settings.timeout_ms)
            body = await context.read(route.body, state.settings.max_body_bytes, state.lifecycle)
            answer = await route.handler(body, context)
        except ClientDisconnected:
            return ClientDisconnected.status
        except GatecastError as error:
            return await self._send_problem(context, error, send)
        except asyncio.CancelledError as error:
            return await self._send_problem(context, self._stopped(error), send)
        except Exception as error:
            fault = ModelFault("a defect; the log has it under the request id")
            fault.__cause__ = error
            return await self._send_problem(context, fault, send)
        finally:
            registry.leave()
        return await self._send(send, 200, JSON, answer, context)

    async def _send_problem(self, context: RequestContext, error: GatecastError, send: Send) -> int:
        if error.status == 500:
            log_defect(context.request_id, error)
        body = to_json(error.problem(context.path, context.request_id))
        return await self._send(send, error.status, PROBLEM, body, context, error.headers)

    async def _send(
        self,
        send: Send,
        status: int,
        content_type: bytes,
        body: bytes,
        context: RequestContext,
        extra: dict[str, str] | None = None,
    ) -> int:
        """Send a whole response; returns its status, or 499 if its client did not read it in time."""
        sending = _send_response(send, status, content_type, body, context, extra)
        if not context.connection.may_block(len(body)):
            await sending
            return status
        return status if await self._is_read_in_time(sending, context) else ClientDisconnected.status

    async def _is_read_in_time(self, sending: Awaitable[None], context: RequestContext) -> bool:
        """Send to a client that may be slow to read. If it is too slow, its connection is closed."""
        try:
            async with asyncio.timeout(self.state.settings.timeout_ms / 1000):
                await sending
        except TimeoutError:
            context.connection.abort()
            return False
        except asyncio.CancelledError as error:
            self._stopped(error)
            context.connection.abort()
            return False
        return True

    def _not_ready(self) -> NotReady:
        return NotReady(self.state.lifecycle.reason, headers={"Retry-After": "1", "Connection": "close"})

    def _stopped(self, cancelled: asyncio.CancelledError) -> NotReady:
        """The answer to a request that is cancelled because the service stops. Any other cancellation goes on."""
        task = asyncio.current_task()
        if self.state.lifecycle.phase is not Phase.CLOSED or task is None:
            raise cancelled
        task.uncancel()
        return self._not_ready()

    async def _pass_on(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> int:
        """Let FastAPI answer; its handlers find the context and the service in `request.state`."""
        scope.setdefault("state", {}).update(context=context, service=self.state)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_common_headers(context)]
            if not context.connection.may_block(len(message.get("body", b""))):
                await send(message)
            elif not await self._is_read_in_time(send(message), context):
                status = ClientDisconnected.status

        try:
            await self.api(scope, receive, send_with_headers)
        except asyncio.CancelledError as error:
            stopped = self._stopped(error)
            if status == 0:
                return await self._send_problem(context, stopped, send)
            context.connection.abort()  # its response had begun
        except Exception:
            # a defect that could not be answered as one, because its response had begun
            if status not in (500, ClientDisconnected.status):
                raise
        return status


def _common_headers(context: RequestContext) -> list[tuple[bytes, bytes]]:
    """The headers of every response."""
    return [(b"x-request-id", context.request_id.encode()), (b"server-timing", context.server_timing.encode())]


async def _send_response(
    send: Send,
    status: int,
    content_type: bytes,
    body: bytes,
    context: RequestContext,
    extra: dict[str, str] | None = None,
) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", content_type), (b"content-length", length), *_common_headers(context)]
    if extra:
        headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
