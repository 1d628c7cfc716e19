"""How texts are asked of the sentiment classifier: one or many, with explanations and sentences where wanted."""

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ..artifacts.card import SentimentCard
from ..errors import DeadlineExceeded, GatecastError, NotOffered, TooManyAtOnce, UnreadableText
from ..interfaces import Caller
from ..sentiment.classifier import MAX_CHARACTERS as MAX_CHARACTERS  # the routes name it too
from ..sentiment.classifier import Review, TokenAttribution
from ..sentiment.judgement import Sentiment
from ..sentiment.sentences import Span, join_pieces, split_pieces
from .queues import Answer
from .registry import LoadedClassifier, Registry
from .turns import PREPARING_SHARE, Turns, check_any_is_done, models_deadline

MAX_SENTENCES = 5_000  # of all texts of a request


class ReviewOptions(NamedTuple):
    """What holds for all texts of a request."""

    explain: bool
    sentences: bool
    version: str | None = None
    model: str | None = None


class Sentence(NamedTuple):
    """One sentence, text[start:end], and its likeliest class when it is read alone."""

    start: int
    end: int
    label: str
    confidence: float


class ReviewAnswer(NamedTuple):
    """The prediction of one text, and what was asked for beside it."""

    card: SentimentCard
    prediction: Sentiment
    explanation: list[TokenAttribution] | None = None
    sentences: list[Sentence] | None = None


class _Asked(NamedTuple):
    """One text that can be read: what the model is asked, the text itself and then each sentence; and their spans."""

    reviews: list[Review]
    spans: list[Span]


async def predict_one(registry: Registry, options: ReviewOptions, text: str, caller: Caller) -> ReviewAnswer:
    """Predict the sentiment of one text. Raises GatecastError."""
    model = _classifier(registry, options)
    review = model.predictor.prepare(text, options.explain)
    answer = await model.batcher.submit(review, caller.deadline, caller.is_disconnected)
    caller.record(answer.queue_seconds, answer.compute_seconds, answer.items, answer.started, model.predictor.card)
    if not (options.explain or options.sentences):
        return ReviewAnswer(model.predictor.card, answer.result)
    turns = Turns(caller)
    explanation = model.predictor.attributions(text, answer.result) if options.explain else None
    await turns.next()
    sentences = await _sentences(model, text, caller, turns) if options.sentences else None
    return ReviewAnswer(model.predictor.card, answer.result, explanation, sentences)


async def _sentences(model: LoadedClassifier, text: str, caller: Caller, turns: Turns) -> list[Sentence]:
    """Every sentence of one text, predicted as a text of its own."""
    spans = await _split(text, turns)
    reviews = await _prepare_sentences(model, text, spans, turns)
    answers = await model.batcher.submit_many(reviews, caller.deadline, caller.is_disconnected)
    return _judged(model, spans, [_result(answer) for answer in answers])


async def predict_many(
    registry: Registry, options: ReviewOptions, texts: Sequence[Any], caller: Caller
) -> AsyncIterator[ReviewAnswer | Exception]:
    """Predict many texts: an answer or an error for each, in order. Raises GatecastError for all of them.

    A text that is not done by the caller's deadline, with its sentences and its explanation, gets DeadlineExceeded; it is
    raised if no text is done. Explanations are made one by one: together they may be many times as large as the texts.
    """
    model = _classifier(registry, options)
    asked = await _prepare_all(model, options, texts, caller)
    reviews = [review for each in asked if isinstance(each, _Asked) for review in each.reviews]
    answers = iter(await model.batcher.submit_many(reviews, models_deadline(caller), caller.is_disconnected))
    turns = Turns(caller)
    outcomes: list[ReviewAnswer | Exception] = []
    for each in asked:
        outcomes.append(_collect(model, options, each, answers, caller) if isinstance(each, _Asked) else each)
        await turns.pause()
    check_any_is_done(outcomes)
    for text, outcome in zip(texts, outcomes, strict=True):
        if options.explain and isinstance(outcome, ReviewAnswer):
            yield await _explained(model, text, outcome, turns)
        else:
            await turns.pause()
            yield outcome


