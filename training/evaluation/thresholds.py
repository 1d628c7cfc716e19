"""The confidence from which on a classifier's answers are trusted, for texts of each length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.interfaces import Array, Labels, Mask
from training.evaluation.classification import confidences

LENGTH_BANDS = (8, 32, 128)  # tokens; a last band has any length
MIN_BAND_TEXTS = 100  # fewer do not show how often a confidence is right


@dataclass(frozen=True)
class Threshold:
    """The confidence from which on texts of at most `max_tokens` tokens are answered; None is any length.

    `coverage` is the share of the band's texts that it answers, `accuracy` the share of those that is correct.
    """

    max_tokens: int | None
    confidence: float
    coverage: float
    accuracy: float


def choose(
    labels: Labels,
    probabilities: Array,
    tokens: Labels,
    accuracy: float,
    bands: Sequence[int] = LENGTH_BANDS,
    weights: Array | None = None,
) -> list[Threshold]:
    """Return for each length band the least confidence at which a share `accuracy` of the answered texts is correct.

    `probabilities` has shape (n, K), `tokens` (n,) counts the tokens of each text. `bands` are the largest counts,
    ascending; a last band has any length. A band of fewer than MIN_BAND_TEXTS texts joins its longer neighbour, the last
    one its shorter neighbour. `weights` (n,) are those of the texts.
    """
    confidence, is_correct = confidences(labels, probabilities)
    weights = np.ones(len(labels)) if weights is None else weights
    found = []
    for bound, rows in _bands(tokens, _merge(tokens, bands)):
        level = least_confidence(confidence[rows], is_correct[rows], accuracy, weights[rows])
        found.append(_measure(bound, level, confidence[rows], is_correct[rows]))
    return found


def measure(chosen: Sequence[Threshold], labels: Labels, probabilities: Array, tokens: Labels) -> list[Threshold]:
    """Return the chosen thresholds with the coverage and the accuracy that other texts have, such as the test set."""
    confidence, is_correct = confidences(labels, probabilities)
    bands = _bands(tokens, [threshold.max_tokens for threshold in chosen])
    return [
        _measure(bound, threshold.confidence, confidence[rows], is_correct[rows])
        for threshold, (bound, rows) in zip(chosen, bands, strict=True)
    ]


def least_confidence(confidence: Array, is_correct: Array, accuracy: float, weights: Array | None = None) -> float:
    """Return the least confidence from which on a share `accuracy` is correct, or 1.0 if there is none."""
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    shares = np.ones(len(order)) if weights is None else weights[order]
    correct_share = np.cumsum(is_correct[order] * shares) / np.cumsum(shares)
    is_last_of_equals = np.append(ordered[1:] < ordered[:-1], True)[: len(order)]
    sufficient = np.flatnonzero((correct_share >= accuracy) & is_last_of_equals)
    return float(ordered[sufficient[-1]]) if sufficient.size else 1.0


def _merge(tokens: Labels, bands: Sequence[int]) -> list[int | None]:
    """Leave out the bounds that would make a band of too few texts."""
    bounds: list[int | None] = []
    least = -1
    for bound in bands:
        inside, beyond = np.sum((tokens > least) & (tokens <= bound)), np.sum(tokens > bound)
        if inside >= MIN_BAND_TEXTS and beyond >= MIN_BAND_TEXTS:
            bounds.append(bound)
            least = bound
    return [*bounds, None]


def _bands(tokens: Labels, bounds: Sequence[int | None]) -> Iterator[tuple[int | None, Mask]]:
    """Yield each bound with the rows of its band: above the bound before it, up to this one."""
    least = -1
    for bound in bounds:
        yield bound, (tokens > least) & (tokens <= bound if bound is not None else True)
        least = bound if bound is not None else least


def _measure(bound: int | None, level: float, confidence: Array, is_correct: Array) -> Threshold:
    is_sure = confidence >= level
    coverage = float(is_sure.mean()) if len(is_sure) else 0.0
    return Threshold(bound, level, coverage, float(is_correct[is_sure].mean()) if is_sure.any() else 0.0)
