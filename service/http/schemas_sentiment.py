"""The wire of /sentiment: requests and responses, their limits and examples."""

from typing import Annotated, Any

from pydantic import Field, FiniteFloat, WithJsonSchema

from ..serving.reviews import MAX_CHARACTERS
from .schema_parts import MAX_ITEMS, Request, Response, with_example
from .schemas import PROBLEM, Problem, WarningBody

SENTIMENT: dict[str, Any] = {
    "model": "sentiment",
    "version": "1",
    "label": "positive",
    "confidence": 0.948,
    "probabilities": {"negative": 0.014, "neutral": 0.038, "positive": 0.948},
    "score": 0.934,
    "uncertain": False,
    "mixed": False,
    "tokens": {"total": 8, "read": 8, "unknown": 0},
    "explanation": [
        {"start": 0, "end": 1, "text": "A", "weight": 0.07},
        {"start": 2, "end": 6, "text": "warm", "weight": 0.71},
        {"start": 8, "end": 13, "text": "funny", "weight": 0.82},
        {"start": 14, "end": 17, "text": "and", "weight": 0.15},
        {"start": 18, "end": 29, "text": "beautifully", "weight": 1.18},
        {"start": 30, "end": 35, "text": "acted", "weight": 0.34},
        {"start": 36, "end": 40, "text": "film", "weight": 0.11},
        {"start": 40, "end": 41, "text": ".", "weight": -0.04},
    ],
    "sentences": [{"start": 0, "end": 41, "label": "positive", "confidence": 0.948}],
    "warnings": [],
}

Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_CHARACTERS,
        description="such as a review; not all white space",
        examples=["A warm, funny and beautifully acted film."],
    ),
]


SentimentModel = Annotated[
    str | None,
    Field(
        None,
        max_length=64,
        description="the sentiment model that answers; default: the one that `GET /models` marks with `task_default`",
        examples=["sentiment"],
    ),
]
SentimentVersion = Annotated[
    str | None,
    Field(
        None,
        max_length=16,
        description="of the `model` named, or of the default one; default: that which GET /models shows",
        examples=["1"],
    ),
]


class SentimentOptions(Request):
    explain: Annotated[bool, Field(strict=True, description="whether to say what each word adds")] = False
    sentences: Annotated[bool, Field(strict=True, description="whether to judge each sentence too")] = False
    model: SentimentModel
    version: SentimentVersion


class SentimentRequest(SentimentOptions):
    text: Text


class SentimentBatchRequest(SentimentOptions):
    ITEMS = "texts"

    texts: Annotated[
        list[Annotated[Any, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS})]],
        Field(
            min_length=1, max_length=MAX_ITEMS, description="each as `text` of a single request", examples=[["Superb!"]]
        ),
    ]


class Tokens(Response):
    total: int
    read: int
    unknown: int = Field(description="of those read, not in the vocabulary; the model reads how they are spelt")


class _Span(Response):
    start: int = Field(description="of the text as sent, in Unicode code points")
    end: int = Field(description="the code point after its last")


class Reason(_Span):
    text: str
    weight: FiniteFloat = Field(
        description="what it adds to the logit of the class named by `label`, less the mean of what it adds to the others"
    )


class Sentence(_Span):
    label: str
    confidence: FiniteFloat = Field(ge=0, le=1, description="of this sentence read alone")


class SentimentResponse(Response):
    model_config = with_example(SENTIMENT)

    model: str
    version: str
    label: str = Field(description="the likeliest of the card's `classes`")
    confidence: FiniteFloat = Field(ge=0, le=1, description="its probability")
    probabilities: dict[str, Annotated[FiniteFloat, Field(ge=0, le=1)]] = Field(
        description="of every class, in the order of the card's `classes`; calibrated, and 1 together"
    )
    score: Annotated[FiniteFloat, Field(ge=-1, le=1)] | None = Field(
        description="probability of the positive class less that of the negative class (the card's `poles`); null for classes "
        "without opposites"
    )
    uncertain: bool = Field(
        description="confidence under the card's threshold for texts of this length, too much unknown, another language, or "
        "a text unlike those that the model has learnt from"
    )
    mixed: bool = Field(
        description="some sentence speaks for the positive class and another for the negative one, each by at least what the "
        "card's rule `mixed` asks for. The rule reads the evidence of the sentences within the whole text: the `sentences` "
        "below are each read alone, and do not change it. False for classes without opposites"
    )
    tokens: Tokens
    explanation: list[Reason] | None = Field(
        None,
        description="null unless asked for: every word read, among them emoji and ends of sentences. The weights and the card's "
        "`explanation_baseline` (the number of this class less the mean of the others) sum to the log of the probability of "
        "this class less the mean log of the others; for two classes these are the log odds",
    )
    sentences: list[Sentence] | None = Field(None, description="null unless asked for: every sentence with a word")
    warnings: list[WarningBody]


class TextError(Response):
    error: Problem


class SentimentBatchResponse(Response):
    model_config = with_example({"results": [SENTIMENT, {"error": PROBLEM}]})

    results: list[SentimentResponse | TextError] = Field(description="in the order asked")
