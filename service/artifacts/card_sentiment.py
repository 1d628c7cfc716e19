"""The card of a sentiment model. A leaf but for what all cards have; `card` has all of it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from .card_base import Card, Record

ClassName = Annotated[str, Field(min_length=1, max_length=64)]


class TrainingSet(Record):
    """One of the data sets that a model has learnt from."""

    name: str
    rows: dict[str, int] = Field(description="class → how many rows were used")
    domain: str = Field(description="what the texts are: film reviews, tweets, …")
    licence: str | None = Field(None, description="null where the source states none")
    home: str = Field(description="a URL, or a repository")
    label_quality: str = Field(description="who labelled it, how, and how far it can be trusted")
    sha256: str = Field(description="of the file as read")


def check_ascending(max_tokens: Sequence[int | None]) -> None:
    """Raise ValueError unless the lengths of thresholds ascend and the last one, alone, has no bound."""
    *bounds, last = max_tokens
    whole = [bound for bound in bounds if bound is not None]
    if last is not None or len(whole) < len(bounds) or any(before >= after for before, after in pairwise(whole)):
        raise ValueError("the thresholds' max_tokens must ascend, and the last one alone must be null")


class ConfidenceThreshold(Record):
    """What confidence makes an answer certain, for texts up to a length; and how often it was reached, and right."""

    max_tokens: int | None = Field(None, ge=1, description="of the tokens read; null for any length")
    confidence: FiniteFloat = Field(ge=0, le=1, description="below it an answer is marked uncertain")
    coverage: FiniteFloat = Field(ge=0, le=1, description="share of the measured texts of these lengths at or over it")
    accuracy_covered: FiniteFloat = Field(ge=0, le=1, description="accuracy on that share")


class Calibration(Record):
    """How far the probabilities can be trusted."""

    temperature: FiniteFloat = Field(gt=0, description="divides the logits; already in the network")
    fitted_on: str
    expected_calibration_error: FiniteFloat
    bins: int
    measured_on: str
    confidence_thresholds: list[ConfidenceThreshold] = Field(
        min_length=1, max_length=20, description="the first whose `max_tokens` is at least the tokens read holds"
    )
    threshold_choice: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_ascending([threshold.max_tokens for threshold in self.confidence_thresholds])
        return self


class Language(Record):
    """A text is of another language if few of its words are the language's commonest ones and many are unknown.

    Words here are tokens with a letter and without a digit. Punctuation, emoji, numbers, and what stands for addresses and
    names of users say nothing of the language: they count neither for it nor against it.
    """

    code: Literal["en"]
    common_words: int = Field(ge=1, description="the first so many words of the vocabulary are common")
    least_common: FiniteFloat = Field(ge=0, le=1, description="share of these among the words read")
    most_unknown: FiniteFloat = Field(ge=0, le=1, description="share of unknown words among them")
    least_tokens: int = Field(ge=1, description="texts of fewer words are not told")
    threshold_choice: str


class DomainThreshold(Record):
    """How typical a text of some length must be of the training texts."""

    max_tokens: int | None = Field(None, ge=1, description="of the tokens read; null for any length")
    least: FiniteFloat = Field(description="a text whose mean is below it is unlike the training texts")
    share: FiniteFloat = Field(ge=0, le=1, description="share of the measured texts of these lengths below it")


class DomainLimits(Record):
    """Which texts are unlike the training texts, by how common their words are there.

    `domain.npy` has a number for each word of the vocabulary, int8: how much commoner it is in the training texts than in
    general, as a logarithm in steps of `scale`. A text has the mean over its different words.
    """

    scale: FiniteFloat = Field(gt=0, description="what a step of the numbers is worth")
    least_tokens: int = Field(ge=1, description="texts of fewer tokens are not judged")
    most_tokens: int | None = Field(None, ge=1, description="a text of more tokens is unlike; null for no such limit")
    thresholds: list[DomainThreshold] = Field(
        min_length=1, max_length=20, description="the first whose `max_tokens` is at least the tokens read holds"
    )
    measured_on: str
    threshold_choice: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_ascending([threshold.max_tokens for threshold in self.thresholds])
        return self


class Poles(Record):
    """The two classes that are opposites: `score` is the probability of the positive one less that of the negative one."""

    negative: ClassName
    positive: ClassName


class MixedRule(Record):
    """A text is mixed if some sentence speaks for the positive pole, and another for the negative one.

    The evidence of a sentence is what its words add to the logit of the positive pole, less what they add to that of the
    negative one.
    """

    positive: FiniteFloat = Field(gt=0, description="the largest evidence of a sentence is at least this")
    negative: FiniteFloat = Field(lt=0, description="and the least is at most this")
    threshold_choice: str


class SentimentCard(Card):
    """A classifier of texts: raw text in, the probability of each class out, in the order of `classes`."""

    format_version: Literal[2]
    task: Literal["sentiment"]
    sets: list[TrainingSet] = Field(default_factory=list, description="the data sets, where there are several")
    classes: list[ClassName] = Field(min_length=2, max_length=50, description="in the order of the network's outputs")
    poles: Poles | None = Field(None, description="null for classes without opposites, such as topics")
    max_tokens: int = Field(ge=1, description="longer texts are cut; `truncation` says where")
    truncation: Literal["keep_last", "keep_head_and_tail"]
    head_tokens: int = Field(0, ge=0, description="how many of `max_tokens` are a longer text's first")
    vocabulary: int = Field(ge=2)
    max_unknown_share: FiniteFloat = Field(
        ge=0, le=1, description="a larger share of unknown words marks an answer uncertain"
    )
    language: Language | None = Field(None, description="how texts of another language than the training's are told")
    domain: DomainLimits | None = Field(
        None, description="how texts unlike the training's are told; null where none are"
    )
    explanation_baseline: list[FiniteFloat] | None = Field(
        None, description="each class's logit of a text without evidence; null where the network gives no reasons"
    )
    mixed: MixedRule | None = Field(None, description="when a text is mixed; null where no text is")
    calibration: Calibration

    @model_validator(mode="after")
    def _fits_its_classes(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("the classes must have different names")
        if self.poles is not None and not {self.poles.negative, self.poles.positive} <= set(self.classes):
            raise ValueError("the poles must be among the classes")
        if self.poles is not None and self.poles.negative == self.poles.positive:
            raise ValueError("the poles must be two classes")
        if self.mixed is not None and self.poles is None:
            raise ValueError("only a model with poles can have a rule for mixed texts")
        if self.explanation_baseline is not None and len(self.explanation_baseline) != len(self.classes):
            raise ValueError("the explanation baseline must have a number for each class")
        return self

    @model_validator(mode="after")
    def _keeps_some_tail(self) -> Self:
        if self.head_tokens >= self.max_tokens:
            raise ValueError("head_tokens must be less than max_tokens: the end of a text is read too")
        return self
