"""What the routes share: their view of the service, documentation of responses, and errors of batch items."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request

from service.errors import Fault, GatecastError, ModelFault, NotReady
from service.http.access_log import log_defect
from service.http.lifecycle import Phase
from service.http.middleware import PredictRoute
from service.http.request import MAX_TIMEOUT_MS, RequestContext, body_schema
from service.http.schemas import Problem
from service.http.state import State
from service.serving.registry import Registry
from service.serving.repository import ModelRepository


async def state(request: Request) -> State:
    """The running service."""
    service: State = request.state.service
    return service


Service = Annotated[State, Depends(state)]


async def repository(service: Service) -> ModelRepository:
    """Where models come from. Raises NotReady before they are verified."""
    if service.lifecycle.phase is Phase.STARTING:
        raise NotReady(service.lifecycle.reason, headers={"Retry-After": "1"})
    return service.repository


Repository = Annotated[ModelRepository, Depends(repository)]


async def registry(models: Repository) -> Registry:
    """The loaded models."""
    return models.registry


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


class PredictRouter(APIRouter):
    """Documents the routes that the middleware answers. FastAPI answers other methods on their paths."""

    def __init__(self, tag: str, predict_routes: Mapping[str, PredictRoute]) -> None:
        super().__init__(tags=[tag], responses=problems(400, 404, 405, 413, 415, 422, 500, 503, 504))
        for path, route in predict_routes.items():
            self.add_api_route(
                path,
                _answered_in_front,
                methods=["POST"],
                response_model=route.response,
                openapi_extra=body_schema(route.body),
                name=getattr(route.handler, "__name__", path),
                description=route.handler.__doc__,
            )


async def _answered_in_front(
    x_request_timeout_ms: Annotated[
        str | None, Header(description=f"time limit in milliseconds, 1 to {MAX_TIMEOUT_MS}")
    ] = None,
) -> None:
    raise RuntimeError(f"the middleware answers this route (time limit {x_request_timeout_ms})")


def item_problem(error: Exception, context: RequestContext, pointer: str, field: str = "") -> dict[str, Any]:
    """The problem of a batch item at `pointer`. What its faults say of `field` is said of the item. Defects are logged."""
    fault = error if isinstance(error, GatecastError) else ModelFault("the model failed on this item")
    if fault.status == 500:
        log_defect(context.request_id, error)
    fault.faults = [Fault(pointer + each.pointer.removeprefix(field), each.detail) for each in fault.faults]
    return fault.problem(context.path, context.request_id)


def batch_json(results: Sequence[bytes]) -> bytes:
    """The reply of a batch, of its results as JSON."""
    return b"".join([b'{"results":[', b",".join(results), b"]}"])
