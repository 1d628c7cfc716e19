"""What the client asks for beside forecasts: the models, its key, its use; and, in words, what is not offered."""

import re
from typing import Any

from fastapi import APIRouter, Request

from ....errors import NotFound
from ....forecast.series_reading import HISTORY
from ....serving.registry import LoadedForecaster
from ....serving.selection import default_forecaster
from ...routes.common import Models, Service, problems
from .models import named_forecaster, names_of

router = APIRouter(prefix="/nixtla", tags=["nixtla"])
elsewhere = APIRouter()  # what the client asks first, without the prefix
JOBS = "jobs"
NOT_OFFERED = {  # by how the path begins, without its version
    "finetune": "networks are not fine-tuned in a request; train a version with python -m training, and name it as `model`",
    "simulate": "paths are not simulated; forecast with `level` or `quantiles` says how far readings may lie from the median",
    "explain": "features are not weighed, as the networks read a series alone",
    JOBS: "nothing is done later: forecast, cross_validation and detect_anomalies_online answer at once",
}
RATE_LIMITS = {"RateLimit-Policy": re.compile(r'"(\w+)";q=(\d+)'), "RateLimit": re.compile(r'"(\w+)";r=(\d+)')}
NOT_ANSWERED = {
    "/v2/finetune": ["POST"],
    "/v2/finetuned_models/{name:path}": ["GET", "DELETE"],
    "/v2/simulate": ["POST"],
    "/v2/explain": ["POST"],
    "/{endpoint:path}/async": ["POST"],
    "/{endpoint:path}/jobs/{job:path}": ["GET", "POST"],
}


@router.get("/model_params", responses=problems(404))
async def model_params(loaded: Models, model: str = "timegpt", freq: str = "") -> dict[str, Any]:  # noqa: ARG001
    """How many readings of a series are worth sending, and how many steps a network forecasts at once."""
    forecaster = _forecaster(loaded, model)
    return {"detail": {"input_size": HISTORY, "horizon": forecaster.predictor.card.steps}}


@router.get("/v2/models")
async def models(loaded: Models) -> dict[str, Any]:
    """The names of the loaded forecasters."""
    return {"models": [{"name": name} for name in names_of(loaded)]}


@router.get("/validate_api_key")
async def validate_api_key(service: Service) -> dict[str, Any]:
    """Whoever may ask has a valid key, or needs none."""
    return {"detail": "no key is needed here" if service.access.is_open else "this key is valid"}


@router.get("/usage")
async def usage(request: Request, service: Service) -> dict[str, dict[str, int]]:
    """What the caller may still ask for, where there are limits: by the headers RateLimit-Policy and RateLimit."""
    headers = service.access.limit_headers(request.state.context.caller)
    limits, left = (dict(each.findall(headers.get(name, ""))) for name, each in RATE_LIMITS.items())
    return {name: {"limit": int(limits[name]), "remaining": int(left[name])} for name in limits}


@router.get("/v2/finetuned_models")
async def finetuned_models() -> dict[str, Any]:
    """There are none, as networks are not fine-tuned in a request."""
    return {"finetuned_models": []}


@elsewhere.get("/model_params", include_in_schema=False)
@elsewhere.get("/validate_api_key", include_in_schema=False)
async def without_prefix() -> None:
    """Say where the client has to ask, whose base_url is not the whole one."""
    raise NotFound(f"no such path; the base_url of the Nixtla client ends with {router.prefix} here")


async def not_offered(request: Request) -> None:
    """Say why a path is not answered."""
    raise NotFound(reason_of(request.url.path))


def reason_of(path: str) -> str:
    """Why a path that the client may ask for is not answered. It asks for paths and explanations as jobs."""
    parts = path.split("/")
    own = (words for begin, words in NOT_OFFERED.items() if any(part.startswith(begin) for part in parts))
    return next(own, NOT_OFFERED[JOBS])


for path, methods in NOT_ANSWERED.items():
    router.add_api_route(path, not_offered, methods=methods, include_in_schema=False)


def _forecaster(loaded: Models, model: str) -> LoadedForecaster:
    """Who would forecast. Raises UnknownModel."""
    name = named_forecaster(model, loaded)
    default = default_forecaster(loaded)
    return default if name is None and default is not None else loaded.forecasters(name, None)[0]
