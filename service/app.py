"""create_app: the only place that wires settings, models, routes, middleware and error handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from service import __version__, bundle
from service.errors import (
    Fault,
    GatecastError,
    InvalidRequest,
    MethodNotAllowed,
    ModelFault,
    NotFound,
)
from service.registry import Load, open_registry
from service.routes import forecast, models, operations, sentiment
from service.schemas import (
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ModelList,
    Problem,
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentRequest,
)
from service.settings import Settings
from service.telemetry import TraceMiddleware, log_defect

REQUESTS = (ForecastRequest, ForecastBatchRequest, SentimentRequest, SentimentBatchRequest)
RESPONSES = (ForecastBatchResponse, SentimentBatchResponse, ModelList, Problem)


def create_app(settings: Settings | None = None, load: Load = bundle.load) -> FastAPI:
    """The application. Its models are loaded and proven when it starts; `load` can be replaced by a fake.

    Starting raises BundleError when a version must not be served, and so the port never opens.
    """
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            app.state.registry = registry = await open_registry(settings, load)
        except bundle.BundleError as error:
            app.state.refusal = str(error)
            raise
        yield
        app.state.registry = None
        await registry.close()

    app = FastAPI(
        title="Gatecast",
        version=__version__,
        summary="Forecasts and sentiment from recurrent networks.",
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.registry = None
    app.state.refusal = None
    for routes in (forecast, sentiment, models, operations):
        app.include_router(routes.router)
    app.add_middleware(TraceMiddleware)
    app.add_exception_handler(GatecastError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_gone)
    app.add_exception_handler(Exception, _answer_defect)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GatecastError)
    if error.status == 500:
        log_defect(request.state.trace.request_id, error)
    return JSONResponse(
        error.problem(request.url.path, request.state.trace.request_id),
        error.status,
        error.headers,
        media_type="application/problem+json",
    )


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """A path or header that FastAPI refused."""
    assert isinstance(error, RequestValidationError)
    faults = [Fault("", f"{'.'.join(map(str, e['loc']))}: {e['msg']}") for e in error.errors()]
    return await _answer_error(request, InvalidRequest("the request is not valid", faults=faults))


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    """An unknown path or a wrong method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return await _answer_error(request, NotFound("no such path; /docs lists those there are"))
    if error.status_code == 405:
        detail = f"this path does not answer {request.method}; it answers {headers.get('Allow', 'others')}"
        return await _answer_error(request, MethodNotAllowed(detail, headers=headers))
    raise error


async def _answer_defect(request: Request, error: Exception) -> JSONResponse:
    """Anything unforeseen: the traceback goes to the log, nothing of it to the caller.

    Answered outside of TraceMiddleware, so the headers are put on here.
    """
    fault = ModelFault("a defect; the log has it under the request id", headers=request.state.trace.headers())
    fault.__cause__ = error
    return await _answer_error(request, fault)


async def _answer_gone(_: Request, __: Exception) -> Response:
    """A caller who left while sending: nobody reads this, and it is no defect."""
    return Response(status_code=499)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's schema, with the bodies that `bodies.py` reads itself, and examples whole (FastAPI drops nulls)."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        _, definitions = models_json_schema(
            [
                *((model, "validation") for model in REQUESTS),
                *((model, "serialization") for model in RESPONSES),
            ],
            ref_template="#/components/schemas/{model}",
        )
        schema.setdefault("components", {}).setdefault("schemas", {}).update(definitions["$defs"])
        app.openapi_schema = schema
    return app.openapi_schema
