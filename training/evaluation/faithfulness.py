"""Whether the word weights of a sentiment model are faithful: how the probability moves without the heaviest words."""

from collections.abc import Sequence

import numpy as np

from service.sentiment.classifier import SentimentClassifier
from service.sentiment.judgement import Sentiment, contrast

WORDS = 5
MAX_TEXTS = 500


def erasure(classifier: SentimentClassifier, texts: Sequence[str], seed: int = 0) -> dict[str, float]:
    """Return how far erasing five words moves the probability of the class named, over texts of more than five words.

    `heaviest` is the mean move without the five words that speak most for the class, `random` that without five random
    words, `moved_more` the share of texts in which the first is larger. `incomplete` is the largest difference between
    baseline + Σ weights and what they should sum to, the log of the class's probability less the mean log of the others,
    divided by the size of the latter or by 1 where that is larger. All are 0 without such texts. (Erasure: Li, Monroe and
    Jurafsky, 2016.)
    """
    rng = np.random.default_rng(seed)
    heaviest, random, incomplete = [0.0], [0.0], [0.0]
    for text in texts[:MAX_TEXTS]:
        prediction = classifier.predict([classifier.prepare(text, explain=True)])[0]
        attributions = classifier.attributions(text, prediction)
        if len(attributions) <= WORDS:
            continue
        spans = [(attribution.start, attribution.end) for attribution in attributions]
        weights = np.array([attribution.weight for attribution in attributions])
        heavy, drawn = (
            _move(classifier, prediction, _erase(text, [spans[row] for row in rows]))
            for rows in (np.argsort(-weights)[:WORDS], rng.choice(len(spans), WORDS, replace=False))
        )
        heaviest.append(heavy)
        random.append(drawn)
        incomplete.append(_gap(classifier, prediction, float(weights.sum())))
    measured = slice(1, None) if len(heaviest) > 1 else slice(None)
    return {
        "heaviest": float(np.mean(heaviest[measured])),
        "random": float(np.mean(random[measured])),
        "moved_more": float(np.mean(np.array(heaviest[measured]) > np.array(random[measured]))),
        "incomplete": max(incomplete),
    }


def _move(classifier: SentimentClassifier, before: Sentiment, text: str) -> float:
    """How far the probability of the class that was named is from what it was."""
    after = classifier.predict([classifier.prepare(text)])[0]
    return abs(after.probabilities[before.label] - before.confidence)


def _gap(classifier: SentimentClassifier, prediction: Sentiment, weight: float) -> float:
    """What the weights' sum and the baseline lack, relative to the log odds where these are large."""
    log_probabilities = np.log(np.maximum(np.array(prediction.probabilities), 1e-30))
    expected = float(contrast(log_probabilities, prediction.label))
    baseline = np.array(classifier.card.explanation_baseline or np.zeros(len(log_probabilities)))
    total = float(contrast(baseline, prediction.label)) + weight
    return abs(total - expected) / max(1.0, abs(expected))


def _erase(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with spaces in the place of some words, and a full stop at its end, so that it is never empty."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters) + " ."
