"""A linear model of word n-grams and of the words' own character n-grams, for the few texts of one file.

Words that a few texts do not have share pieces with words that they have. A character n-gram that stays within a word is a
property of the word, so the weights of its n-grams add up to one weight of the word, which its bucket of 1-grams holds: the
model is served as weights of word n-grams (`ngrams.Linear`). The strength of the penalty is chosen on the validation part;
then the model is fitted once more, to the validation part, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Inputs, Labels, Tokens
from training.evaluation import classification
from training.networks.ngram_hash import buckets_of, ngram_buckets
from training.sentiment.linear import ngrams
from training.sentiment.linear.ngrams import Linear

ORDERS = (2, 3, 4, 5)  # characters, with a space at both ends of a word
STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # C of the regression
ITERATIONS = 50
MAX_TEXTS = 20_000  # more texts have most words themselves
BUCKETS_PER_WORD = 4  # with fewer, only words of the texts get a weight: others would take the buckets of n-grams


@dataclass(frozen=True)
class Fitted:
    """The model of the training texts alone, the one of the validation texts, too, and the strength that both have."""

    training: Linear
    all: Linear
    strength: float


@dataclass(frozen=True)
class Labelled:
    """Encoded texts, in which UNKNOWN stands for every word beyond the vocabulary, and their labels."""

    texts: Sequence[Tokens]
    labels: Labels


def fit(training: Labelled, validation: Labelled, words: Sequence[str], classes: int, prior: Inputs | None) -> Fitted:
    """Fit the model of the vocabulary `words`; `prior` (buckets, any) has n-gram weights that were learnt from other texts."""
    buckets = ngram_buckets(classes)
    features = _Features(training, words, buckets, prior if prior is not None and len(prior) == buckets else None)
    both = Labelled([*training.texts, *validation.texts], np.concatenate([training.labels, validation.labels]))
    counted = ngrams.count(validation.texts, buckets)
    found = {c: features.fit(training, classes, c) for c in STRENGTHS}
    losses = {c: _loss(validation.labels, model.logits(counted)) for c, model in found.items()}
    best = min(losses, key=losses.__getitem__)
    return Fitted(found[best], features.fit(both, classes, best), best)


def _loss(labels: Labels, logits: Array) -> float:
    """The loss at the best temperature: the blend with the network scales the logits."""
    return classification.log_loss(labels, logits / classification.temperature(labels, logits))


class _Features:
    """What a text is described by: word n-grams, character n-grams, and the prior's logits, each part of about length 1."""

    def __init__(self, training: Labelled, words: Sequence[str], buckets: int, prior: Inputs | None) -> None:
        self._buckets, self._vocabulary = buckets, len(words)
        counts, used = ngrams.count(training.texts, buckets), _word_counts(training.texts, len(words))
        is_used = np.asarray(used.sum(axis=0)).ravel() > 0
        self._spelt = character_counts(words, np.flatnonzero(is_used))
        if buckets < BUCKETS_PER_WORD * len(words):
            self._spelt = sp.diags(is_used.astype(np.float32)) @ self._spelt
        characters = sp.csr_matrix(used @ self._spelt)
        self._rarity = _rarity(characters)
        self._rarity /= _length(characters.multiply(self._rarity))
        self._prior = np.zeros((buckets, 0), np.float32) if prior is None else _unit(prior, counts)
        self._words = buckets_of([np.arange(len(words), dtype=np.int64)], buckets)

    def fit(self, part: Labelled, classes: int, strength: float) -> Linear:
        """Fit each class against all others; of two classes, only the second against the first."""
        counts = ngrams.count(part.texts, self._buckets)
        characters = sp.csr_matrix(_word_counts(part.texts, self._vocabulary) @ self._spelt).multiply(self._rarity)
        others = sp.hstack([characters, sp.csr_matrix(counts @ self._prior)]).tocsr()
        numbers = range(classes) if classes > 2 else [1]
        one = partial(self._fit_class, counts, others, strength)
        found = [one((part.labels == number).astype(np.int64)) for number in numbers]
        weights = np.stack([own for own, _ in found], axis=1)
        biases = np.array([bias for _, bias in found], np.float32)
        if classes > 2:
            return Linear(weights, biases)
        signs = np.array([[-0.5, 0.5]], np.float32)
        return Linear(weights * signs, biases * signs[0])

    def _fit_class(
        self, counts: sp.csr_matrix, others: sp.csr_matrix, strength: float, is_class: Labels
    ) -> tuple[Inputs, float]:
        """The weights of all buckets, and the bias."""
        ratio = ngrams.log_count_ratio(counts, is_class)
        ratio /= _length(counts.multiply(ratio))
        regression = LogisticRegression(
            C=strength, solver="liblinear", dual=True, random_state=0, max_iter=ITERATIONS, verbose=0
        )
        with ngrams.quiet():
            regression.fit(sp.hstack([counts.multiply(ratio), others]).tocsr(), is_class)
        own, spelt, prior = np.split(regression.coef_[0], np.cumsum([self._buckets, self._spelt.shape[1]]))
        weights = own * ratio + self._prior @ prior
        np.add.at(weights, self._words, self._spelt @ (spelt * self._rarity))
        return weights.astype(np.float32), float(regression.intercept_[0])


def character_counts(words: Sequence[str], used: Labels) -> sp.csr_matrix:
    """Return how often each word (rows) has each character n-gram of the words that are `used`, by number (columns)."""
    numbers: dict[str, int] = {}
    for row in used.tolist():
        for gram in _grams(words[row]) if row > UNKNOWN else []:
            numbers.setdefault(gram, len(numbers))
    rows, columns = [], []
    for row, word in enumerate(words):
        known = [numbers[gram] for gram in _grams(word) if gram in numbers] if row > UNKNOWN else []
        rows += [row] * len(known)
        columns += known
    values = np.ones(len(rows), np.float32)
    return sp.csr_matrix((values, (rows, columns)), shape=(len(words), max(1, len(numbers))))


def _grams(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[start : start + order] for order in ORDERS for start in range(len(padded) - order + 1)]


def _word_counts(texts: Sequence[Tokens], vocabulary: int) -> sp.csr_matrix:
    """How often each text has each word: (texts, vocabulary)."""
    ends = np.cumsum([0, *map(len, texts)])
    columns = np.concatenate([*texts, np.zeros(0, np.int32)])
    return sp.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(texts), vocabulary))


def _rarity(counts: sp.csr_matrix) -> Array:
    """The inverse document frequency of each column, 0 for columns that no text has."""
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    return np.asarray((np.log((1 + counts.shape[0]) / (1 + frequency)) + 1) * (frequency > 0), np.float64)


def _length(values: sp.spmatrix) -> float:
    """The root mean square of the rows' lengths."""
    return float(np.sqrt(values.multiply(values).sum() / values.shape[0])) or 1.0


def _unit(prior: Inputs, counts: sp.csr_matrix) -> Inputs:
    """The weights relative to the mean of the classes, scaled so that each logit has the standard deviation 1."""
    return ngrams.scaled(prior, counts) / ngrams.PRIOR_SCALE
