"""POST /predict: texts classified for Hugging Face's InferenceClient and the clients of text-embeddings-inference (TEI).

Both ask one path. InferenceClient sends `parameters` and reads nested lists; TEI's clients send a string and read one list,
or a batch of lists of one string each and read nested lists. The default sentiment model answers.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, Strict, WithJsonSchema
from pydantic_core import to_json

from ...errors import (
    DeadlineExceeded,
    Fault,
    GatecastError,
    InvalidRequest,
    MalformedBody,
    ModelFault,
    NotOffered,
    NotReady,
    Overloaded,
    TooManyAtOnce,
    TooManyRequests,
)
from ...serving.reviews import MAX_CHARACTERS, ReviewAnswer, ReviewOptions, predict_many
from ..error_forms import JSON, ErrorForm, WrittenError, text_of
from ..long_arrays import LongArray
from ..predict_route import PredictRoute
from ..request import RequestContext
from ..routes.common import PredictRouter
from ..schema_parts import MAX_ITEMS, Request, Response
from . import tei_facts

MAX_LABELS = 50
TOO_LARGE, UNPROCESSABLE, FAILED, BUSY = 413, 422, 424, 429  # TEI's statuses
PAIR = (
    'a pair of texts is for models that compare two; send one text, or a batch as [["first"], ["second"]], each text in a list '
    "of its own"
)
TEXTS: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": r"\S"},
        {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ITEMS,
            "items": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": r"\S"},
            },
        },
    ]
}


Flag = Annotated[bool, Strict()]


class ClassificationParameters(Request):
    top_k: Annotated[int | None, Field(None, ge=1, le=MAX_LABELS, description="labels that are wanted; default: all")]
    function_to_apply: Annotated[
        str | None, Field(None, max_length=16, description="softmax: scores are probabilities", examples=["softmax"])
    ]


class PredictRequest(Request):
    LONG: ClassVar = {"inputs": LongArray(most=MAX_ITEMS, numbers=False)}

    inputs: Annotated[
        Any,
        WithJsonSchema(TEXTS),
        Field(description="one text; or many, each in a list of its own", examples=["A fine film."]),
    ]
    parameters: Annotated[ClassificationParameters | None, Field(None, description="the reply is nested if it is sent")]
    truncate: Annotated[Flag | None, Field(None, description="long texts are always cut, as the model's card says")]
    truncation_direction: Annotated[
        str | None, Field(None, max_length=16, description="Right; the model's card says more", examples=["Right"])
    ]
    raw_scores: Annotated[Flag | None, Field(None, description="false: scores are probabilities", examples=[False])]


class ClassScore(Response):
    label: str
    score: float


class TeiError(Response):
    error: str
    error_type: str


ScoreLists = Annotated[
    list[ClassScore | list[ClassScore]],
    Field(
        description="the likeliest label first; nested for a batch, or where `parameters` were sent",
        examples=[[{"label": "positive", "score": 0.98}, {"label": "negative", "score": 0.02}]],
    ),
]


async def predict(body: PredictRequest, context: RequestContext) -> bytes:
    """Classify texts as Hugging Face's clients ask for it: the score of each label, the highest first."""
    top = _top(body)
    texts, is_batch = _texts(body.inputs)
    context.charge(len(texts))
    results: list[bytes] = []
    async for outcome in predict_many(context.registry, ReviewOptions(False, False), texts, context):
        if not isinstance(outcome, ReviewAnswer):
            raise _refusal(outcome, len(results), is_batch)
        context.model, context.version = outcome.card.name, outcome.card.version
        results.append(to_json(_scores(outcome)[:top]))
    if is_batch or body.parameters is not None:
        return b"".join([b"[", b",".join(results), b"]"])
    return results[0]


def _top(body: PredictRequest) -> int | None:
    """How many labels are wanted. Raises NotOffered for what the models cannot do."""
    function = body.parameters.function_to_apply if body.parameters is not None else None
    if body.raw_scores or function not in (None, "softmax"):
        raise NotOffered(
            "scores are calibrated probabilities, as softmax gives them; leave `function_to_apply` and `raw_scores` out"
        )
    if body.truncation_direction not in (None, "Right", "right"):
        raise NotOffered(
            "which part of a long text is read is the model's, and in its card; leave `truncation_direction` out"
        )
    return body.parameters.top_k if body.parameters is not None else None


def _texts(inputs: Any) -> tuple[list[Any], bool]:
    """The texts of a request, and whether it is a batch. Raises InvalidRequest."""
    _check_readable("", inputs)
    if isinstance(inputs, str):
        return [inputs], False
    if not isinstance(inputs, list) or not inputs:
        raise _invalid("", 'must be a text, or a batch such as [["first"], ["second"]]')
    if len(inputs) > MAX_ITEMS:
        raise _invalid("", f"must have at most {MAX_ITEMS:,} texts; it has {len(inputs):,}")
    if any(isinstance(each, str) for each in inputs):
        raise NotOffered(f"/inputs: {PAIR}", pointer="/inputs")
    for index, each in enumerate(inputs):
        _check_readable(f"/{index}", each)
        if not isinstance(each, list) or not each or not all(isinstance(text, str) for text in each):
            raise _invalid(f"/{index}", "must be a list of one text")
        if len(each) > 1:
            raise NotOffered(f"/inputs/{index}: {PAIR}", pointer=f"/inputs/{index}")
    return [each[0] for each in inputs], True


def _check_readable(step: str, value: Any) -> None:
    """Raise the reason why a value could not be read."""
    if isinstance(value, InvalidRequest):
        fault = value.faults[0]
        raise _invalid(step + fault.pointer, fault.detail)


def _invalid(step: str, detail: str) -> InvalidRequest:
    return InvalidRequest(f"/inputs{step} {detail}", faults=[Fault(f"/inputs{step}", detail)])


def _refusal(error: Exception, index: int, is_batch: bool) -> Exception:
    """A text that cannot be read refuses the whole request, as TEI does; the refusal names it."""
    if not isinstance(error, InvalidRequest):
        return error
    return _invalid(f"/{index}/0" if is_batch else "", f"cannot be read: {error.detail}")


def _scores(answer: ReviewAnswer) -> list[dict[str, Any]]:
    pairs = zip(answer.card.classes, answer.prediction.probabilities, strict=True)
    return [{"label": label, "score": score} for label, score in sorted(pairs, key=lambda pair: pair[1], reverse=True)]


def as_tei_error(error: GatecastError, path: str, request_id: str) -> WrittenError:  # noqa: ARG001 - the form of forms
    """Write an error as TEI does: its text, and its kind."""
    status, kind = _kind(error)
    return WrittenError(status, JSON, to_json({"error": text_of(error), "error_type": kind}))


def _kind(error: GatecastError) -> tuple[int, str]:
    if isinstance(error, TooManyAtOnce):
        return TOO_LARGE, "Validation"
    if isinstance(error, InvalidRequest | MalformedBody):
        return UNPROCESSABLE, "Validation"
    if isinstance(error, Overloaded | TooManyRequests):
        return BUSY, "Overloaded"
    if isinstance(error, DeadlineExceeded) or error.status == ModelFault.status:
        return FAILED, "Backend"
    return error.status, "Unhealthy" if isinstance(error, NotReady) else "Validation"


PREDICT_ROUTES = {"/predict": PredictRoute(PredictRequest, ScoreLists, predict)}
ERROR_FORMS: Mapping[str, ErrorForm] = {"predict": as_tei_error}
ROUTERS = (PredictRouter("sentiment", PREDICT_ROUTES), tei_facts.router)
