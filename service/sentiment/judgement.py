"""From what a network gives for a batch of texts to predictions: checked, with warnings, and whether they are certain."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..artifacts.card import SentimentCard
from ..errors import ModelFault
from ..interfaces import Array, Notice
from .domain import DomainRule
from .language import foreign

SUM_TOLERANCE = 1e-3  # how far the probabilities of a text may be from 1 together


class Counts(NamedTuple):
    """The tokens of a text; and among those read the unknown ones, the words (see language.py), and what these are.

    `typicality` is None where nothing says how typical the words are of the training texts.
    """

    total: int = 0
    unknown: int = 0
    words: int = 0
    unknown_words: int = 0
    common_words: int = 0
    typicality: float | None = None


class Sentiment(NamedTuple):
    """The calibrated probabilities of the classes, and how much of the text was understood.

    `evidence` is the largest and the least of any sentence for the positive pole. `weights` are what each token read speaks
    for the likeliest class, against the mean of the others; None unless asked for, or if the network gives none.
    """

    probabilities: list[float]
    evidence: tuple[float, float]
    tokens_total: int
    tokens_read: int
    tokens_unknown: int
    uncertain: bool
    mixed: bool
    warnings: list[Notice]
    weights: list[float] | None = None

    @property
    def confidence(self) -> float:
        """The probability of the likeliest class."""
        return max(self.probabilities)

    @property
    def label(self) -> int:
        """The index of the likeliest class, the first of equals."""
        return self.probabilities.index(max(self.probabilities))


class Judge:
    """Reads the outputs of one model version by the rules of its card."""

    def __init__(self, card: SentimentCard) -> None:
        self._card = card
        *bounded, _ = thresholds = card.calibration.confidence_thresholds
        self._lengths = [threshold.max_tokens or 0 for threshold in bounded]
        self._confidences = [threshold.confidence for threshold in thresholds]
        self._domain = None if card.domain is None else DomainRule(card.domain)

    def judge(
        self, outputs: Mapping[str, npt.NDArray[Any]], counts: Sequence[Counts], explained: Sequence[bool]
    ) -> list[Sentiment]:
        """Return a prediction for each text, in order. Raises ModelFault for outputs that are no probabilities."""
        predictions = [
            self._prediction(probabilities, evidence, count)
            for probabilities, evidence, count in zip(
                self._probabilities(outputs, len(counts)), outputs["evidence"].tolist(), counts, strict=True
            )
        ]
        weights = outputs.get("weights")
        if weights is None or not any(explained):
            return predictions
        return [
            prediction._replace(weights=_speaking(row, prediction)) if is_explained else prediction
            for prediction, row, is_explained in zip(predictions, weights, explained, strict=True)
        ]

    def _probabilities(self, outputs: Mapping[str, npt.NDArray[Any]], texts: int) -> list[list[float]]:
        """The probabilities of each text. They sum to 1 as exactly as numbers can."""
        name, given, expected = self._card.name, outputs["probability"], (texts, len(self._card.classes))
        if given.shape != expected:
            raise ModelFault(f"model '{name}' gave probabilities of shape {given.shape}, not {expected}")
        rows = []
        for row in given.tolist():  # a text at a time: faster than numpy where few texts share a call
            total = sum(row)
            if not abs(total - 1) <= SUM_TOLERANCE or min(row) < 0:  # in this form NaN is refused too
                raise ModelFault(
                    f"model '{name}' gave what are no probabilities: negative, not a number, or not 1 in all"
                )
            rows.append([probability / total for probability in row])
        return rows

    def _prediction(self, probabilities: list[float], evidence: Sequence[float], counts: Counts) -> Sentiment:
        card = self._card
        read = min(counts.total, card.max_tokens)
        doubts = self._doubts(counts, read)
        threshold = self._confidences[bisect_left(self._lengths, read)]
        largest, least = evidence
        return Sentiment(
            probabilities,
            (largest, least),
            counts.total,
            read,
            counts.unknown,
            bool(doubts) or max(probabilities) < threshold,
            card.mixed is not None and largest >= card.mixed.positive and least <= card.mixed.negative,
            [self._truncation(counts.total), *doubts] if counts.total > read else doubts,
        )

    def _truncation(self, total: int) -> Notice:
        card = self._card
        head = f"the first {card.head_tokens} and " if card.head_tokens else ""
        tail = card.max_tokens - card.head_tokens
        return Notice("truncated", f"the text has {total} tokens; the model reads {head}the last {tail}")

    def _doubts(self, counts: Counts, read: int) -> list[Notice]:
        """The warnings that make a prediction uncertain."""
        card, doubts = self._card, []
        if read == 0:
            doubts.append(Notice("mostly_unknown_words", "the text holds no words"))
        elif counts.unknown > card.max_unknown_share * read:
            detail = f"{counts.unknown} of the {read} tokens read are not in the model's vocabulary"
            doubts.append(Notice("mostly_unknown_words", detail))
        if card.language and (
            notice := foreign(card.language, counts.words, counts.unknown_words, counts.common_words)
        ):
            doubts.append(notice)
        if (
            self._domain
            and counts.typicality is not None
            and (notice := self._domain.unlike(counts.total, read, counts.typicality))
        ):
            doubts.append(notice)
        return doubts


def contrast(values: Array, label: int) -> Array:
    """Return the numbers of one class (the last axis is of classes), less the mean of those of the others."""
    classes = values.shape[-1]
    compared: Array = (classes * values[..., label] - values.sum(axis=-1)) / (classes - 1)
    return compared


def _speaking(weights: npt.NDArray[Any], prediction: Sentiment) -> list[float]:
    """What each token read adds to the likeliest class, compared with the others."""
    read = weights[: prediction.tokens_read].astype(np.float64)
    speaking: list[float] = contrast(read, prediction.label).tolist()
    return speaking
