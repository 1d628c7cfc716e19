"""Whether the reasons that a sentiment model gives are its reasons: what happens when their words are taken away."""

from collections.abc import Sequence

import numpy as np

from service.sentiment.classifier import SentimentClassifier

WORDS = 5
MOST_TEXTS = 500


def erasure(classifier: SentimentClassifier, texts: Sequence[str], seed: int = 0) -> dict[str, float]:
    """How far the probability moves, on average, without the heaviest words of a text and without as many random ones.

    `moved_more` is the share of texts that the heaviest move more; `incomplete` the largest |baseline + Σ weights − log
    odds| over |log odds|, or over 1 where that is larger.
    """
    rng = np.random.default_rng(seed)
    heaviest, random, incomplete = [], [], [0.0]
    for text in texts[:MOST_TEXTS]:
        found = classifier.predict([classifier.prepare(text)])[0]
        reasons = classifier.reasons(text, found)
        if len(reasons) <= WORDS:
            continue
        places = [(reason.start, reason.end) for reason in reasons]
        # the words that speak for the answer
        weights = np.array([reason.weight for reason in reasons]) * (1 if found.positive >= 0.5 else -1)
        changed = [
            _without(text, [places[place] for place in chosen])
            for chosen in (np.argsort(-weights)[:WORDS], rng.choice(len(places), WORDS, replace=False))
        ]
        moved = [abs(classifier.predict([classifier.prepare(t)])[0].positive - found.positive) for t in changed]
        heaviest.append(moved[0])
        random.append(moved[1])
        kept = min(max(found.positive, 1e-6), 1 - 1e-6)
        odds = float(np.log(kept / (1 - kept)))
        total = (classifier.card.explanation_baseline or 0.0) + sum(reason.weight for reason in reasons)
        incomplete.append(abs(total - odds) / max(1.0, abs(odds)))
    return {
        "heaviest": float(np.mean(heaviest)),
        "random": float(np.mean(random)),
        "moved_more": float(np.mean(np.array(heaviest) > np.array(random))),
        "incomplete": max(incomplete),
    }


def _without(text: str, places: Sequence[tuple[int, int]]) -> str:
    """The text with so many of its words blanked; never nothing at all, as a full stop takes their place."""
    characters = list(text)
    for start, end in places:
        characters[start:end] = " " * (end - start)
    return "".join(characters) + " ."
