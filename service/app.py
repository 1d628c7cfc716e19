"""create_app: the only place that connects settings, models, routes, the middleware and error handlers."""

import asyncio
import functools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from .http import openapi  # before FastAPI, for what http/__init__.py does

# isort: split
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from . import __version__
from .artifacts import bundle
from .errors import Fault, GatecastError, InvalidRequest, MethodNotAllowed, ModelFault, NotFound
from .http.access_log import log_defect
from .http.adapters import huggingface, inference_v2, nixtla
from .http.error_forms import ErrorForms
from .http.host import Host
from .http.lifecycle import Phase
from .http.metrics import Metrics
from .http.middleware import RequestMiddleware
from .http.published_traces import PublishedTraces
from .http.request_counts import RequestCounts
from .http.routes import admin, anomalies, forecast, models, operations, pages, sentiment
from .http.state import State
from .http.tracing.start import CLOSE_SECONDS, start_tracing
from .http.watched import watched
from .serving.model_measures import ServingMeasures
from .serving.repository import Load, ModelRepository
from .settings import Settings

ROUTES = (forecast, anomalies, sentiment, models, operations, admin, pages)
# For the clients of other protocols. Each module or package has ROUTERS, PREDICT_ROUTES, and ERROR_FORMS by the first part of
# its paths.
ADAPTERS: tuple[Any, ...] = (nixtla, inference_v2, huggingface)
# FastAPI's own sees no request that predicts, and its logs and spans would have what callers sent
NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)


def create_app(
    settings: Settings | None = None, load: Load = bundle.load, host: Host | None = None
) -> RequestMiddleware:
    """Return the ASGI application. Its models are loaded and verified when it starts; tests replace `load` by a fake.

    Where several processes serve, `host` is the place of this one among them.

    The start raises BundleError if nothing can be served, so the port never opens.
    """
    settings = settings or Settings()
    routers = [*(module.router for module in ROUTES), *(router for adapter in ADAPTERS for router in adapter.ROUTERS)]
    paths = [route.path for router in routers for route in router.routes if isinstance(route, Route)]
    forms = {part: form for adapter in ADAPTERS for part, form in adapter.ERROR_FORMS.items()}
    errors = ErrorForms(forms, settings.root_path)
    host = host or Host.alone(settings)
    serving = ServingMeasures(host.measures)
    repository = ModelRepository(settings, load, serving)
    state = State(settings, repository, RequestCounts(host.measures, paths), serving, host, errors=errors)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await state.repository.open(state.host.versions)
        state.tracing = start_tracing(os.environ, None if state.host.is_alone else state.host.index)
        state.lifecycle.enter(Phase.READY)
        async with watched(state):
            yield
        state.lifecycle.enter(Phase.ENDED)
        await state.repository.close()
        app.flush()
        if state.tracing is not None:
            await asyncio.to_thread(state.tracing.close, CLOSE_SECONDS)

    api = FastAPI(
        title="Gatecast",
        version=__version__,
        summary="Forecasts and sentiment from recurrent networks.",
        lifespan=lifespan,
        openapi_url=None,  # pages.py serves the schema and the pages
        redirect_slashes=False,  # a redirect would name the host that the client sent
        telemetry=NO_TELEMETRY,
    )
    for router in routers:
        api.include_router(router)
    api.add_exception_handler(GatecastError, _answer_error)
    api.add_exception_handler(RequestValidationError, _answer_invalid)
    api.add_exception_handler(HTTPException, _answer_http)
    api.add_exception_handler(Exception, _answer_defect)
    api.openapi = functools.cache(lambda: openapi.describe(api, settings, errors))  # type: ignore[method-assign]
    predict_routes = forecast.PREDICT_ROUTES | anomalies.PREDICT_ROUTES | sentiment.PREDICT_ROUTES
    for adapter in ADAPTERS:
        predict_routes = predict_routes | adapter.PREDICT_ROUTES
    app = RequestMiddleware(api, state, predict_routes)
    state.metrics = Metrics(settings, host.measures, state.lifecycle, state.connections, state.access, repository)
    host.measures.publish_by(PublishedTraces(host.measures, lambda: state.tracing).publish)
    return app


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatecastError)
    request_id: str = request.state.context.request_id
    if error.status == 500:
        log_defect(request_id, error)
    forms: ErrorForms = request.state.service.errors
    status, content_type, body = forms.write(error, request.url.path, request_id, request.state.context.trace_id)
    return Response(body, status, {"Content-Type": content_type.decode(), **error.headers})


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """A path or header that FastAPI refused."""
    assert isinstance(error, RequestValidationError)
    faults = [Fault("", f"{'.'.join(map(str, e['loc']))}: {e['msg']}") for e in error.errors()]
    return await _answer_error(request, InvalidRequest("the request is not valid", faults=faults))


async def _answer_http(request: Request, error: Exception) -> Response:
    """An unknown path or a wrong method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return await _answer_error(request, NotFound("no such path; /docs lists those there are"))
    if error.status_code == 405:
        detail = f"this path does not answer {request.method}; it answers {headers.get('Allow', 'others')}"
        return await _answer_error(request, MethodNotAllowed(detail, headers=headers))
    raise error


async def _answer_defect(request: Request, error: Exception) -> Response:
    """An unforeseen error: the traceback goes to the log, nothing of it to the client."""
    fault = ModelFault("a defect; the log has it under the request id")
    fault.__cause__ = error
    return await _answer_error(request, fault)
