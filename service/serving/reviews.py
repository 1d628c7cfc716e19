"""How texts are asked of the sentiment classifier: one or many, with explanations and sentences where wanted."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from service.artifacts.card import SentimentCard
from service.errors import GatecastError, InvalidRequest, NotOffered, UnreadableText
from service.interfaces import Caller
from service.sentiment.classifier import Review, Sentiment, TokenAttribution
from service.sentiment.sentences import split_sentences
from service.serving.batching import Answer
from service.serving.registry import LoadedClassifier, Registry

MAX_CHARACTERS = 20_000  # of a text
MAX_SENTENCES = 5_000  # of all texts of a request
PREPARED_AT_ONCE = 32  # texts that are split into words, or explained, before other requests have their turn


class ReviewOptions(NamedTuple):
    """What holds for all texts of a request."""

    explain: bool
    sentences: bool
    version: str | None


class Sentence(NamedTuple):
    """One sentence, text[start:end], and the probability that it is positive when it is read alone."""

    start: int
    end: int
    positive: float


class ReviewAnswer(NamedTuple):
    """The prediction of one text, and what was asked for beside it."""

    card: SentimentCard
    prediction: Sentiment
    explanation: list[TokenAttribution] | None = None
    sentences: list[Sentence] | None = None


async def predict_one(registry: Registry, options: ReviewOptions, text: str, caller: Caller) -> ReviewAnswer:
    """Predict the sentiment of one text. Raises GatecastError."""
    model = _classifier(registry, options)
    review = model.predictor.prepare(text)
    answer = await model.batcher.submit(review, caller.deadline, caller.is_disconnected)
    caller.record(answer.queue_seconds, answer.compute_seconds)
    explanation = model.predictor.attributions(text, answer.result) if options.explain else None
    sentences = (await _sentences(model, [text], caller))[0] if options.sentences else None
    return ReviewAnswer(model.predictor.card, answer.result, explanation, sentences)


async def predict_many(
    registry: Registry, options: ReviewOptions, texts: Sequence[Any], caller: Caller
) -> list[ReviewAnswer | Exception]:
    """Predict many texts: an answer or an error for each, in order. Raises GatecastError for all of them."""
    model = _classifier(registry, options)
    outcomes: list[ReviewAnswer | Exception] = []
    for text, outcome in zip(texts, await _predictions(model, texts, caller), strict=True):
        if isinstance(outcome, Exception):
            outcomes.append(outcome)
            continue
        explanation = model.predictor.attributions(text, outcome) if options.explain else None
        outcomes.append(ReviewAnswer(model.predictor.card, outcome, explanation))
        if options.explain:
            await _yield(len(outcomes))
    return await _with_sentences(model, texts, outcomes, caller) if options.sentences else outcomes


async def _predictions(model: LoadedClassifier, texts: Sequence[str], caller: Caller) -> list[Sentiment | Exception]:
    """The prediction of every text, or its error."""
    reviews: list[Review | GatecastError] = []
    for text in texts:
        reviews.append(_prepare(model, text))
        await _yield(len(reviews))
    readable = [review for review in reviews if isinstance(review, Review)]
    answers = iter(await model.batcher.submit_many(readable, caller.deadline, caller.is_disconnected))
    predictions: list[Sentiment | Exception] = []
    for review in reviews:
        answer = next(answers) if isinstance(review, Review) else review
        if isinstance(answer, Answer):
            caller.record(answer.queue_seconds, answer.compute_seconds)
        predictions.append(answer.result if isinstance(answer, Answer) else answer)
    return predictions


async def _with_sentences(
    model: LoadedClassifier, texts: Sequence[str], outcomes: list[ReviewAnswer | Exception], caller: Caller
) -> list[ReviewAnswer | Exception]:
    """The answers with their sentences."""
    answered = [text for text, outcome in zip(texts, outcomes, strict=True) if isinstance(outcome, ReviewAnswer)]
    sentences = iter(await _sentences(model, answered, caller))
    return [
        outcome._replace(sentences=next(sentences)) if isinstance(outcome, ReviewAnswer) else outcome
        for outcome in outcomes
    ]


async def _sentences(model: LoadedClassifier, texts: Sequence[str], caller: Caller) -> list[list[Sentence]]:
    """Every sentence of every text, predicted as a text of its own."""
    spans = []
    for text in texts:
        spans.append(split_sentences(text))
        await _yield(len(spans))
    count = sum(map(len, spans))
    if count > MAX_SENTENCES:
        raise InvalidRequest(
            f"the texts have {count} sentences together; at most {MAX_SENTENCES} are judged in one request",
            pointer="/sentences",
        )
    reviews: list[Review] = []
    for text, of_text in zip(texts, spans, strict=True):
        for start, end in of_text:
            reviews.append(model.predictor.prepare(text[start:end]))
            await _yield(len(reviews))
    answers = iter(await model.batcher.submit_many(reviews, caller.deadline, caller.is_disconnected))
    return [[Sentence(start, end, _result(next(answers)).positive) for start, end in of_text] for of_text in spans]


def _result(answer: Answer[Sentiment] | Exception) -> Sentiment:
    if isinstance(answer, Exception):
        raise answer
    return answer.result


def _classifier(registry: Registry, options: ReviewOptions) -> LoadedClassifier:
    model = registry.classifier(options.version)
    if options.explain and model.predictor.card.explanation_baseline is None:
        raise NotOffered("the loaded model gives no reasons; leave `explain` out or send false", pointer="/explain")
    return model


def _prepare(model: LoadedClassifier, text: Any) -> Review | GatecastError:
    if isinstance(text, GatecastError):  # a text that could not be read
        return text
    try:
        if not isinstance(text, str):
            raise UnreadableText("the text must be a string", pointer="/text")
        if len(text) > MAX_CHARACTERS:
            raise UnreadableText(
                f"the text has {len(text)} characters; at most {MAX_CHARACTERS} are read", pointer="/text"
            )
        return model.predictor.prepare(text)
    except UnreadableText as error:
        return error


async def _yield(count: int) -> None:
    """Let other requests have their turn after every few texts."""
    if count % PREPARED_AT_ONCE == 0:
        await asyncio.sleep(0)
