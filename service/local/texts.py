"""Texts → sentiment → a data frame. Texts share the model's calls, as those of POST /sentiment/batch do."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..artifacts.card import SentimentCard
from ..errors import GatecastError, NotOffered, UnreadableText
from ..interfaces import Array
from ..sentiment.classifier import MAX_CHARACTERS, Review, SentimentClassifier
from ..sentiment.judgement import Sentiment
from .errors import DataError
from .forecasts import ask_all
from .names import listed_columns
from .scoring.columns import Column, text

AT_ONCE = 4096  # texts that are prepared together: memory stays flat however many there are


def read_texts(data: Any) -> tuple[Sequence[Any], pd.Index | None]:
    """Return the texts of a list, an array, a Series or one string, and the index of a Series. Raises DataError."""
    if isinstance(data, str):
        return [data], None
    if isinstance(data, pd.Series):
        return data.tolist(), data.index
    if isinstance(data, pd.DataFrame):
        raise DataError(
            f"texts are one column of a frame, such as frame['text']; this one has {listed_columns(data.columns)}"
        )
    if isinstance(data, pd.Index) or (isinstance(data, np.ndarray) and data.ndim):
        return data.tolist(), None
    if isinstance(data, Iterable) and not isinstance(data, bytes | dict | np.ndarray):
        return list(data), None
    raise DataError(f"texts are a string, a list of strings or a pandas Series, not {type(data).__name__}")


def check_explain(classifier: SentimentClassifier, explain: bool) -> None:
    """Raise NotOffered if the model gives no reasons."""
    if explain and classifier.card.explanation_baseline is None:
        raise NotOffered(f"model '{classifier.card.name}' gives no reasons; leave `explain` out", pointer="/explain")


def judge_all(
    classifier: SentimentClassifier, texts: Sequence[Any], *, explain: bool = False
) -> Iterator[Sentiment | GatecastError]:
    """Yield a prediction or an error for each text, in order."""
    for begin in range(0, len(texts), AT_ONCE):
        some = [_prepare(classifier, each, explain) for each in texts[begin : begin + AT_ONCE]]
        reviews = [each for each in some if isinstance(each, Review)]
        answers = ask_all(classifier, reviews)
        if len(reviews) == len(some):
            yield from answers
        else:
            each_answer = iter(answers)
            yield from (next(each_answer) if isinstance(each, Review) else each for each in some)


def first_raised(outcomes: Iterable[Sentiment | GatecastError]) -> Iterator[Sentiment | GatecastError]:
    """Yield predictions. Raises the first error, with the row of its text."""
    for row, outcome in enumerate(outcomes):
        if isinstance(outcome, GatecastError):
            raise type(outcome)(f"text {row} (counted from 0): {outcome.detail}", faults=outcome.faults)
        yield outcome


def _prepare(classifier: SentimentClassifier, text: Any, explain: bool) -> Review | GatecastError:
    try:
        if not isinstance(text, str):
            is_missing = pd.api.types.is_scalar(text) and pd.isna(text)
            raise UnreadableText("the text is missing" if is_missing else "the text must be a string", pointer="/text")
        if len(text) > MAX_CHARACTERS:
            raise UnreadableText(
                f"the text has {len(text)} characters; at most {MAX_CHARACTERS} are read", pointer="/text"
            )
        return classifier.prepare(text, explain)
    except UnreadableText as error:
        return error


def text_columns(card: SentimentCard) -> list[Column]:
    """Return the columns that each text gets, without that of errors."""
    probabilities = [Column(f"p_{name}", "double") for name in card.classes]
    return [
        Column("label", "string"),
        Column("confidence", "double"),
        Column("score", "double"),
        Column("uncertain", "boolean"),
        Column("mixed", "boolean"),
        *probabilities,
        Column("warnings", "string"),
    ]


def text_frame(
    classifier: SentimentClassifier, outcomes: Iterable[Sentiment | GatecastError], *, nullable: bool
) -> dict[str, Any]:
    """Return the columns of predictions. With `nullable`, some may be errors, and the last column says which."""
    card, rows = classifier.card, _Rows(len(classifier.card.classes))
    for outcome in outcomes:
        rows.add(outcome)
    probabilities = np.array(rows.probabilities, np.float64).reshape(-1, len(card.classes))
    is_error = np.isnan(probabilities[:, 0])
    labels = np.array([*card.classes, None], dtype=object)
    columns: dict[str, Any] = {
        "label": text(labels[np.where(is_error, -1, probabilities.argmax(axis=1))].tolist()),
        "confidence": probabilities.max(axis=1),
        "score": _score(card, probabilities),
    }
    for name, flags in (("uncertain", rows.uncertain), ("mixed", rows.mixed)):
        values = np.array(flags, dtype=bool)
        columns[name] = pd.arrays.BooleanArray(values, is_error.copy()) if nullable else values
    columns.update({f"p_{name}": probabilities[:, index].copy() for index, name in enumerate(card.classes)})
    columns["warnings"] = text(rows.warnings)
    if nullable:
        columns["error"] = text(rows.errors)
    return columns


class _Rows:
    """The rows of a frame, while they are collected: numbers and text, so that predictions need not be kept."""

    def __init__(self, classes: int) -> None:
        self._nothing = [math.nan] * classes
        self.probabilities: list[float] = []
        self.uncertain: list[bool] = []
        self.mixed: list[bool] = []
        self.warnings: list[str | None] = []
        self.errors: list[str | None] = []

    def add(self, outcome: Sentiment | GatecastError) -> None:
        if isinstance(outcome, GatecastError):
            self._add(self._nothing, False, False, None, outcome.detail)
        else:
            codes = ", ".join(warning.code for warning in outcome.warnings) if outcome.warnings else None
            self._add(outcome.probabilities, outcome.uncertain, outcome.mixed, codes, None)

    def _add(
        self, probabilities: list[float], uncertain: bool, mixed: bool, warnings: str | None, error: str | None
    ) -> None:
        self.probabilities += probabilities
        self.uncertain.append(uncertain)
        self.mixed.append(mixed)
        self.warnings.append(warnings)
        self.errors.append(error)


def _score(card: SentimentCard, probabilities: Array) -> Array:
    if card.poles is None:
        return np.full(len(probabilities), np.nan)
    positive, negative = (card.classes.index(name) for name in (card.poles.positive, card.poles.negative))
    return np.asarray(probabilities[:, positive] - probabilities[:, negative])


def reasons(
    classifier: SentimentClassifier, texts: Sequence[str], outcomes: Sequence[Sentiment | GatecastError]
) -> "pd.Series[Any]":
    """Return for each text what each word speaks for its label: (word, weight), in order; None for an error."""
    found = [
        None
        if isinstance(outcome, GatecastError)
        else [(each[start:end], weight) for start, end, weight in classifier.attributions(each, outcome)]
        for each, outcome in zip(texts, outcomes, strict=True)
    ]
    return pd.Series(found, dtype=object)
