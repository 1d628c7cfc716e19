"""What the clients ask beside inference: whether the server and its models are ready, and what tensors a model has."""

from typing import Annotated

from fastapi import APIRouter, Path

from .... import __version__
from ....artifacts.card import ForecastCard
from ....errors import NotFound
from ....serving.registry import LoadedModel, Registry
from ...routes.common import Models, Service, problems
from .infer import FORECAST_OUTPUTS, READINGS, SENTIMENT_OUTPUTS, TEXT
from .schemas import (
    Live,
    ModelMetadata,
    ModelNames,
    ModelReady,
    Ready,
    ServerMetadata,
    TensorMetadata,
)

NAME, EXTENSIONS = "gatecast", ["binary_tensor_data"]
PLATFORM = {"onnx": "onnxruntime_onnx", "tensorflow": "tensorflow_savedmodel"}
ONE, TWO, THREE = [-1], [-1, -1], [-1, -1, -1]
OUTPUT_SHAPES = {"label": ONE, "uncertain": ONE, "forecast": TWO, "lower": THREE, "upper": THREE}
STATISTICS = "stats"  # of all models, where Triton's client asks as for a model of that name
NO_EXTENSION = (
    "this extension of the protocol is not offered; GET /v2 lists those that are. Models are loaded by POST /admin/reload, and "
    "metrics are at /metrics"
)
# Triton's other extensions, by the paths that its client asks for
NOT_OFFERED = (
    "/repository/{rest:path}",
    "/models/{name}/config",
    "/models/{name}/versions/{version}/config",
    "/models/{name}/stats",
    "/models/{name}/versions/{version}/stats",
    "/models/{name}/trace/setting",
    "/models/{name}/generate",
    "/trace/setting",
    "/logging",
    "/systemsharedmemory/{rest:path}",
    "/cudasharedmemory/{rest:path}",
)

router = APIRouter(prefix="/v2", tags=["inference"])
Known = Annotated[str, Path(max_length=64)]
Number = Annotated[str, Path(max_length=16)]


@router.get("")
async def server() -> ServerMetadata:
    """The server, and the extensions of the protocol that it has."""
    return ServerMetadata(name=NAME, version=__version__, extensions=EXTENSIONS)


@router.get("/health/live")
async def live() -> Live:
    """The process is up."""
    raise NotImplementedError  # the middleware answers


@router.get("/health/ready")
async def ready() -> Ready:
    """Models are loaded and proven, and the service is not about to stop."""
    raise NotImplementedError  # the middleware answers


@router.get("/models")
async def models(loaded: Models) -> ModelNames:
    """The names of the loaded models."""
    return ModelNames(models=list(dict.fromkeys(model.predictor.card.name for model in loaded)))


@router.get("/models/{name}", responses=problems(404, 422))
async def model(name: Known, loaded: Models) -> ModelMetadata:
    """The tensors of the version that answers by default."""
    if name == STATISTICS and name not in (await models(loaded)).models:
        raise NotFound(NO_EXTENSION)
    return _metadata(loaded.get(name), loaded)


@router.get("/models/{name}/versions/{version}", responses=problems(404, 422))
async def model_version(name: Known, version: Number, loaded: Models) -> ModelMetadata:
    """The tensors of one version."""
    return _metadata(loaded.get(name, version), loaded)


@router.get("/models/{name}/ready", responses=problems(404, 422))
async def model_ready(name: Known, loaded: Models, service: Service) -> ModelReady:
    """Whether a model can be asked: whether it is loaded, and the service is not about to stop."""
    return _ready(loaded.get(name), service)


@router.get("/models/{name}/versions/{version}/ready", responses=problems(404, 422))
async def model_version_ready(name: Known, version: Number, loaded: Models, service: Service) -> ModelReady:
    """Whether one version can be asked."""
    return _ready(loaded.get(name, version), service)


def _ready(model: LoadedModel, service: Service) -> ModelReady:
    if not service.lifecycle.is_ready:
        raise service.lifecycle.not_ready()
    return ModelReady(name=model.predictor.card.name, ready=True)


def _metadata(model: LoadedModel, loaded: Registry) -> ModelMetadata:
    card = model.predictor.card
    if isinstance(card, ForecastCard):
        inputs = [TensorMetadata(name=READINGS, datatype="FP64", shape=TWO)]
        outputs = [_output(name, datatype, OUTPUT_SHAPES[name]) for name, datatype in FORECAST_OUTPUTS.items()]
        parameters: dict[str, object] = {"horizon": card.horizon}
    else:
        shapes = OUTPUT_SHAPES | {"probability": [-1, len(card.classes)]}
        inputs = [TensorMetadata(name=TEXT, datatype="BYTES", shape=ONE)]
        outputs = [_output(name, datatype, shapes[name]) for name, datatype in SENTIMENT_OUTPUTS.items()]
        parameters = {"classes": card.classes}
    return ModelMetadata(
        name=card.name,
        versions=[each.predictor.card.version for each in loaded if each.predictor.card.name == card.name],
        platform=PLATFORM[model.predictor.backend],
        inputs=inputs,
        outputs=outputs,
        parameters=parameters,
    )


def _output(name: str, datatype: str, shape: list[int]) -> TensorMetadata:
    return TensorMetadata(name=name, datatype=datatype, shape=shape)


async def extension() -> None:
    """An extension of Triton's that is not offered."""
    raise NotFound(NO_EXTENSION)


for path in NOT_OFFERED:
    router.add_api_route(path, extension, methods=["GET", "POST"], include_in_schema=False)
