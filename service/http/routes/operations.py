"""Probes and facts about the process."""

import platform

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ... import __version__
from ..exposition import OPEN_METRICS, PLAIN
from ..schemas_operations import ServiceVersion, State
from .common import Models, Service

router = APIRouter(tags=["operations"])


@router.get("/livez")
async def livez() -> State:
    """The process is up; touches nothing."""
    raise NotImplementedError  # the middleware answers


@router.get("/readyz")
async def readyz() -> State:
    """Models are loaded and proven, and the service is not about to stop."""
    raise NotImplementedError  # the middleware answers


@router.get("/metrics", response_class=Response, responses={200: {"content": {PLAIN: {}, OPEN_METRICS: {}}}})
async def metrics(service: Service, request: Request) -> Response:
    """Counters, gauges and histograms in Prometheus' text format; in OpenMetrics, with exemplars, if `Accept` asks for it."""
    content_type, text = service.metrics.render(request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": content_type, "Vary": "Accept"})


@router.get("/version")
async def version(models: Models) -> ServiceVersion:
    """The service's version, and the loaded models'."""
    loaded: dict[str, list[str]] = {}
    for card in (model.predictor.card for model in models):
        loaded.setdefault(card.name, []).append(card.version)
    return ServiceVersion(version=__version__, python=platform.python_version(), models=loaded)
