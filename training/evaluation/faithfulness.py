"""Whether the word weights of a sentiment model are faithful: how the probability moves without the heaviest words."""

from collections.abc import Sequence

import numpy as np

from service.interfaces import Array
from service.sentiment.classifier import SentimentClassifier
from service.sentiment.judgement import Sentiment, contrast

WORDS = 5
MAX_TEXTS = 500


def erasure(classifier: SentimentClassifier, texts: Sequence[str], seed: int = 0) -> dict[str, float]:
    """Return how far erasing five words moves the probability of the class named, over texts of more than five words.

    `heaviest` is the mean move without the five words that speak most for the answer, `random` that without five random
    words, `moved_more` the share of texts in which the first is larger. `incomplete` is the largest difference between
    baseline + Σ weights and log p_c − mean log p of the other classes, divided by the size of the latter or by 1 where that
    is larger. (Erasure: Li, Monroe and Jurafsky, 2016.)
    """
    rng = np.random.default_rng(seed)
    heaviest, random, incomplete = [], [], [0.0]
    for text in texts[:MAX_TEXTS]:
        prediction = classifier.predict([classifier.prepare(text, explain=True)])[0]
        attributions = classifier.attributions(text, prediction)
        if len(attributions) <= WORDS:
            continue
        spans = [(attribution.start, attribution.end) for attribution in attributions]
        support = np.array([word.weight for word in attributions])
        erased = [
            _erase(text, [spans[row] for row in rows])
            for rows in (np.argsort(-support)[:WORDS], rng.choice(len(spans), WORDS, replace=False))
        ]
        label, before = prediction.label, prediction.confidence
        moves = [abs(classifier.predict([classifier.prepare(t)])[0].probabilities[label] - before) for t in erased]
        heaviest.append(moves[0])
        random.append(moves[1])
        incomplete.append(_incompleteness(classifier, prediction, support))
    return {
        "heaviest": float(np.mean(heaviest)) if heaviest else 0.0,
        "random": float(np.mean(random)) if random else 0.0,
        "moved_more": float(np.mean(np.array(heaviest) > np.array(random))) if heaviest else 0.0,
        "incomplete": max(incomplete),
    }


def _incompleteness(classifier: SentimentClassifier, prediction: Sentiment, support: Array) -> float:
    """How far baseline and weights are from what they sum to."""
    baseline = np.array(classifier.card.explanation_baseline)
    log_probabilities = np.log(np.clip(prediction.probabilities, 1e-9, 1.0))
    expected = float(contrast(log_probabilities, prediction.label))
    total = float(contrast(baseline, prediction.label)) + float(support.sum())
    return abs(total - expected) / max(1.0, abs(expected))


def _erase(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with spaces in the place of some words, and a full stop at its end, so that it is never empty."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters) + " ."
