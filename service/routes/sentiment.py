"""POST /sentiment and /sentiment/batch."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from service.bodies import body, documented
from service.errors import GatecastError, NotOffered, UnreadableText
from service.predictors import Review, Sentiment
from service.registry import LoadedClassifier
from service.routes.common import ASKING, Deadline, Models, Tracing, note, outcome, within
from service.schemas import (
    MAX_CHARACTERS,
    Problem,
    SentimentBatchRequest,
    SentimentBatchResponse,
    SentimentOptions,
    SentimentRequest,
    SentimentResponse,
    TextError,
    Tokens,
    WarningBody,
)

router = APIRouter(tags=["sentiment"], responses=ASKING)


@router.post("/sentiment", openapi_extra=documented(SentimentRequest))
async def sentiment(
    asked: Annotated[SentimentRequest, Depends(body(SentimentRequest))],
    models: Models,
    deadline: Deadline,
    tracing: Tracing,
) -> SentimentResponse:
    """Tell whether one review is positive or negative, and how sure the model is."""
    _offered(asked)
    model = models.classifier(asked.version)
    answer = await model.engine.ask(model.predictor.prepare(asked.text), deadline)
    tracing.waited(answer.queued, answer.worked)
    return _response(model, answer.result)


@router.post("/sentiment/batch", openapi_extra=documented(SentimentBatchRequest))
async def sentiment_batch(
    request: Request,
    asked: Annotated[SentimentBatchRequest, Depends(body(SentimentBatchRequest))],
    models: Models,
    deadline: Deadline,
    tracing: Tracing,
) -> SentimentBatchResponse:
    """Judge many reviews; one that cannot be read gets its own error and spoils no other."""
    _offered(asked)
    model = models.classifier(asked.version)
    items = [_prepared(model, text, index) for index, text in enumerate(asked.texts)]
    answers = await model.engine.ask_many([i for i in items if isinstance(i, Review)], deadline)
    note(tracing, answers)
    outcomes = iter(answers)
    results: list[SentimentResponse | TextError] = []
    for item in items:
        if isinstance(item, Review):
            answer = next(outcomes)
            found = outcome(answer, tracing)
        else:
            found = item
        if isinstance(found, Sentiment):
            results.append(_response(model, found))
        else:
            problem = found.problem(request.url.path, tracing.request_id)
            results.append(TextError(error=Problem(**problem)))
    return SentimentBatchResponse(results=results)


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


def _response(model: LoadedClassifier, found: Sentiment) -> SentimentResponse:
    card = model.predictor.card
    negative, positive = card.classes
    is_positive = found.positive >= 0.5
    return SentimentResponse(
        model=card.name,
        version=card.version,
        label=positive if is_positive else negative,
        confidence=found.positive if is_positive else 1 - found.positive,
        probabilities={positive: found.positive, negative: 1 - found.positive},
        uncertain=found.uncertain,
        tokens=Tokens(total=found.tokens_total, read=found.tokens_read, unknown=found.tokens_unknown),
        warnings=[WarningBody(code=w.code, detail=w.detail) for w in found.warnings],
    )
