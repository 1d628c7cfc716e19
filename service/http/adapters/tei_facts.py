"""What the clients of text-embeddings-inference ask beside /predict: whether the service is well, and what it serves.

Hugging Face's InferenceClient asks for the same below its own address, /predict.
"""

from typing import Any

from fastapi import APIRouter

from ... import __version__
from ...serving.reviews import MAX_CHARACTERS
from ..routes.common import Models, Service
from ..schema_parts import MAX_ITEMS

router = APIRouter(include_in_schema=False)


@router.get("/health")
@router.get("/predict/health")
async def health(service: Service) -> dict[str, str]:
    """Whether texts can be sent. Raises NotReady."""
    if not service.lifecycle.is_ready:
        raise service.lifecycle.not_ready()
    return {"status": "ready"}


@router.get("/info")
@router.get("/predict/info")
async def info(loaded: Models) -> dict[str, Any]:
    """The sentiment model that answers, in the names of text-embeddings-inference. Raises UnknownModel."""
    model = loaded.classifier()
    card = model.predictor.card
    labels = {str(index): label for index, label in enumerate(card.classes)}
    return {
        "model_id": card.name,
        "model_sha": model.digest,
        "model_type": {
            "classifier": {"id2label": labels, "label2id": {label: int(index) for index, label in labels.items()}}
        },
        "max_client_batch_size": MAX_ITEMS,
        "max_input_characters": MAX_CHARACTERS,
        "auto_truncate": True,
        "version": __version__,
    }
