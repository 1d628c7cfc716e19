"""Counts of hashed 1- to 3-grams, and a linear model on them: the bar that a recurrent network has to clear.

The features of Wang and Manning (2012, "Baselines and bigrams"): counts scaled by naive Bayes log-count ratios, under
a logistic regression in the place of the support vector machine. Counts rather than presence, as these measured better
here, and as a sum over the places of a text can stand inside a network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from training.networks.ngram_hash import BUCKETS, ORDERS, buckets_of

SMOOTHING = 1.0
STRENGTH = 1.0  # C of the regression
KNOWN_SCALE = 10.0  # standard deviation of a known logit among the features, so that it is hardly penalised

Tokens = Sequence[npt.NDArray[np.int32]]


def counted(texts: Tokens, buckets: int = BUCKETS) -> sp.csr_matrix:
    """How often each bucket is hit: (texts, buckets)."""
    columns, values, ends = [], [], [0]
    for text in texts:
        wide = text.astype(np.int64)
        grams = [
            buckets_of([wide[place : len(wide) - order + 1 + place] for place in range(order)], buckets)
            for order in ORDERS
            if order <= len(wide)
        ]
        hit, times = np.unique(np.concatenate([*grams, wide[:0]]), return_counts=True)
        columns.append(hit)
        values.append(times)
        ends.append(ends[-1] + len(hit))
    return sp.csr_matrix(
        (np.concatenate(values).astype(np.float32), np.concatenate(columns), ends), shape=(len(texts), buckets)
    )


def present(texts: Tokens) -> sp.csr_matrix:
    """Whether each bucket is hit: (texts, BUCKETS)."""
    found = counted(texts)
    found.data[:] = 1
    return found


@dataclass(frozen=True)
class Linear:
    """logit = bias + Σ weights over the n-grams of a text."""

    weights: npt.NDArray[np.float32]
    bias: float

    def logits(self, counts: sp.csr_matrix) -> npt.NDArray[np.float64]:
        return np.asarray(counts @ self.weights + self.bias, np.float64)


def fit(
    counts: sp.csr_matrix,
    labels: npt.NDArray[np.int64],
    known: npt.NDArray[np.float32] | None = None,
    trust: npt.NDArray[np.float64] | None = None,
) -> Linear:
    """Labels are 0 or 1; both must be there. `known` weights, of other texts, are one more feature: their logit.

    `trust` is what each label counts for.
    """
    ratio = log_count_ratio(counts, labels)
    features = counts.multiply(ratio)
    if known is not None:
        before = counts @ known
        scale = KNOWN_SCALE / max(float(before.std()), 1e-9)
        features = sp.hstack([features, sp.csr_matrix(before[:, None] * scale)])
    regression = regress(features.tocsr(), labels, trust)
    weights = regression.coef_[0][: len(ratio)] * ratio
    if known is not None:
        weights = weights + regression.coef_[0][-1] * scale * known
    return Linear(weights.astype(np.float32), float(regression.intercept_[0]))


def regress(
    features: sp.csr_matrix, labels: npt.NDArray[np.int64], trust: npt.NDArray[np.float64] | None = None
) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, random_state=0).fit(
        features, labels, sample_weight=trust
    )


def log_count_ratio(counts: sp.csr_matrix, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """(buckets,): log of a feature's share in the positive texts over that in the negative ones."""
    positive, negative = (np.asarray(counts[labels == label].sum(axis=0)).ravel() + SMOOTHING for label in (1, 0))
    return np.asarray(np.log(positive / positive.sum()) - np.log(negative / negative.sum()), np.float32)