async def _prepare_all(
    model: LoadedClassifier, options: ReviewOptions, texts: Sequence[Any], caller: Caller
) -> list[_Asked | GatecastError]:
    """Check and split every text. Those that there is no time for get DeadlineExceeded."""
    turns = Turns(caller, PREPARING_SHARE)
    asked: list[_Asked | GatecastError] = []
    count = 0
    for text in texts:
        if isinstance(text, GatecastError):  # it could not be read
            asked.append(text)
            continue
        try:
            await turns.next()
            review = _prepare(model, text, options.explain)
            spans = await _split(text, turns) if options.sentences else []
            count += len(spans)
            _check_count(count)
            asked.append(_Asked([review, *await _prepare_sentences(model, text, spans, turns)], spans))
        except (UnreadableText, DeadlineExceeded) as error:
            asked.append(error)
    return asked


async def _split(text: str, turns: Turns) -> list[Span]:
    """The spans of the sentences of a text."""
    pieces: list[list[Span]] = []
    await turns.next()
    for piece in split_pieces(text):
        pieces.append(piece)
        await turns.next()
    return join_pieces(pieces)


async def _prepare_sentences(model: LoadedClassifier, text: str, spans: Sequence[Span], turns: Turns) -> list[Review]:
    reviews: list[Review] = []
    for start, end in spans:
        reviews.append(model.predictor.prepare(text[start:end]))
        await turns.next()
    return reviews


def _check_count(sentences: int) -> None:
    if sentences > MAX_SENTENCES:
        raise TooManyAtOnce(
            f"the texts have more than {MAX_SENTENCES} sentences together, the most that are judged in one request; "
            "send fewer texts at once",
            pointer="/sentences",
        )


def _collect(
    model: LoadedClassifier,
    options: ReviewOptions,
    asked: _Asked,
    answers: Iterator[Answer[Sentiment] | Exception],
    caller: Caller,
) -> ReviewAnswer | Exception:
    """The answer of one text, from the next of all `answers`, or the first error."""
    own = list(islice(answers, len(asked.reviews)))
    for answer in own:
        if isinstance(answer, Exception):
            return answer
        caller.record(answer.queue_seconds, answer.compute_seconds, answer.items, answer.started, model.predictor.card)
    predictions = [_result(answer) for answer in own]
    sentences = _judged(model, asked.spans, predictions[1:]) if options.sentences else None
    return ReviewAnswer(model.predictor.card, predictions[0], sentences=sentences)


def _judged(model: LoadedClassifier, spans: Sequence[Span], predictions: Sequence[Sentiment]) -> list[Sentence]:
    """Every sentence with its class."""
    classes = model.predictor.card.classes
    return [
        Sentence(*span, classes[prediction.label], prediction.confidence)
        for span, prediction in zip(spans, predictions, strict=True)
    ]


async def _explained(
    model: LoadedClassifier, text: str, answer: ReviewAnswer, turns: Turns
) -> ReviewAnswer | DeadlineExceeded:
    """The answer with what each word adds, or DeadlineExceeded."""
    try:
        await turns.next()
    except DeadlineExceeded as error:
        await turns.pause()
        return error
    return answer._replace(explanation=model.predictor.attributions(text, answer.prediction))


def _result(answer: Answer[Sentiment] | Exception) -> Sentiment:
    if isinstance(answer, Exception):
        raise answer
    return answer.result


def _classifier(registry: Registry, options: ReviewOptions) -> LoadedClassifier:
    model = registry.classifier(options.model, options.version)
    if options.explain and model.predictor.card.explanation_baseline is None:
        raise NotOffered("the loaded model gives no reasons; leave `explain` out or send false", pointer="/explain")
    return model


def _prepare(model: LoadedClassifier, text: Any, explain: bool) -> Review:
    """Check one text of a batch, which may be anything. Raises UnreadableText."""
    if not isinstance(text, str):
        raise UnreadableText("the text must be a string", pointer="/text")
    if len(text) > MAX_CHARACTERS:
        raise UnreadableText(f"the text has {len(text)} characters; at most {MAX_CHARACTERS} are read", pointer="/text")
    return model.predictor.prepare(text, explain)
