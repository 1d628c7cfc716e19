"""What the routes share: dependencies, how asking routes are documented, and the fate of a batch's items."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Request

from service.errors import Fault, GatecastError, ModelFault, NotReady
from service.http.access_log import log_defect
from service.http.lifecycle import Lifecycle, Phase
from service.http.middleware import PredictRoute
from service.http.request import MAX_TIMEOUT_MS, Call, documented
from service.http.schemas import Problem
from service.serving.batching import Answer
from service.serving.registry import Registry
from service.serving.repository import ModelRepository

Result = TypeVar("Result")


async def lifecycle(request: Request) -> Lifecycle:
    found: Lifecycle = request.app.state.lifecycle
    return found


async def library(request: Request) -> ModelRepository:
    """Where models come from; NotReady before they are proven."""
    if request.app.state.lifecycle.phase is Phase.STARTING:
        raise NotReady(request.app.state.lifecycle.reason, headers={"Retry-After": "1"})
    found: ModelRepository = request.app.state.library
    return found


async def registry(found: Annotated[ModelRepository, Depends(library)]) -> Registry:
    """The loaded models."""
    return found.registry


Life = Annotated[Lifecycle, Depends(lifecycle)]
Shelves = Annotated[ModelRepository, Depends(library)]
Models = Annotated[Registry, Depends(registry)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may answer these statuses with problem+json."""
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": DESCRIPTIONS[status], "content": content} for status in statuses}


DESCRIPTIONS = {
    400: "the body is not JSON",
    401: "no key was sent",
    403: "the key is not the right one, or there is none to this",
    404: "unknown model or version",
    405: "wrong method",
    413: "body over the limit",
    415: "not JSON content",
    422: "JSON, but not a valid request",
    500: "a defect",
    503: "queue full, starting or draining; see Retry-After",
    504: "the deadline passed",
}


class AskingRouter(APIRouter):
    """Documents routes whose POST the front layer answers; FastAPI itself answers other methods on their paths."""

    def __init__(self, tag: str, asking: Mapping[str, PredictRoute]) -> None:
        super().__init__(tags=[tag], responses=problems(400, 404, 405, 413, 415, 422, 500, 503, 504))
        for path, route in asking.items():
            self.add_api_route(
                path,
                _answered_in_front,
                methods=["POST"],
                response_model=route.response,
                openapi_extra=documented(route.body),
                name=getattr(route.handler, "__name__", path),
                description=route.handler.__doc__,
            )


async def _answered_in_front(
    x_request_timeout_ms: Annotated[
        str | None, Header(description=f"time limit in milliseconds, 1 to {MAX_TIMEOUT_MS}")
    ] = None,
) -> None:
    raise RuntimeError(f"the front layer answers this route (time limit {x_request_timeout_ms})")


def outcome(answer: Answer[Result] | Exception, call: Call) -> Result | GatecastError:
    """One item's result or its own error; a defect is logged."""
    if isinstance(answer, Answer):
        call.waited(answer.queued, answer.worked)
        result: Result = answer.result
        return result
    fault = answer if isinstance(answer, GatecastError) else ModelFault("the model failed on this item")
    if fault.status == 500:
        log_defect(call.request_id, answer)
    return fault


def within(error: GatecastError, prefix: str) -> GatecastError:
    """The error of a batch item, its pointers made relative to the whole request."""
    error.faults = [Fault(prefix + fault.pointer, fault.detail) for fault in error.faults]
    return error


def warned(warnings: Iterable[Any]) -> list[dict[str, str]]:
    return [{"code": warning.code, "detail": warning.detail} for warning in warnings]
