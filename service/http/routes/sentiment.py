"""POST /sentiment and /sentiment/batch."""

from typing import Any

from pydantic_core import to_json

from service.artifacts.card import SentimentCard
from service.http.middleware import PredictRoute
from service.http.request import RequestContext
from service.http.routes.common import PredictRouter, batch_json, item_problem
from service.http.schemas import (
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentOptions,
    SentimentRequest,
    SentimentResponse,
)
from service.serving.reviews import ReviewAnswer, ReviewOptions, predict_many, predict_one


async def sentiment(body: SentimentRequest, context: RequestContext) -> bytes:
    """Tell whether one review is positive or negative, and how sure the model is."""
    context.charge(1)
    answer = await predict_one(context.registry, _options(body), body.text, context)
    context.model, context.version = answer.card.name, answer.card.version
    return to_json(_response(body.text, answer))


async def sentiment_batch(body: SentimentBatchRequest, context: RequestContext) -> bytes:
    """Judge many reviews; one that cannot be read gets its own error and spoils no other."""
    context.charge(len(body.texts))
    results: list[bytes] = []
    async for outcome in predict_many(context.registry, _options(body), body.texts, context):
        index = len(results)
        if isinstance(outcome, ReviewAnswer):
            results.append(to_json(_response(body.texts[index], outcome)))
        else:
            results.append(to_json({"error": item_problem(outcome, context, f"/texts/{index}", field="/text")}))
    return batch_json(results)


def _options(body: SentimentOptions) -> ReviewOptions:
    return ReviewOptions(body.explain, body.sentences, body.version)


def _response(text: str, answer: ReviewAnswer) -> dict[str, Any]:
    """A SentimentResponse as a JSON object."""
    card, prediction, explanation, sentences = answer
    negative, positive = card.classes
    return {
        "model": card.name,
        "version": card.version,
        **_label(card, prediction.positive),
        "probabilities": {positive: prediction.positive, negative: 1 - prediction.positive},
        "uncertain": prediction.uncertain,
        "tokens": {
            "total": prediction.tokens_total,
            "read": prediction.tokens_read,
            "unknown": prediction.tokens_unknown,
        },
        "explanation": explanation
        and [
            {"start": start, "end": end, "text": text[start:end], "weight": weight}
            for start, end, weight in explanation
        ],
        "sentences": sentences
        and [{"start": start, "end": end, **_label(card, probability)} for start, end, probability in sentences],
        "warnings": [warning._asdict() for warning in prediction.warnings],
    }


def _label(card: SentimentCard, positive: float) -> dict[str, Any]:
    negative_class, positive_class = card.classes
    if positive >= 0.5:
        return {"label": positive_class, "confidence": positive}
    return {"label": negative_class, "confidence": 1 - positive}


PREDICT_ROUTES = {
    "/sentiment": PredictRoute(SentimentRequest, SentimentResponse, sentiment),
    "/sentiment/batch": PredictRoute(SentimentBatchRequest, SentimentBatchResponse, sentiment_batch),
}
router = PredictRouter("sentiment", PREDICT_ROUTES)
