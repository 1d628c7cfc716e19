"""Which pages of other origins may call the service."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .request import RequestContext

CONTEXT = "gatecast.context"  # where the ASGI scope has the RequestContext on its way through CORS
METHODS = ("GET", "HEAD", "POST")
REQUEST_HEADERS = (
    "authorization",
    "content-encoding",
    "content-type",
    "inference-header-content-length",
    "traceparent",
    "tracestate",
    "x-api-key",
    "x-request-id",
    "x-request-timeout-ms",
)
RESPONSE_HEADERS = (
    "inference-header-content-length",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "server-timing",
    "x-request-id",
)

Answer = Callable[[RequestContext, Scope, Receive, Send], Awaitable[None]]
CommonHeaders = Callable[[RequestContext], list[tuple[bytes, bytes]]]


def with_cors(origins: tuple[str, ...], answer: Answer, common_headers: CommonHeaders) -> ASGIApp:
    """Starlette's CORS layer around `answer`. It answers preflight requests by itself, so they are named here."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(scope.pop(CONTEXT), scope, receive, send)

    cors = CORSMiddleware(
        inner,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=RESPONSE_HEADERS,
    )

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        context: RequestContext = scope[CONTEXT]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                context.status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in common_headers(context):
                    headers.setdefault(name.decode(), value.decode())
            await send(message)

        try:
            await cors(scope, receive, send_with_headers)
        finally:
            scope.pop(CONTEXT, None)

    return named
