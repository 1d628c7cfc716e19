"""What every request passes first: it is named, timed, counted and logged, and errors become problem+json.

The routes that predict (`POST /forecast`, …) are answered from here. FastAPI's routing and dependencies would take
longer than the model. All other requests go on to FastAPI.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from ..errors import (
    ClientDisconnected,
    GatecastError,
    ModelFault,
    NotFound,
    Overloaded,
    Refusal,
)
from ..serving.turns import take_turn
from .access import Caller
from .access_log import log_defect
from .client_connection import CONNECTION
from .cors import CONTEXT, with_cors
from .encoding import MIN_COMPRESSED_BYTES
from .error_forms import JSON
from .hosts import AllowedHosts
from .lifecycle import Phase
from .predict_route import PredictRoute, Reply, frame_limits, plain_limits
from .probes import COMMON, HEALTH_CHECKS, LIVE, PROBES, is_operation
from .proxies import TrustedProxies
from .replies import Replies
from .request import RequestContext
from .request_records import RequestRecords
from .route_table import RouteTable
from .state import State

PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.-]+")


class RequestMiddleware:
    """The ASGI application: FastAPI behind a layer of its own.

    A request is answered from the registry that the repository has when the request comes, with the canaries that its id chooses.
    """

    def __init__(self, api: FastAPI, state: State, predict_routes: Mapping[str, PredictRoute]) -> None:
        self.api = api
        self.state = state
        settings = state.settings
        self._routes = RouteTable(predict_routes)
        self._exact = self._routes.exact
        self._replies = Replies(state)
        self._records = RequestRecords(state)
        self._plain_limits, self._frame_limits = plain_limits(settings), frame_limits(settings)
        self._root_path = root = settings.root_path
        paths = [*self._exact, *(root + path for path in self._exact)]
        self._plain = {path.encode(): path for path in paths if PLAIN_PATH.fullmatch(path)}
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._has_proxies = bool(settings.trusted_proxies)
        self._hosts = AllowedHosts(settings.allowed_hosts) if settings.allowed_hosts else None
        self._cors = (
            with_cors(settings.cors_origins, self._answer, self._replies.common_headers)
            if settings.cors_origins
            else None
        )

    def predicts(self, path: str) -> bool:
        """Whether `POST` to this path predicts."""
        return self._routes.knows(self._local(path))

    def plain_path(self, url: bytes) -> str | None:
        """The path of an URL that is that of a route without parameters, and nothing more."""
        return self._plain.get(url)

    def refused_as(self, path: str) -> str:
        """The path that a refusal is prepared for: the template of one with parameters, of which there is no end."""
        local = self._local(path)
        template = self._routes.template(local)
        return path if template == local else template

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
        except Exception as error:
            if context.status:  # its response may have begun
                raise
            await self._replies.send_error(context, _defect(error), send)
        finally:
            lifecycle.in_flight -= 1
            context.connection.release()
            self._records.answered(context, scope)
            if context.trace is not None:
                self._end_trace(context, scope)

    async def _end(self, context: RequestContext, cancelled: asyncio.CancelledError, send: Send) -> None:
        """Refuse a request that is cancelled because the time of a stop is over. Any other cancellation goes on."""
        task = asyncio.current_task()
        if self.state.lifecycle.phase is not Phase.CLOSED or task is None:
            raise cancelled
        task.uncancel()
        if context.status:  # its response had begun
            context.connection.abort()
        else:
            await self._replies.send_error(context, self.state.lifecycle.not_ready(), send)

    async def _answer(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        if self._has_proxies:
            context.client, scope["scheme"] = self._proxies.origin(scope)
        else:
            peer = scope.get("client")
            context.client = peer[0] if peer else ""
        method, path = scope["method"], self._local(context.path)
        predict_route = self._exact.get(path) or self._find(context, path) if method == "POST" else None
        try:
            if self.state.tracing is not None and path not in PROBES:
                route = context.template or path if predict_route is not None else ""
                context.trace = self.state.tracing.begin(route, context.headers)
            self._check(context, path, scope, items=1 if predict_route is not None else 0)
        except Exception as error:
            fault = error if isinstance(error, GatecastError) else _defect(error)
            await self._replies.send_error(context, fault, send)
            return
        if predict_route is not None:
            await self._predict(context, predict_route, send)
        elif path in HEALTH_CHECKS and method in ("GET", "HEAD"):
            await self._answer_health_check(context, path, send)
        else:
            # FastAPI takes as long as several forecasts, and many of its requests would crowd those out
            await take_turn()
            await self._pass_on(context, scope, receive, send)

    async def _answer_health_check(self, context: RequestContext, path: str, send: Send) -> None:
        """Say whether the process is up, or ready. Many who ask at once must not make it seem that it is not."""
        if path in LIVE or self.state.lifecycle.is_ready:
            await self._replies.send(send, 200, JSON, HEALTH_CHECKS[path], context)
        else:
            await self._replies.send_error(context, self.state.lifecycle.not_ready(), send)
            context.refusal = None  # an answer, and no request that was turned away

    def _find(self, context: RequestContext, path: str) -> PredictRoute | None:
        """The route of a path with parameters."""
        found = self._routes.find(path)
        if found is None:
            return None
        context.template, context.path_parameters = found.template, found.parameters
        return found.route

    def _check(self, context: RequestContext, path: str, scope: Scope, items: int) -> None:
        """Check the port, the host and the caller, and count the request with its items.

        Raises NotFound, UnknownHost, Unauthorised, Forbidden, TooManyRequests or NotReady.
        """
        operations_port = self.state.operations_port
        if operations_port is not None and path not in COMMON:
            port = (scope.get("server") or ("", None))[1]
            if is_operation(path) != (port == operations_port):
                raise NotFound("no such path on this port")
        if self._hosts is not None and not self._is_for_any_host(path):
            self._hosts.check(context.headers)
        context.access = self.state.access
        context.caller = context.access.admit(path, context.headers, context.client, items)
        if not self.state.lifecycle.accepts and path not in PROBES:
            raise self.state.lifecycle.not_ready()

    def _is_for_any_host(self, path: str) -> bool:
        """Probes, and what has a port of its own: monitors and operators ask one process by its address."""
        return path in PROBES or (self.state.operations_port is not None and is_operation(path))

    def record_refusal(
        self,
        method: str,
        path: str,
        status: int,
        request_id: str,
        client: tuple[str, int] | None,
        refusal: Refusal | None = None,
    ) -> None:
        """Count and log a request that protocol.py refused. `method` is "" and `path` may be if they were not read."""
        template = self._routes.template(self._local(path))
        self._records.refused(method, path, template, status, request_id, client, refusal)

    def _end_trace(self, context: RequestContext, scope: Scope) -> None:
        """Hand on what the spans of a request need. A defect of theirs must not become one of the request."""
        context.status = context.status or ModelFault.status
        try:
            if self.state.tracing is not None:
                self.state.tracing.end(context, scope)
        except Exception as error:
            log_defect(context.request_id, error)

    def flush(self) -> None:
        """Log the requests that were recorded."""
        self._records.flush()

    async def _predict(self, context: RequestContext, route: PredictRoute, send: Send) -> None:
        """Read the body, predict, send."""
        state = self.state
        registry = context.registry = state.repository.registry.view(context.request_id)
        registry.enter()
        try:
            context.limits = limits = self._frame_limits if route.is_frame else self._plain_limits
            context.deadline = context.parse_deadline(limits.timeout_ms, state.settings.max_timeout_ms)
            if route.check is not None:
                route.check(context)
            body: Any = (
                await context.read_raw(limits, state.lifecycle, route.codings)
                if route.is_raw
                else await context.read(route.body, limits, state.lifecycle)
            )
            answer = await route.handler(body, context)
        except ClientDisconnected:
            context.status = ClientDisconnected.status
            return None
        except GatecastError as error:
            if error.status == Overloaded.status and context.caller is not None:
                self._give_back(context, context.caller)
            return await self._replies.send_error(context, error, send)
        except Exception as error:
            return await self._replies.send_error(context, _defect(error), send)
        finally:
            registry.leave()
        if type(answer) is bytes and len(answer) < MIN_COMPRESSED_BYTES:
            return await self._replies.send(send, 200, JSON, answer, context)
        return await self._replies.send_reply(send, Reply(answer) if isinstance(answer, bytes) else answer, context)

    def _give_back(self, context: RequestContext, caller: Caller) -> None:
        """Let a request that was refused for lack of room not count as one of its caller."""
        try:
            self.state.access.give_back(caller, context.items)
        except Exception as error:
            log_defect(context.request_id, error)

    async def _pass_on(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> None:
        """Let FastAPI answer; its handlers find the context and the service in `request.state`."""
        scope.setdefault("state", {}).update(context=context, service=self.state)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = context.status = message["status"]
                message["headers"] = [*message.get("headers", []), *self._replies.common_headers(context)]
            body = message.get("body", b"")
            context.reply_bytes += len(body)
            if context.connection.may_block(len(body)):
                await self._replies.send_in_time(send(message), context)
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


def _defect(error: Exception) -> ModelFault:
    """What is answered for an error that nobody foresaw."""
    fault = ModelFault("a defect; the log has it under the request id")
    fault.__cause__ = error
    return fault
