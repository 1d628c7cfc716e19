"""Counts of hashed 1- to 3-grams, and a linear model of them for each class: the baseline of the network, and a part of it.

The features of Wang and Manning (2012, "Baselines and bigrams"): counts scaled by naive Bayes log-count ratios, under
logistic regression instead of a support vector machine. Counts replace presence, because they measured better here, and
because a network can compute a sum over the positions of a text.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from service.interfaces import Array, Inputs, Labels, Tokens
from training.networks.ngram_hash import MAX_BUCKETS, ORDERS, buckets_of
from training.sentiment.texts.encoding import without_spellings

SMOOTHING = 1.0
STRENGTH = 1.0  # C of the regression
ITERATIONS = 20
MIN_SHARE = 0.02  # of a class in a text
PRIOR_SCALE = 10.0  # standard deviation of the prior logit among the features, large so that it is hardly penalised


def count(texts: Sequence[Tokens], buckets: int = MAX_BUCKETS) -> sp.csr_matrix:
    """Return how many n-grams of each text fall into each bucket: (texts, buckets)."""
    columns, values, ends = [], [], [0]
    for text in texts:
        tokens = text.astype(np.int64)
        grams = [
            buckets_of([tokens[offset : len(tokens) - order + 1 + offset] for offset in range(order)], buckets)
            for order in ORDERS
            if order <= len(tokens)
        ]
        hit, times = np.unique(np.concatenate([*grams, tokens[:0]]), return_counts=True)
        columns.append(hit)
        values.append(times)
        ends.append(ends[-1] + len(hit))
    return sp.csr_matrix(
        (np.concatenate(values).astype(np.float32), np.concatenate(columns), ends), shape=(len(texts), buckets)
    )


def presence(texts: Sequence[Tokens]) -> sp.csr_matrix:
    """Return 1 where an n-gram of a text falls into a bucket, 0 elsewhere: (texts, MAX_BUCKETS)."""
    counts = count(texts)
    counts.data[:] = 1
    return counts


@dataclass(frozen=True)
class Linear:
    """logits = bias + Σ weights over the n-grams of a text; weights (buckets, K), bias (K,)."""

    weights: Inputs
    bias: Inputs

    def predict(self, texts: Sequence[Tokens], vocabulary: int) -> Array:
        """Return the logits (texts, K) of encoded texts, whose numbers from `vocabulary` on are spellings."""
        return self.logits(count(without_spellings(texts, vocabulary), len(self.weights)))

    def logits(self, counts: sp.csr_matrix) -> Array:
        """Return the logits (texts, K) of counts (texts, buckets)."""
        return np.asarray(counts @ self.weights + self.bias, np.float64)


def fit(
    counts: sp.csr_matrix, targets: Inputs, prior: Inputs | None = None, sample_weights: Array | None = None
) -> Linear:
    """Fit the linear model to counts (texts, buckets) and targets (texts, K), the probability of each class.

    Each class is fitted against all others; of two classes, only the second against the first. `sample_weights` (texts,) are
    those of the texts. `prior` has weights (buckets, any) learnt from other texts, perhaps with other classes; their logits
    become more features.
    """
    prior = np.zeros((counts.shape[1], 0), np.float32) if prior is None else scaled(prior, counts)
    features = sp.csr_matrix(counts @ prior)
    classes = range(targets.shape[1]) if targets.shape[1] > 2 else [1]
    weights = np.zeros((counts.shape[1], len(classes)), np.float32)
    biases = np.zeros(len(classes), np.float32)
    for column, number in enumerate(classes):
        own, of_prior, biases[column] = _fit_class(counts, features, targets[:, number], sample_weights)
        weights[:, column] = own + prior @ of_prior
    if targets.shape[1] > 2:
        return Linear(weights, biases)
    signs = np.array([[-0.5, 0.5]], np.float32)
    return Linear(weights * signs, biases * signs[0])


def scaled(prior: Inputs, counts: sp.csr_matrix) -> Inputs:
    """Return the weights relative to the mean of the classes, scaled so that their logits are hardly penalised."""
    relative = prior - prior.mean(axis=1, keepdims=True) if prior.shape[1] > 1 else prior
    return np.asarray(relative * (PRIOR_SCALE / np.maximum((counts @ relative).std(axis=0), 1e-9)), np.float32)


def _fit_class(
    counts: sp.csr_matrix, others: sp.csr_matrix, share: Inputs, sample_weights: Array | None
) -> tuple[Inputs, Inputs, float]:
    """The weights of n-grams, those of the other features, and the bias of one class; `share` (texts,) is its probability.

    A text of which the class has a share is fitted twice: with the class and that share as its weight, and without. Shares of
    less than MIN_SHARE are left out, so that nearly certain texts stand once.
    """
    weights = np.ones(len(share)) if sample_weights is None else sample_weights
    ratio = log_count_ratio(counts, share, weights)
    features = sp.hstack([counts.multiply(ratio), others]).tocsr()
    yes, no = np.flatnonzero(share > MIN_SHARE), np.flatnonzero(share < 1 - MIN_SHARE)
    rows, labels = np.concatenate([yes, no]), np.repeat([1, 0], [len(yes), len(no)])
    row_weights = np.concatenate([(weights * share)[yes], (weights * (1 - share))[no]])
    if row_weights[labels == 1].sum() == 0 or row_weights[labels == 0].sum() == 0:
        raise ValueError("every class needs texts that are of it and texts that are not")
    regression = regress(features[rows], labels, row_weights)
    coefficients = regression.coef_[0]
    return coefficients[: len(ratio)] * ratio, coefficients[len(ratio) :], float(regression.intercept_[0])


def regress(features: sp.csr_matrix, labels: Labels, sample_weights: Array | None = None) -> LogisticRegression:
    """Fit a penalised logistic regression to labels of 0 and 1.

    It stops after ITERATIONS passes: on opinions of many kinds, 100 took six times longer and changed the validation loss by
    0.0003. Soft targets make it converge slowly, because a text then stands under both labels.
    """
    regression = LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, random_state=0, max_iter=ITERATIONS)
    with quiet():
        return regression.fit(features, labels, sample_weight=sample_weights)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out what scikit-learn says of regressions that stop early."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def log_count_ratio(counts: sp.csr_matrix, share: Inputs | Labels, weights: Array | None = None) -> Inputs:
    """Return the log of each feature's share in the texts of a class over its share in the others: (buckets,).

    `share` (texts,) is the probability of the class, or 1 and 0.
    """
    weights = np.ones(counts.shape[0]) if weights is None else weights
    inside, outside = (
        np.asarray(row_weights @ counts).ravel() + SMOOTHING for row_weights in (weights * share, weights * (1 - share))
    )
    return np.asarray(np.log(inside / inside.sum()) - np.log(outside / outside.sum()), np.float32)
