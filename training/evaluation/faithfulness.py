"""Whether the word weights of a sentiment model are faithful: how the probability moves without the heaviest words."""

from collections.abc import Sequence

import numpy as np

from service.sentiment.classifier import SentimentClassifier

WORDS = 5
MAX_TEXTS = 500


def erasure(classifier: SentimentClassifier, texts: Sequence[str], seed: int = 0) -> dict[str, float]:
    """Return how far erasing five words moves the probability, over texts of more than five words.

    `heaviest` is the mean move without the five words that speak most for the answer, `random` that without five random
    words, `moved_more` the share of texts in which the first is larger. `incomplete` is the largest
    |baseline + Σ weights − log odds|, divided by |log odds| or by 1 where that is larger. (Erasure: Li, Monroe and
    Jurafsky, 2016.)
    """
    rng = np.random.default_rng(seed)
    heaviest, random, incomplete = [], [], [0.0]
    for text in texts[:MAX_TEXTS]:
        prediction = classifier.predict([classifier.prepare(text)])[0]
        attributions = classifier.attributions(text, prediction)
        if len(attributions) <= WORDS:
            continue
        spans = [(attribution.start, attribution.end) for attribution in attributions]
        support = np.array([word.weight for word in attributions]) * (1 if prediction.positive >= 0.5 else -1)
        erased = [
            _erase(text, [spans[row] for row in rows])
            for rows in (np.argsort(-support)[:WORDS], rng.choice(len(spans), WORDS, replace=False))
        ]
        moves = [abs(classifier.predict([classifier.prepare(t)])[0].positive - prediction.positive) for t in erased]
        heaviest.append(moves[0])
        random.append(moves[1])
        probability = min(max(prediction.positive, 1e-6), 1 - 1e-6)
        log_odds = float(np.log(probability / (1 - probability)))
        total = (classifier.card.explanation_baseline or 0.0) + sum(word.weight for word in attributions)
        incomplete.append(abs(total - log_odds) / max(1.0, abs(log_odds)))
    return {
        "heaviest": float(np.mean(heaviest)),
        "random": float(np.mean(random)),
        "moved_more": float(np.mean(np.array(heaviest) > np.array(random))),
        "incomplete": max(incomplete),
    }


def _erase(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with spaces in the place of some words, and a full stop at its end, so that it is never empty."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters) + " ."
