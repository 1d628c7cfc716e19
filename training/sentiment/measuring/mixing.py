"""The rule for mixed texts: how much evidence for either pole two sentences must have."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from service.interfaces import Array, Labels
from service.sentiment.classifier import SentimentClassifier
from training.sentiment.texts.corpus import Labelled

MAX_WORDS = 40  # of a validation text that is used as a sentence
PAIRS = 1_000  # of each kind
FALSE_SHARE = 0.05  # of pairs of one sign that may be called mixed
GRID = np.geomspace(0.05, 8.0, 60)
SEED = 0


class Rule(NamedTuple):
    """The least evidence for the positive pole, and minus that for the negative one; `choice` says how they were found."""

    positive: float
    negative: float
    choice: str


def choose(classifier: SentimentClassifier, part: Labelled, poles: tuple[int, int] | None) -> Rule | None:
    """Choose the rule on pairs of short validation texts; None without poles, or with too few texts.

    Pairs of both signs are mixed, pairs of one sign, and of a sign and a neutral text, are not. The rule finds most mixed
    pairs while at most FALSE_SHARE of the others are called mixed.
    """
    if poles is None:
        return None
    rng = np.random.default_rng(SEED)
    short = np.array([len(text.split()) <= MAX_WORDS for text in part.texts])
    negative, positive = (np.flatnonzero(short & (part.labels == pole)) for pole in poles)
    neutral = np.flatnonzero(short & ~np.isin(part.labels, poles))
    if min(len(negative), len(positive)) < 50:
        return None
    both = _evidence(classifier, part, _pairs(rng, negative, positive))
    others = [neutral] if len(neutral) else []
    kinds = [(pole, other) for pole in (negative, positive) for other in (pole, *others)]
    single = np.concatenate([_evidence(classifier, part, _pairs(rng, *kind)) for kind in kinds])
    best = max(
        ((up, down) for up in GRID for down in GRID if _share(single, up, down) <= FALSE_SHARE),
        key=lambda pair: _share(both, *pair),
        default=(GRID[-1], GRID[-1]),
    )
    choice = (
        f"on pairs of validation sentences: finds {_share(both, *best):.0%} of those of both signs, "
        f"and {_share(single, *best):.0%} of the others"
    )
    return Rule(float(best[0]), -float(best[1]), choice)


def _pairs(rng: Generator, first: Labels, second: Labels) -> list[tuple[int, int]]:
    """Random pairs, in either order."""
    pairs = [(int(a), int(b)) for a, b in zip(rng.choice(first, PAIRS), rng.choice(second, PAIRS), strict=True)]
    return [pair if rng.random() < 0.5 else pair[::-1] for pair in pairs if pair[0] != pair[1]]


def _evidence(classifier: SentimentClassifier, part: Labelled, pairs: list[tuple[int, int]]) -> Array:
    """The largest and the least evidence of a sentence in each pair (pairs, 2)."""
    texts = [f"{part.texts[a].rstrip(' .')}. {part.texts[b]}" for a, b in pairs]
    predictions = classifier.predict([classifier.prepare(text) for text in texts])
    return np.array([prediction.evidence for prediction in predictions])


def _share(evidence: Array, up: float, down: float) -> float:
    return float(np.mean((evidence[:, 0] >= up) & (evidence[:, 1] <= -down)))
