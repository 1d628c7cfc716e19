"""Counts of hashed 1- to 3-grams, and a linear model of them: the baseline of the recurrent network, and a part of it.

The features of Wang and Manning (2012, "Baselines and bigrams"): counts scaled by naive Bayes log-count ratios, under
logistic regression instead of a support vector machine. Counts replace presence, because they measured better here, and
because a network can compute a sum over the positions of a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from service.interfaces import Array, Inputs, Labels, Tokens
from training.networks.ngram_hash import BUCKETS, ORDERS, buckets_of

SMOOTHING = 1.0
STRENGTH = 1.0  # C of the regression
PRIOR_SCALE = 10.0  # standard deviation of the prior logit among the features, large so that it is hardly penalised


def count(texts: Sequence[Tokens], buckets: int = BUCKETS) -> sp.csr_matrix:
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
    """Return 1 where an n-gram of a text falls into a bucket, 0 elsewhere: (texts, BUCKETS)."""
    counts = count(texts)
    counts.data[:] = 1
    return counts


@dataclass(frozen=True)
class Linear:
    """logit = bias + Σ weights over the n-grams of a text."""

    weights: Inputs
    bias: float

    def logits(self, counts: sp.csr_matrix) -> Array:
        """Return the logits (texts,) of counts (texts, buckets)."""
        return np.asarray(counts @ self.weights + self.bias, np.float64)


def fit(
    counts: sp.csr_matrix, labels: Labels, prior: Inputs | None = None, sample_weights: Array | None = None
) -> Linear:
    """Fit the linear model to counts (texts, buckets) and labels of 0 and 1, both of which must occur.

    `prior` has weights (buckets,) learnt from other texts; their logit becomes one more feature.
    """
    ratio = log_count_ratio(counts, labels)
    features = counts.multiply(ratio)
    if prior is not None:
        prior_logits = counts @ prior
        scale = PRIOR_SCALE / max(float(prior_logits.std()), 1e-9)
        features = sp.hstack([features, sp.csr_matrix(prior_logits[:, None] * scale)])
    regression = regress(features.tocsr(), labels, sample_weights)
    weights = regression.coef_[0][: len(ratio)] * ratio
    if prior is not None:
        weights = weights + regression.coef_[0][-1] * scale * prior
    return Linear(weights.astype(np.float32), float(regression.intercept_[0]))


def regress(features: sp.csr_matrix, labels: Labels, sample_weights: Array | None = None) -> LogisticRegression:
    """Fit a penalised logistic regression."""
    return LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, random_state=0).fit(
        features, labels, sample_weight=sample_weights
    )


def log_count_ratio(counts: sp.csr_matrix, labels: Labels) -> Inputs:
    """Return the log of each feature's share in the positive texts over its share in the negative ones: (buckets,)."""
    positive, negative = (np.asarray(counts[labels == label].sum(axis=0)).ravel() + SMOOTHING for label in (1, 0))
    return np.asarray(np.log(positive / positive.sum()) - np.log(negative / negative.sum()), np.float32)
