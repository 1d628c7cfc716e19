"""POST /sentiment and /sentiment/batch."""

from typing import Any

from pydantic_core import to_json

from ...serving.reviews import ReviewAnswer, ReviewOptions, predict_many, predict_one
from ..predict_route import PredictRoute
from ..request import RequestContext
from ..schemas_sentiment import (
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentOptions,
    SentimentRequest,
    SentimentResponse,
)
from .common import PredictRouter, batch_json, item_problem


async def sentiment(body: SentimentRequest, context: RequestContext) -> bytes:
    """Tell which class a text is of (positive, neutral or negative, as the model has learnt), and how sure that is."""
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
            context.model, context.version = outcome.card.name, outcome.card.version
            results.append(to_json(_response(body.texts[index], outcome)))
        else:
            results.append(to_json({"error": item_problem(outcome, context, f"/texts/{index}", field="/text")}))
    return batch_json(results)


def _options(body: SentimentOptions) -> ReviewOptions:
    return ReviewOptions(body.explain, body.sentences, body.version, body.model)


def _response(text: str, answer: ReviewAnswer) -> dict[str, Any]:
    """A SentimentResponse as a JSON object."""
    card, prediction, explanation, sentences = answer
    probabilities = dict(zip(card.classes, prediction.probabilities, strict=True))
    poles = card.poles
    return {
        "model": card.name,
        "version": card.version,
        "label": card.classes[prediction.label],
        "confidence": prediction.confidence,
        "probabilities": probabilities,
        "score": None if poles is None else probabilities[poles.positive] - probabilities[poles.negative],
        "uncertain": prediction.uncertain,
        "mixed": prediction.mixed,
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
        "sentences": sentences and [sentence._asdict() for sentence in sentences],
        "warnings": [warning._asdict() for warning in prediction.warnings],
    }


PREDICT_ROUTES = {
    "/sentiment": PredictRoute(SentimentRequest, SentimentResponse, sentiment),
    "/sentiment/batch": PredictRoute(SentimentBatchRequest, SentimentBatchResponse, sentiment_batch),
}
router = PredictRouter("sentiment", PREDICT_ROUTES)
