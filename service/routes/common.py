"""What the routes share: dependencies, documented errors, and the fate of a batch's items."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request

from service.batching import Answer
from service.errors import (
    DeadlineExceeded,
    Fault,
    GatecastError,
    InvalidRequest,
    ModelFault,
    NotReady,
    Overloaded,
)
from service.registry import Registry
from service.schemas import Problem
from service.telemetry import Trace, log_defect

Result = TypeVar("Result")
MAX_TIMEOUT_MS = 600_000


async def registry(request: Request) -> Registry:
    """The loaded models; NotReady before they are proven and while draining."""
    found: Registry | None = request.app.state.registry
    if found is None:
        raise NotReady("models are not loaded, or the service is draining", headers={"Retry-After": "1"})
    return found


async def deadline(
    request: Request,
    x_request_timeout_ms: Annotated[
        str | None, Header(description=f"time limit in milliseconds, 1 to {MAX_TIMEOUT_MS}")
    ] = None,
) -> float:
    """The event loop's time at which this request is too late."""
    limit: int = request.app.state.settings.timeout_ms
    if x_request_timeout_ms is not None:
        sent = x_request_timeout_ms.strip()
        if not re.fullmatch(r"[0-9]{1,9}", sent) or not 1 <= int(sent) <= MAX_TIMEOUT_MS:
            raise InvalidRequest(f"the header X-Request-Timeout-Ms must be a whole number from 1 to {MAX_TIMEOUT_MS}")
        limit = int(sent)
    begun = asyncio.get_running_loop().time() - float(request.state.trace.total)
    return begun + limit / 1000


async def trace(request: Request) -> Trace:
    found: Trace = request.state.trace
    return found


Models = Annotated[Registry, Depends(registry)]
Deadline = Annotated[float, Depends(deadline)]
Tracing = Annotated[Trace, Depends(trace)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may answer these statuses with problem+json."""
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": DESCRIPTIONS[status], "content": content} for status in statuses}


DESCRIPTIONS = {
    400: "the body is not JSON",
    404: "unknown model or version",
    405: "wrong method",
    413: "body over the limit",
    415: "not JSON content",
    422: "JSON, but not a valid request",
    500: "a defect",
    503: "queue full, starting or draining; see Retry-After",
    504: "the deadline passed",
}
ASKING = problems(400, 404, 405, 413, 415, 422, 500, 503, 504)


def outcome(answer: Answer[Result] | BaseException, tracing: Trace) -> Result | GatecastError:
    """One item's result or its own error; what concerns the whole call is raised, a defect is logged."""
    if isinstance(answer, Answer):
        return answer.result
    if isinstance(answer, Overloaded | DeadlineExceeded) or not isinstance(answer, Exception):
        raise answer
    fault = answer if isinstance(answer, GatecastError) else ModelFault("the model failed on this item")
    if fault.status == 500:
        log_defect(tracing.request_id, answer)
    return fault


def within(error: GatecastError, prefix: str) -> GatecastError:
    """The error of a batch item, its pointers made relative to the whole request."""
    error.faults = [Fault(prefix + fault.pointer, fault.detail) for fault in error.faults]
    return error


def note(tracing: Trace, answers: Sequence[Answer[Any] | BaseException]) -> None:
    """Put the items' waits and model times into the request's trace."""
    for answer in answers:
        if isinstance(answer, Answer):
            tracing.waited(answer.queued, answer.worked)
