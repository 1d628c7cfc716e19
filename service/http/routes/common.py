"""What the routes share: their view of the service, documentation of responses, and errors of batch items."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from pydantic_core import to_json

from ...errors import (
    DeadlineExceeded,
    DuplicateId,
    Fault,
    GatecastError,
    InvalidRequest,
    ModelFault,
    NotFound,
)
from ...serving.registry import Registry
from ...serving.repository import ModelRepository
from ...serving.turns import Turns
from ..access_log import log_defect
from ..body import validate
from ..lifecycle import Phase
from ..predict_route import PredictRoute
from ..request import RequestContext
from ..schema_parts import MAX_ID_CHARACTERS
from ..schemas import BatchSeries
from ..schemas_anomalies import AnomalySeries
from ..state import State

AnySeries = TypeVar("AnySeries", BatchSeries, AnomalySeries)
Query = TypeVar("Query")
Answer = TypeVar("Answer")


async def state(request: Request) -> State:
    """The running service."""
    service: State = request.state.service
    return service


Service = Annotated[State, Depends(state)]


async def repository(service: Service) -> ModelRepository:
    """Where models come from. Raises NotReady before they are verified."""
    if service.lifecycle.phase is Phase.STARTING:
        raise service.lifecycle.not_ready()
    return service.repository


Repository = Annotated[ModelRepository, Depends(repository)]


async def registry(models: Repository) -> Registry:
    """The loaded models."""
    return models.registry


Models = Annotated[Registry, Depends(registry)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that may answer these statuses with a problem; openapi.py describes them."""
    return {status: {} for status in statuses}


class PredictRouter(APIRouter):
    """Documents the routes that the middleware answers. FastAPI answers other methods on their paths."""

    def __init__(self, tag: str, predict_routes: Mapping[str, PredictRoute]) -> None:
        super().__init__(tags=[tag], responses=problems(404))
        for path, route in predict_routes.items():
            self.add_api_route(
                path,
                _answered_in_front,
                methods=["POST"],
                response_model=route.response,
                openapi_extra=_body_schema(route.body),
                name=getattr(route.handler, "__name__", path),
                description=route.handler.__doc__,
            )


def _body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is `model`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _answered_in_front() -> None:
    """The middleware answers. Only a path that it does not take for this one comes here, such as one with a line end."""
    raise NotFound("no such path; /docs lists those there are")


def item_problem(error: Exception, context: RequestContext, pointer: str, field: str = "") -> dict[str, Any]:
    """The problem of a batch item at `pointer`. What its faults say of `field` is said of the item. Defects are logged."""
    fault = error if isinstance(error, GatecastError) else ModelFault("the model failed on this item")
    if fault.status == 500:
        log_defect(context.request_id, error)
    fault.faults = [Fault(pointer + each.pointer.removeprefix(field), each.detail) for each in fault.faults]
    return fault.problem(context.path, context.request_id, context.trace_id)


async def validated_series(
    model: type[AnySeries], query: Callable[[AnySeries], Query], series: Sequence[Any], turns: Turns
) -> list[Query | GatecastError]:
    """Validate every series of a batch, and make its query. Those that there is no time for get DeadlineExceeded."""
    queries: list[Query | GatecastError] = []
    index_of: dict[str, int] = {}
    for index, each in enumerate(series):
        try:
            await turns.next()
            valid = validate(model, each)
            if (first := index_of.setdefault(valid.id, index)) != index:
                raise DuplicateId(f"the id is used by /series/{first} already", pointer="/id")
            queries.append(query(valid))
        except (InvalidRequest, DeadlineExceeded) as error:
            queries.append(error)
    return queries


async def series_results(
    outcomes: AsyncIterator[Answer | Exception],
    response: Callable[[Answer], Mapping[str, Any]],
    series: Sequence[Any],
    context: RequestContext,
) -> bytes:
    """The reply to a batch of series: for each, in order, its id with the answer's `response`, or with its error."""
    results: list[bytes] = []
    async for outcome in outcomes:
        index = len(results)
        if isinstance(outcome, Exception):
            problem = item_problem(outcome, context, f"/series/{index}")
            results.append(to_json({"id": series_id(series[index]), "error": problem}))
        else:
            results.append(to_json({"id": series[index]["id"], **response(outcome)}))
    return batch_json(results)


def series_id(series: Any) -> str | None:
    """The id of a series that may be anything."""
    sent = series.get("id") if isinstance(series, dict) else None
    return sent if isinstance(sent, str) and len(sent) <= MAX_ID_CHARACTERS else None


def batch_json(results: Sequence[bytes]) -> bytes:
    """The reply of a batch, of its results as JSON."""
    return b"".join([b'{"results":[', b",".join(results), b"]}"])
