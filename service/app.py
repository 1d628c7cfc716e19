"""create_app: the only place that wires settings, models, routes, the front layer and error handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service import __version__
from service.artifacts import bundle
from service.artifacts.files import BundleError
from service.errors import Fault, GatecastError, InvalidRequest, MethodNotAllowed, ModelFault, NotFound
from service.http.access_log import AccessLog, log_defect
from service.http.lifecycle import Lifecycle, Phase
from service.http.metrics import HttpCounts, Metrics
from service.http.middleware import RequestMiddleware
from service.http.protocol import SheddingReplies
from service.http.routes import admin, forecast, models, operations, sentiment
from service.http.schemas import (
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ModelList,
    Problem,
    ReloadReport,
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentRequest,
)
from service.serving.repository import Load, ModelRepository
from service.settings import Settings

ROOMS = (forecast, sentiment, models, operations, admin)
REQUESTS = (ForecastRequest, ForecastBatchRequest, SentimentRequest, SentimentBatchRequest)
RESPONSES = (ForecastBatchResponse, SentimentBatchResponse, ModelList, ReloadReport, Problem)


class App(FastAPI):
    """FastAPI behind the front layer, which is asked before any of the framework's own middleware."""

    front: RequestMiddleware

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.front(scope, receive, send)

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What FastAPI itself answers."""
        await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None, load: Load = bundle.load) -> App:
    """The application. Its models are loaded and proven when it starts; `load` can be replaced by a fake.

    Starting raises BundleError when a version must not be served, and so the port never opens.
    """
    settings = settings or Settings()
    lifecycle, access, library = Lifecycle(), AccessLog(), ModelRepository(settings, load)
    counts = HttpCounts(route.path for routes in ROOMS for route in routes.router.routes if isinstance(route, Route))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await library.open()
        except BundleError as error:
            app.state.refusal = str(error)
            raise
        lifecycle.enter(Phase.READY)
        yield
        lifecycle.enter(Phase.CLOSED)
        await library.close()
        access.flush()

    app = App(
        title="Gatecast",
        version=__version__,
        summary="Forecasts and sentiment from recurrent networks.",
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.lifecycle = lifecycle
    app.state.access = access
    app.state.library = library
    app.state.refusals = SheddingReplies(library)
    app.state.metrics = Metrics(counts, lifecycle, library)
    app.state.refusal = None
    for routes in ROOMS:
        app.include_router(routes.router)

    app.front = RequestMiddleware(
        app.behind,
        settings=settings,
        lifecycle=lifecycle,
        asking=forecast.ASKING | sentiment.ASKING,
        library=library,
        counts=counts,
        access=access,
    )
    app.add_exception_handler(GatecastError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_defect)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GatecastError)
    if error.status == 500:
        log_defect(request.state.call.request_id, error)
    return JSONResponse(
        error.problem(request.url.path, request.state.call.request_id),
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
    """Anything unforeseen: the traceback goes to the log, nothing of it to the caller."""
    fault = ModelFault("a defect; the log has it under the request id")
    fault.__cause__ = error
    return await _answer_error(request, fault)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's schema, with the bodies that `calls.py` reads itself, and examples whole (FastAPI drops nulls)."""
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
