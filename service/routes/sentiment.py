"""POST /sentiment and /sentiment/batch."""

import asyncio
from typing import Any

from service.errors import GatecastError, NotOffered, UnreadableText
from service.front import Asked, Asking
from service.predictors import Review, Sentiment
from service.registry import LoadedClassifier
from service.routes.common import AskingRouter, outcome, warned, within
from service.schemas import (
    MAX_CHARACTERS,
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentOptions,
    SentimentRequest,
    SentimentResponse,
)

PREPARED_AT_ONCE = 32  # texts of a batch split into words before other requests have their turn


async def sentiment(body: SentimentRequest, asked: Asked) -> dict[str, Any]:
    """Tell whether one review is positive or negative, and how sure the model is."""
    _offered(body)
    model = asked.models.classifier(body.version)
    review = model.predictor.prepare(body.text)
    answer = await model.engine.ask(review, asked.deadline, asked.call.gone)
    asked.call.waited(answer.queued, answer.worked)
    return _response(model, answer.result)


async def sentiment_batch(body: SentimentBatchRequest, asked: Asked) -> dict[str, Any]:
    """Judge many reviews; one that cannot be read gets its own error and spoils no other."""
    _offered(body)
    model = asked.models.classifier(body.version)
    items: list[Review | GatecastError] = []
    for index, text in enumerate(body.texts):
        items.append(_prepared(model, text, index))
        if index % PREPARED_AT_ONCE == PREPARED_AT_ONCE - 1:
            await asyncio.sleep(0)
    readable = [item for item in items if isinstance(item, Review)]
    outcomes = iter(await model.engine.ask_many(readable, asked.deadline, asked.call.gone))
    results = []
    for item in items:
        found: Sentiment | GatecastError
        if isinstance(item, Review):
            answer = next(outcomes)
            found = outcome(answer, asked.call)
        else:
            found = item
        if isinstance(found, Sentiment):
            results.append(_response(model, found))
        else:
            results.append({"error": found.problem(asked.call.path, asked.call.request_id)})
    return {"results": results}


def _offered(asked: SentimentOptions) -> None:
    for name in ("explain", "sentences"):
        if getattr(asked, name):
            raise NotOffered(f"the loaded model cannot `{name}` yet; leave it out or send false", pointer=f"/{name}")


def _prepared(model: LoadedClassifier, text: str, index: int) -> Review | GatecastError:
    try:
        if len(text) > MAX_CHARACTERS:
            raise UnreadableText(
                f"the text has {len(text)} characters; at most {MAX_CHARACTERS} are read", pointer="/text"
            )
        return model.predictor.prepare(text)
    except UnreadableText as error:
        error.faults = [fault._replace(pointer="") for fault in error.faults]
        return within(error, f"/texts/{index}")


def _response(model: LoadedClassifier, found: Sentiment) -> dict[str, Any]:
    """A SentimentResponse as a dictionary."""
    card = model.predictor.card
    negative, positive = card.classes
    is_positive = found.positive >= 0.5
    return {
        "model": card.name,
        "version": card.version,
        "label": positive if is_positive else negative,
        "confidence": found.positive if is_positive else 1 - found.positive,
        "probabilities": {positive: found.positive, negative: 1 - found.positive},
        "uncertain": found.uncertain,
        "tokens": {"total": found.tokens_total, "read": found.tokens_read, "unknown": found.tokens_unknown},
        "explanation": None,
        "sentences": None,
        "warnings": warned(found.warnings),
    }


ASKING = {
    "/sentiment": Asking(SentimentRequest, SentimentResponse, sentiment),
    "/sentiment/batch": Asking(SentimentBatchRequest, SentimentBatchResponse, sentiment_batch),
}
router = AskingRouter("sentiment", ASKING)
