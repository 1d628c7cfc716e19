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
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import (
    ClientDisconnected,
    Fault,
    GatecastError,
    ModelFault,
    NotFound,
    NotReady,
    Overloaded,
    TooManyRequests,
    UnknownHost,
)
from ..serving.turns import take_turn
from .access_log import PROBES, RequestRecord, log_defect
from .encoding import MIN_COMPRESSED_BYTES, choose_coding, encode
from .lifecycle import Phase
from .proxies import TrustedProxies
from .rate_limits import UNLIMITED
from .request import CONNECTION, RequestContext
from .state import State

JSON = b"application/json"
PROBLEM = b"application/problem+json"
CONTEXT = "gatecast.context"  # where the ASGI scope has the RequestContext on its way through CORS
FLUSH_SECONDS = 0.2  # between two times that requests are counted and logged
MAX_RECORDS = 500  # requests that wait for it
CORS_METHODS = ("GET", "HEAD", "POST")
CORS_REQUEST_HEADERS = (
    "authorization",
    "content-encoding",
    "content-type",
    "traceparent",
    "x-api-key",
    "x-request-id",
    "x-request-timeout-ms",
)
CORS_RESPONSE_HEADERS = ("ratelimit", "ratelimit-policy", "retry-after", "server-timing", "x-request-id")

