"""How responses go out: their headers, their coding, and errors in the form that the client reads."""

import asyncio
from collections.abc import Awaitable

from starlette.types import Send

from ..errors import ClientDisconnected, GatecastError, TooManyRequests
from .access import Caller
from .access_log import log_defect
from .encoding import MIN_COMPRESSED_BYTES, choose_coding, encode
from .predict_route import Reply
from .rate_limits import UNLIMITED
from .request import RequestContext
from .state import State


class Replies:
    """Sends responses."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._seconds = state.settings.timeout_ms / 1000

    async def send_reply(self, send: Send, reply: Reply, context: RequestContext) -> None:
        """Send a reply of status 200; a long one is compressed if the client takes that."""
        if len(reply.body) >= MIN_COMPRESSED_BYTES:
            reply = await _compressed(reply, context)
        await self.send(send, 200, reply.content_type, reply.body, context, reply.headers)

    async def send_error(self, context: RequestContext, error: GatecastError, send: Send) -> None:
        """Send an error."""
        context.refusal = error.refusal
        if error.status == 500:
            log_defect(context.request_id, error)
        status, content_type, body = self._state.errors.write(error, context.path, context.request_id, context.trace_id)
        await self.send(send, status, content_type, body, context, error.headers)

    async def send(
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
        headers = [(b"content-type", content_type), (b"content-length", length), *self.common_headers(context)]
        if extra:
            headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
        sending = _send_response(send, status, headers, body)
        if context.connection.may_block(len(body)):
            await self.send_in_time(sending, context)
        else:
            await sending

    async def send_in_time(self, sending: Awaitable[None], context: RequestContext) -> None:
        """Send to a client that may be slow to read. If it is too slow, its connection is closed."""
        if asyncio.current_task() is None:
            await asyncio.sleep(0)  # goes on as a task, which a time limit needs
        try:
            async with asyncio.timeout(self._seconds):
                await sending
        except TimeoutError:
            context.connection.abort()
            context.status = ClientDisconnected.status

    def common_headers(self, context: RequestContext) -> list[tuple[bytes, bytes]]:
        """The headers of every response. A service that is about to stop asks its clients to connect elsewhere."""
        state = self._state
        headers = [(b"x-request-id", context.request_id.encode()), (b"server-timing", context.server_timing.encode())]
        if not state.lifecycle.keeps_connections:
            headers.append((b"connection", b"close"))
        if (
            context.caller is not None
            and context.caller.limits is not UNLIMITED
            and context.status != TooManyRequests.status
        ):
            headers += self._limit_headers(context, context.caller)
        return headers

    def _limit_headers(self, context: RequestContext, caller: Caller) -> list[tuple[bytes, bytes]]:
        """What is left of a caller's limits. A response is sent without them rather than not at all."""
        try:
            limits = self._state.access.limit_headers(caller)
        except Exception as error:
            log_defect(context.request_id, error)
            return []
        return [(name.lower().encode(), value.encode()) for name, value in limits.items()]


async def _compressed(reply: Reply, context: RequestContext) -> Reply:
    """The reply in a coding that the client takes, if it takes any."""
    headers = {"Vary": "Accept-Encoding", **(reply.headers or {})}
    coding = choose_coding(context.headers.get(b"accept-encoding"))
    if coding is None:
        return reply._replace(headers=headers)
    headers["Content-Encoding"] = coding.decode()
    return Reply(await encode(reply.body, coding), reply.content_type, headers)


async def _send_response(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
