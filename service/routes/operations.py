"""Probes and facts about the process."""

import platform

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from service import __version__
from service.routes.common import Models, problems
from service.schemas import ServiceVersion, State

router = APIRouter(tags=["operations"], responses=problems(405, 500))


@router.get("/livez")
async def livez() -> State:
    """The process is up; touches nothing."""
    return State(status="alive")


@router.get("/readyz", responses=problems(503))
async def readyz(_: Models) -> State:
    """Models are loaded and proven, and the service is not draining."""
    return State(status="ready")


@router.get("/version", responses=problems(503))
async def version(models: Models) -> ServiceVersion:
    """The service's version, and the loaded models'."""
    loaded: dict[str, list[str]] = {}
    for card, _ in models.cards():
        loaded.setdefault(card.name, []).append(card.version)
    return ServiceVersion(version=__version__, python=platform.python_version(), models=loaded)


@router.get("/", include_in_schema=False)
async def root() -> RedirectResponse:
    return RedirectResponse("/docs")