HEALTH_CHECKS = frozenset(["/livez", "/readyz"])
COMMON = frozenset(["/livez", "/readyz", "/version"])  # answered on both ports

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
        settings = state.settings
        self._predict_routes = predict_routes
        self._root_path = settings.root_path
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._has_proxies = bool(settings.trusted_proxies)
        self._hosts = AllowedHosts(settings.allowed_hosts) if settings.allowed_hosts else None
        self._cors = self._with_cors(settings.cors_origins) if settings.cors_origins else None
        self._records: list[RequestRecord] = []

    def predicts(self, path: str) -> bool:
        """Whether `POST` to this path predicts."""
        return self._local(path) in self._predict_routes

    def _local(self, path: str) -> str:
        """The path without the root path, which a proxy may strip or not."""
        root = self._root_path
        return path[len(root) :] if root and path.startswith(root + "/") else path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.api(scope, receive, send)
        lifecycle = self.state.lifecycle
        if CONNECTION not in scope:  # otherwise protocol.py has counted it
            lifecycle.in_flight += 1
        context = RequestContext(scope, receive)
        try:
            if self._cors is None:
                await self._answer(context, scope, receive, send)
            else:
                scope[CONTEXT] = context
                await self._cors(scope, receive, send)
        except asyncio.CancelledError as cancelled:
            await self._end(context, cancelled, send)
        finally:
            lifecycle.in_flight -= 1
            context.connection.release()
            self._record(context, scope)

    async def _end(self, context: RequestContext, cancelled: asyncio.CancelledError, send: Send) -> None:
        """Refuse a request that is cancelled because the time of a stop is over. Any other cancellation goes on."""
        task = asyncio.current_task()
        if self.state.lifecycle.phase is not Phase.CLOSED or task is None:
            raise cancelled
        task.uncancel()
        if context.status:  # its response had begun
            context.connection.abort()
        else:
            await self._send_problem(context, self._not_ready(), send)

    async def _answer(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        if self._has_proxies:
            context.client, scope["scheme"] = self._proxies.origin(scope)
        else:
            peer = scope.get("client")
            context.client = peer[0] if peer else ""
        method, path = scope["method"], self._local(context.path)
        try:
            self._check(context, path, scope)
        except GatecastError as error:
            await self._send_problem(context, error, send)
            return
        predict_route = self._predict_routes.get(path) if method == "POST" else None
        if predict_route is not None:
            await self._predict(context, predict_route, send)
        elif path in HEALTH_CHECKS and method in ("GET", "HEAD"):
            await self._answer_health_check(context, path, send)
        else:
            await (
                take_turn()
            )  # FastAPI takes as long as several forecasts, and many of its requests would crowd those out
            await self._pass_on(context, scope, receive, send)

    async def _answer_health_check(self, context: RequestContext, path: str, send: Send) -> None:
        """Say whether the process is up, or ready. Many who ask at once must not make it seem that it is not."""
        if path == "/livez":
            await self._send(send, 200, JSON, b'{"status":"alive"}', context)
        elif self.state.lifecycle.is_ready:
            await self._send(send, 200, JSON, b'{"status":"ready"}', context)
        else:
            await self._send_problem(context, self._not_ready(), send)

    def _check(self, context: RequestContext, path: str, scope: Scope) -> None:
        """Check the port, the host and the caller.

        Raises NotFound, UnknownHost, Unauthorised, Forbidden, TooManyRequests or NotReady.
        """
        operations_port = self.state.operations_port
        if operations_port is not None and path not in COMMON:
            port = (scope.get("server") or ("", None))[1]
            if is_operation(path) != (port == operations_port):
                raise NotFound("no such path on this port")
        if self._hosts is not None and path not in PROBES and not self._hosts.allow(context.headers.get(b"host", b"")):
            raise UnknownHost(
                "this host is not served here; check the URL", faults=[Fault("/headers/host", "is unknown")]
            )
        context.access = self.state.access
        context.caller = context.access.admit(path, context.headers, context.client)
        if not self.state.lifecycle.accepts and path not in PROBES:
            raise self._not_ready()

    def _not_ready(self) -> NotReady:
        return NotReady(self.state.lifecycle.reason, headers={"Retry-After": "1"})

    def _record(self, context: RequestContext, scope: Scope) -> None:
        """Note a request that was answered."""
        route = scope.get("route")  # set by FastAPI, if it has one
        self._add_record(
            RequestRecord(
                scope["method"],
                context.path,
                context.path if route is None else route.path,
                context.status or ModelFault.status,
                context.total_seconds,
                context.request_id,
                time.time(),
                context.client or None,
                context.caller.key or None if context.caller is not None else None,
                context.model or None,
                context.version or None,
                context.items or None,
                context.body_bytes or None,
                context.reply_bytes or None,
                context.queue_seconds if context.model else None,
                context.compute_seconds if context.model else None,
                context.trace_id,
            )
        )

    def record_refusal(
        self, method: str, path: str, status: int, request_id: str, client: tuple[str, int] | None
    ) -> None:
        """Note a request that protocol.py refused. `method` is "" and `path` may be if they were not read."""
        address = client[0] if client else None
        self._add_record(RequestRecord(method, path, path, status, 0.0, request_id, time.time(), address))

    def _add_record(self, record: RequestRecord) -> None:
        """Keep a record. Requests are counted and logged with others, a few times a second."""
        self._records.append(record)
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

    async def _predict(self, context: RequestContext, route: PredictRoute, send: Send) -> None:
        """Read the body, predict, send."""
        state = self.state
        registry = context.registry = state.repository.registry
        registry.enter()
        try:
            context.deadline = context.parse_deadline(state.settings)
            body = await context.read(route.body, state.settings, state.lifecycle)
            answer = await route.handler(body, context)
        except ClientDisconnected:
            context.status = ClientDisconnected.status
            return None
        except GatecastError as error:
            if error.status == Overloaded.status and context.caller is not None:
                state.access.give_back(context.caller, context.items)
            return await self._send_problem(context, error, send)
        except Exception as error:
            fault = ModelFault("a defect; the log has it under the request id")
            fault.__cause__ = error
            return await self._send_problem(context, fault, send)
        finally:
            registry.leave()
        if len(answer) < MIN_COMPRESSED_BYTES:
            return await self._send(send, 200, JSON, answer, context)
        return await self._send_long(send, answer, context)

    async def _send_long(self, send: Send, body: bytes, context: RequestContext) -> None:
        """Send a long reply, compressed if the client takes that."""
        headers = {"Vary": "Accept-Encoding"}
        coding = choose_coding(context.headers.get(b"accept-encoding"))
        if coding is not None:
            body = await encode(body, coding)
            headers["Content-Encoding"] = coding.decode()
        await self._send(send, 200, JSON, body, context, headers)

    async def _send_problem(self, context: RequestContext, error: GatecastError, send: Send) -> None:
        if error.status == 500:
            log_defect(context.request_id, error)
        body = to_json(error.problem(context.path, context.request_id))
        await self._send(send, error.status, PROBLEM, body, context, error.headers)

    async def _send(
        self,
        send: Send,
        status: int,
        content_type: bytes,
        body: bytes,
        context: RequestContext,
        extra: dict[str, str] | None = None,
    ) -> None:
        """Send a whole response. The status is 499 if its client did not read it in time."""
        context.status = status
        context.reply_bytes = len(body)
        length = str(len(body)).encode()
        headers = [(b"content-type", content_type), (b"content-length", length), *self._common_headers(context)]
        if extra:
            headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
        sending = _send_response(send, status, headers, body)
        if context.connection.may_block(len(body)):
            await self._send_in_time(sending, context)
        else:
            await sending

    async def _send_in_time(self, sending: Awaitable[None], context: RequestContext) -> None:
        """Send to a client that may be slow to read. If it is too slow, its connection is closed."""
        try:
            async with asyncio.timeout(self.state.settings.timeout_ms / 1000):
                await sending
        except TimeoutError:
            context.connection.abort()
            context.status = ClientDisconnected.status

    def _common_headers(self, context: RequestContext) -> list[tuple[bytes, bytes]]:
        """The headers of every response. A service that is about to stop asks its clients to connect elsewhere."""
        headers = [(b"x-request-id", context.request_id.encode()), (b"server-timing", context.server_timing.encode())]
        if self.state.lifecycle.phase is not Phase.READY:
            headers.append((b"connection", b"close"))
        if (
            context.caller is not None
            and context.caller.limits is not UNLIMITED
            and context.status != TooManyRequests.status
        ):
            limits = self.state.access.limit_headers(context.caller)
            headers += [(name.lower().encode(), value.encode()) for name, value in limits.items()]
        return headers

    async def _pass_on(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        """Let FastAPI answer; its handlers find the context and the service in `request.state`."""
        scope.setdefault("state", {}).update(context=context, service=self.state)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = context.status = message["status"]
                message["headers"] = [*message.get("headers", []), *self._common_headers(context)]
            body = message.get("body", b"")
            context.reply_bytes += len(body)
            if context.connection.may_block(len(body)):
                await self._send_in_time(send(message), context)
            else:
                await send(message)

        scope["root_path"] = self.state.settings.root_path
        inner = scope
        if scope["method"] == "HEAD":
            # answered as GET; the server leaves the body out. The scope is a copy, as the server reads the method of its own.
            inner = {**scope, "method": "GET"}
        try:
            await self.api(inner, receive, send_with_headers)
        except Exception:
            # a defect that could not be answered as one, because its response had begun
            if status not in (500, ClientDisconnected.status):
                raise
        finally:
            if "route" in inner:
                scope["route"] = inner["route"]

    def _with_cors(self, origins: tuple[str, ...]) -> ASGIApp:
        """Starlette's CORS layer around the answers. It answers preflight requests by itself, so they are named here."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await self._answer(scope.pop(CONTEXT), scope, receive, send)

        cors = CORSMiddleware(
            answer,
            allow_origins=origins,
            allow_methods=CORS_METHODS,
            allow_headers=CORS_REQUEST_HEADERS,
            expose_headers=CORS_RESPONSE_HEADERS,
        )

        async def named(scope: Scope, receive: Receive, send: Send) -> None:
            context: RequestContext = scope[CONTEXT]

            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    context.status = message["status"]
                    headers = MutableHeaders(scope=message)
                    for name, value in self._common_headers(context):
                        headers.setdefault(name.decode(), value.decode())
                await send(message)

            try:
                await cors(scope, receive, send_with_headers)
            finally:
                scope.pop(CONTEXT, None)

        return named


def is_operation(path: str) -> bool:
    """Whether a path is for operators, and so on their port if there is one."""
    return path == "/metrics" or path.startswith("/admin/")


class AllowedHosts:
    """The hosts that may be asked for: names, or `*.example.com` for all below it. Ports do not matter."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._names = frozenset(host.lower().encode() for host in hosts if not host.startswith("*."))
        self._endings = tuple(host[1:].lower().encode() for host in hosts if host.startswith("*."))

    def allow(self, host: bytes) -> bool:
        """Whether a header Host names one of them."""
        host = host.lower()
        name = host[: host.find(b"]") + 1] if host.startswith(b"[") else host.partition(b":")[0]
        return name in self._names or b"*" in self._names or name.endswith(self._endings)


async def _send_response(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
