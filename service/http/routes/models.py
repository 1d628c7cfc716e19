"""GET /models: what is loaded, and the card of each."""

from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Path
from fastapi.responses import Response

from ...artifacts.card import MAX_HORIZON, AnyCard, ForecastCard
from ...serving.registry import LoadedModel, Registry
from ...serving.selection import default_forecaster
from ..schemas_operations import ModelList, ModelSummary
from .common import Models, problems

router = APIRouter(tags=["models"])
_cards: WeakKeyDictionary[LoadedModel, bytes] = WeakKeyDictionary()
Known = Annotated[str, Path(max_length=64)]
Number = Annotated[str, Path(max_length=16)]


@router.get("/models")
async def models(loaded: Models) -> ModelList:
    """Every loaded version."""
    forecaster = default_forecaster(loaded)
    return ModelList(
        models=[_summary(loaded, model, model is forecaster or loaded.is_default_classifier(model)) for model in loaded]
    )


@router.get("/models/{name}", response_model=AnyCard, responses=problems(404, 422))
async def model(name: Known, loaded: Models) -> Response:
    """The card of the version that answers by default."""
    return _card(loaded.get(name))


@router.get("/models/{name}/versions/{version}", response_model=AnyCard, responses=problems(404, 422))
async def model_version(name: Known, version: Number, loaded: Models) -> Response:
    """The card of one version."""
    return _card(loaded.get(name, version))


def _card(model: LoadedModel) -> Response:
    """A card as JSON. It never changes, and one of ten thousand series takes tens of milliseconds to write."""
    if model not in _cards:
        _cards[model] = model.predictor.card.model_dump_json().encode()
    return Response(_cards[model], media_type="application/json")


def _summary(loaded: Registry, model: LoadedModel, task_default: bool) -> ModelSummary:
    card = model.predictor.card
    return ModelSummary(
        name=card.name,
        version=card.version,
        task=card.task,
        default=loaded.is_default(model),
        share=loaded.share_of(model),
        task_default=task_default,
        engine=model.predictor.backend,
        network=card.network,
        parameters=card.parameters,
        window=card.window if isinstance(card, ForecastCard) else None,
        max_horizon=MAX_HORIZON if isinstance(card, ForecastCard) else None,
        max_tokens=None if isinstance(card, ForecastCard) else card.max_tokens,
    )
