"""POST /sentiment and /sentiment/batch."""

import asyncio
from collections.abc import Sequence
from typing import Any

from service.errors import GatecastError, InvalidRequest, NotOffered, UnreadableText
from service.http.middleware import Asked, PredictRoute
from service.http.routes.common import AskingRouter, outcome, warned, within
from service.http.schemas import (
    MAX_CHARACTERS,
    MAX_SENTENCES_ASKED,
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentOptions,
    SentimentRequest,
    SentimentResponse,
)
from service.sentiment.classifier import Review, Sentiment
from service.sentiment.sentences import split_sentences
from service.serving.batching import Answer
from service.serving.registry import LoadedClassifier

PREPARED_AT_ONCE = 32  # texts of a batch split into words, or explained, before other requests have their turn


async def sentiment(body: SentimentRequest, asked: Asked) -> dict[str, Any]:
    """Tell whether one review is positive or negative, and how sure the model is."""
    model = _offered(asked.models.classifier(body.version), body)
    review = model.predictor.prepare(body.text)
    answer = await model.engine.ask(review, asked.deadline, asked.call.gone)
    asked.call.waited(answer.queued, answer.worked)
    response = _response(model, answer.result)
    if body.explain:
        response["explanation"] = _explanation(model, body.text, answer.result)
    if body.sentences:
        (response["sentences"],) = await _sentences(model, [body.text], asked)
    return response


async def sentiment_batch(body: SentimentBatchRequest, asked: Asked) -> dict[str, Any]:
    """Judge many reviews; one that cannot be read gets its own error and spoils no other."""
    model = _offered(asked.models.classifier(body.version), body)
    items: list[Review | GatecastError] = []
    for index, text in enumerate(body.texts):
        items.append(_prepared(model, text, index))
        await _turn(index)
    readable = [item for item in items if isinstance(item, Review)]
    outcomes = iter(await model.engine.ask_many(readable, asked.deadline, asked.call.gone))
    results: list[dict[str, Any]] = []
    judged: list[int] = []
    for index, item in enumerate(items):
        found: Sentiment | GatecastError
        if isinstance(item, Review):
            answer = next(outcomes)
            found = outcome(answer, asked.call)
        else:
            found = item
        if isinstance(found, Sentiment):
            judged.append(index)
            results.append(_response(model, found))
            if body.explain:
                results[-1]["explanation"] = _explanation(model, body.texts[index], found)
                await _turn(index)
        else:
            results.append({"error": found.problem(asked.call.path, asked.call.request_id)})
    if body.sentences:
        told = await _sentences(model, [body.texts[index] for index in judged], asked)
        for index, lines in zip(judged, told, strict=True):
            results[index]["sentences"] = lines
    return {"results": results}


async def _turn(index: int) -> None:
    """Let other requests have their turn, every so many items."""
    if index % PREPARED_AT_ONCE == PREPARED_AT_ONCE - 1:
        await asyncio.sleep(0)


def _offered(model: LoadedClassifier, body: SentimentOptions) -> LoadedClassifier:
    if body.explain and model.predictor.card.explanation_baseline is None:
        raise NotOffered("the loaded model gives no reasons; leave `explain` out or send false", pointer="/explain")
    return model


def _explanation(model: LoadedClassifier, text: str, found: Sentiment) -> list[dict[str, Any]]:
    return [
        {"start": start, "end": end, "text": text[start:end], "weight": weight}
        for start, end, weight in model.predictor.reasons(text, found)
    ]


async def _sentences(model: LoadedClassifier, texts: Sequence[str], asked: Asked) -> list[list[dict[str, Any]]]:
    """Every sentence of every text, judged as a text of its own."""
    places = []
    for index, text in enumerate(texts):
        places.append(split_sentences(text))
        await _turn(index)
    count = sum(map(len, places))
    if count > MAX_SENTENCES_ASKED:
        raise InvalidRequest(
            f"the texts have {count} sentences together; at most {MAX_SENTENCES_ASKED} are judged in one request",
            pointer="/sentences",
        )
    reviews: list[Review] = []
    for text, found in zip(texts, places, strict=True):
        for start, end in found:
            reviews.append(model.predictor.prepare(text[start:end]))
            await _turn(len(reviews))
    answers = iter(await model.engine.ask_many(reviews, asked.deadline, asked.call.gone))
    return [[_sentence(model, start, end, next(answers)) for start, end in found] for found in places]


def _sentence(model: LoadedClassifier, start: int, end: int, answer: Answer[Sentiment] | Exception) -> dict[str, Any]:
    if isinstance(answer, Exception):
        raise answer
    return {"start": start, "end": end, **_label(model, answer.result.positive)}


def _label(model: LoadedClassifier, positive: float) -> dict[str, Any]:
    negative_class, positive_class = model.predictor.card.classes
    if positive >= 0.5:
        return {"label": positive_class, "confidence": positive}
    return {"label": negative_class, "confidence": 1 - positive}


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
    return {
        "model": card.name,
        "version": card.version,
        **_label(model, found.positive),
        "probabilities": {positive: found.positive, negative: 1 - found.positive},
        "uncertain": found.uncertain,
        "tokens": {"total": found.tokens_total, "read": found.tokens_read, "unknown": found.tokens_unknown},
        "explanation": None,
        "sentences": None,
        "warnings": warned(found.warnings),
    }


ASKING = {
    "/sentiment": PredictRoute(SentimentRequest, SentimentResponse, sentiment),
    "/sentiment/batch": PredictRoute(SentimentBatchRequest, SentimentBatchResponse, sentiment_batch),
}
router = AskingRouter("sentiment", ASKING)
