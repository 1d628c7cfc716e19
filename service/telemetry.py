"""Request ids, `Server-Timing`, and one log line per request, as one pure ASGI middleware."""

import logging
import re
import uuid
from dataclasses import dataclass, field
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("gatecast.requests")
PROBES = ("/livez", "/readyz")  # asked every few seconds, forever
SANE_ID = re.compile(rb"[A-Za-z0-9._:\-]{1,128}")


@dataclass
class Trace:
    """What is known of a request beside its body. Lives in `request.state.trace`."""

    request_id: str
    queued: float = 0.0
    worked: float = 0.0
    begun: float = field(default_factory=perf_counter)

    def waited(self, queued: float, worked: float) -> None:
        """Note the longest wait and model call (seconds) among the request's items."""
        self.queued = max(self.queued, queued)
        self.worked = max(self.worked, worked)

    @property
    def total(self) -> float:
        """Seconds since the request came in."""
        return perf_counter() - self.begun

    def headers(self) -> dict[str, str]:
        """The headers that every response carries."""
        parts = {"queue": self.queued, "model": self.worked, "total": self.total}
        timing = ", ".join(f"{name};dur={seconds * 1e3:.2f}" for name, seconds in parts.items())
        return {"X-Request-ID": self.request_id, "Server-Timing": timing}


class TraceMiddleware:
    """Gives every request a Trace, and every response its `X-Request-ID` and `Server-Timing`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        trace = Trace(_request_id(scope))
        scope.setdefault("state", {})["trace"] = trace
        status = 500

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    *((k.lower().encode(), v.encode()) for k, v in trace.headers().items()),
                ]
            await send(message)

        try:
            await self.app(scope, receive, send_traced)
        finally:
            log.log(
                logging.DEBUG if scope["path"] in PROBES else logging.INFO,
                "%s %s %d %.1fms id=%s",
                scope["method"],
                scope["path"].encode("unicode_escape").decode(),
                status,
                trace.total * 1e3,
                trace.request_id,
            )


def log_defect(request_id: str, error: BaseException) -> None:
    """The traceback of a 500, under the id that its caller was given."""
    logging.getLogger("gatecast").error("defect, id=%s", request_id, exc_info=error)


def _request_id(scope: Scope) -> str:
    """The caller's own id where it sent a sane one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and SANE_ID.fullmatch(value):
            return str(value.decode("ascii"))
    return uuid.uuid4().hex
