"""Texts → sentiment → a data frame. Texts share the model's calls, as those of POST /sentiment/batch do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..artifacts.card import SentimentCard
from ..errors import GatecastError, NotOffered, UnreadableText
from ..sentiment.classifier import MAX_CHARACTERS, Review, SentimentClassifier
from ..sentiment.judgement import Sentiment
from .errors import DataError
from .forecasts import ask_all
from .scoring.columns import Column, text, truth

AT_ONCE = 4096  # texts that are prepared together: memory stays flat however many there are


class Judged(NamedTuple):
    """One text and its prediction."""

    text: str
    prediction: Sentiment


def texts_of(data: Any) -> tuple[Sequence[Any], pd.Index | None]:
    """Return the texts of a list, an array, a Series or one string, and the index of a Series. Raises DataError."""
    if isinstance(data, str):
        return [data], None
    if isinstance(data, pd.Series):
        return data.tolist(), data.index
    if isinstance(data, pd.DataFrame):
        names = ", ".join(f"'{name}'" for name in data.columns[:12])
        raise DataError(f"texts are one column of a frame, such as frame['text']; this one has {names}")
    if isinstance(data, np.ndarray | pd.Index):
        return data.tolist(), None
    if isinstance(data, Iterable) and not isinstance(data, bytes | dict):
        return list(data), None
    raise DataError(f"texts are a string, a list of strings or a pandas Series, not {type(data).__name__}")


def check_explain(classifier: SentimentClassifier, explain: bool) -> None:
    """Raise NotOffered if the model gives no reasons."""
    if explain and classifier.card.explanation_baseline is None:
        raise NotOffered(f"model '{classifier.card.name}' gives no reasons; leave `explain` out", pointer="/explain")


def judge_all(
    classifier: SentimentClassifier, texts: Sequence[Any], *, explain: bool = False
) -> Iterator[Judged | GatecastError]:
    """Yield a prediction or an error for each text, in order."""
    for begin in range(0, len(texts), AT_ONCE):
        some = [_prepare(classifier, each, explain) for each in texts[begin : begin + AT_ONCE]]
        answers = iter(ask_all(classifier, [each for each in some if isinstance(each, Review)]))
        for each in some:
            if isinstance(each, Review):
                answer = next(answers)
                yield answer if isinstance(answer, GatecastError) else Judged(each.text, answer)
            else:
                yield each


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
    classifier: SentimentClassifier, outcomes: Sequence[Judged | GatecastError], *, nullable: bool
) -> dict[str, Any]:
    """Return the columns of predictions. With `nullable`, some may be errors, and the last column says which."""
    card = classifier.card
    judged = [outcome.prediction if isinstance(outcome, Judged) else None for outcome in outcomes]
    probabilities = _probabilities(card, judged)
    labels = np.array([*card.classes, None], dtype=object)
    is_error = np.isnan(probabilities[:, 0])
    columns: dict[str, Any] = {
        "label": text(labels[np.where(is_error, -1, probabilities.argmax(axis=1))].tolist()),
        "confidence": probabilities.max(axis=1),
        "score": _score(card, probabilities),
    }
    for name in ("uncertain", "mixed"):
        values = [None if each is None else bool(getattr(each, name)) for each in judged]
        columns[name] = truth(values) if nullable else np.array(values, dtype=bool)
    for index, name in enumerate(card.classes):
        columns[f"p_{name}"] = probabilities[:, index].copy()
    columns["warnings"] = text([_codes(each) for each in judged])
    if nullable:
        columns["error"] = text([each.detail if isinstance(each, GatecastError) else None for each in outcomes])
    return columns


def _probabilities(card: SentimentCard, judged: Sequence[Sentiment | None]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    none = [np.nan] * len(card.classes)
    rows = [none if each is None else each.probabilities for each in judged]
    return np.array(rows, dtype=np.float64).reshape(len(judged), len(card.classes))


def _score(card: SentimentCard, probabilities: "np.ndarray[Any, np.dtype[np.float64]]") -> Any:
    if card.poles is None:
        return np.full(len(probabilities), np.nan)
    positive, negative = (card.classes.index(name) for name in (card.poles.positive, card.poles.negative))
    return probabilities[:, positive] - probabilities[:, negative]


def _codes(prediction: Sentiment | None) -> str | None:
    if prediction is None or not prediction.warnings:
        return None
    return ", ".join(warning.code for warning in prediction.warnings)


def reasons(classifier: SentimentClassifier, outcomes: Sequence[Judged | GatecastError]) -> list[Any]:
    """Return for each text what each word speaks for its label: (word, weight), in order; None for an error."""
    return [
        [(each.text[start:end], weight) for start, end, weight in classifier.attributions(each.text, each.prediction)]
        if isinstance(each, Judged)
        else None
        for each in outcomes
    ]
