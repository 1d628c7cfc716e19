"""The texts that a report shows, with the answers of the model that ships."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from service.artifacts.card import SentimentCard
from service.interfaces import Array, Labels
from training.evaluation import classification
from training.reporting.plots import Answers
from training.sentiment.recipe.result import TrainingResult

MAX_LINES = 8  # classes in the picture of calibration


class Measured(NamedTuple):
    """Class numbers, probabilities, counts of tokens and the texts themselves; `name` says which they are."""

    name: str
    labels: Labels
    probabilities: Array
    tokens: Labels
    texts: list[str]


def measured(result: TrainingResult) -> Measured:
    """Return the texts of all test parts with their answers, or those of the validation part if there is no test part."""
    parts = result.held_out[1:] or result.held_out
    logits = np.concatenate([result.shipped.logits[each.part.name] for each in parts])
    return Measured(
        "test texts" if len(result.held_out) > 1 else "validation texts",
        np.concatenate([each.part.labels for each in parts]),
        classification.softmax(logits),
        np.array([len(tokens) for each in parts for tokens in each.tokens]),
        [text for each in parts for text in each.part.texts],
    )


def by_class(texts: Measured, classes: Sequence[str]) -> dict[str, Answers]:
    """Return the answers of all texts, and by the class that was predicted: the MAX_LINES commonest ones."""
    confidence, is_right = classification.confidences(texts.labels, texts.probabilities)
    predicted = texts.probabilities.argmax(axis=1)
    counts = np.bincount(predicted, minlength=len(classes))
    shown = sorted(np.argsort(-counts, kind="stable")[:MAX_LINES].tolist())
    groups = {classes[number]: predicted == number for number in shown if counts[number]}
    return {"all": (confidence, is_right)} | {name: (confidence[own], is_right[own]) for name, own in groups.items()}


def by_length(texts: Measured, card: SentimentCard) -> dict[str, tuple[Answers, float]]:
    """Return the answers and the threshold of each length band of the card that has texts."""
    confidence, is_right = classification.confidences(texts.labels, texts.probabilities)
    bands: dict[str, tuple[Answers, float]] = {}
    least = -1
    for threshold in card.calibration.confidence_thresholds:
        bound = threshold.max_tokens
        own = (texts.tokens > least) & (texts.tokens <= (np.inf if bound is None else bound))
        name = _band(least, bound)
        if own.any():
            bands[name] = (confidence[own], is_right[own]), threshold.confidence
        least = least if bound is None else bound
    return bands


def _band(least: int, bound: int | None) -> str:
    """The name of the texts of more than `least` tokens, up to the bound."""
    if bound is None:
        return "any length" if least < 0 else f"{least + 1} tokens or more"
    return f"up to {bound} tokens" if least < 0 else f"{least + 1} to {bound} tokens"
