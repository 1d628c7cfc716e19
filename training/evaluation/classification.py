"""Metrics of a classifier's probabilities, and its calibration; `metrics` measures forecasts."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.interfaces import Array, Labels

BLEND_STRENGTH = 10.0  # C of the regression


def expected_calibration_error(labels: Labels, probabilities: Array, bins: int = 15) -> float:
    """Return the mean |confidence − accuracy| over `bins` bins of equal mass (Naeini et al., 2015; Nixon et al., 2019).

    Confidence is the probability of the predicted class, accuracy the share of correct predictions in the bin.
    """
    confidence = np.maximum(probabilities, 1 - probabilities)
    is_correct = (probabilities >= 0.5) == (labels == 1)
    rows_by_bin = np.array_split(np.argsort(confidence, kind="stable"), bins)
    gaps = [abs(confidence[rows].mean() - is_correct[rows].mean()) * len(rows) for rows in rows_by_bin if len(rows)]
    return float(np.sum(gaps) / len(labels))


def class_metrics(labels: Labels, probabilities: Array) -> dict[str, float]:
    """Return accuracy, ROC AUC, negative log likelihood, Brier score and expected calibration error."""
    from sklearn.metrics import roc_auc_score

    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    likelihood = np.where(labels == 1, clipped, 1 - clipped)
    return {
        "accuracy": float(np.mean((probabilities >= 0.5) == (labels == 1))),
        "auc": float(roc_auc_score(labels, probabilities)),
        "nll": float(-np.mean(np.log(likelihood))),
        "brier": float(np.mean(np.square(probabilities - labels))),
        "ece": expected_calibration_error(labels, probabilities),
    }


@dataclass(frozen=True)
class Blend:
    """Two logits as one: a weight of the network's, a weight of the linear model's, and a bias."""

    network: float
    linear: float
    bias: float

    def __call__(self, network: Array, linear: Array) -> Array:
        return self.network * network + self.linear * linear + self.bias


def blend(labels: Labels, network: Array, linear: Array) -> Blend:
    """Fit the blend of two arrays of logits that has the least negative log likelihood (calibration of Platt, 1999).

    A light penalty keeps the weights finite where the logits separate a few labels perfectly.
    """
    from sklearn.linear_model import LogisticRegression

    columns = np.stack([network, linear], axis=1)
    scale = np.maximum(columns.std(axis=0), 1e-9)
    regression = LogisticRegression(C=BLEND_STRENGTH).fit(columns / scale, labels)
    weights = regression.coef_[0] / scale
    return Blend(float(weights[0]), float(weights[1]), float(regression.intercept_[0]))


def temperature(labels: Labels, logits: Array) -> float:
    """Return the T that minimises the negative log likelihood of sigmoid(logit / T) (Guo et al., 2017)."""
    grid = np.geomspace(0.2, 20.0, 1001)
    return float(grid[int(np.argmin([log_loss(labels, logits / t) for t in grid]))])


def sigmoid(values: Array | float) -> Any:
    """Turn logits into probabilities."""
    return 1 / (1 + np.exp(-np.asarray(values, np.float64)))


def log_loss(labels: Labels, logits: Array) -> float:
    """Return the mean negative log likelihood of the labels, from logits."""
    return float(np.mean(np.logaddexp(0.0, np.where(labels == 1, -logits, logits))))


def accuracy(labels: Labels, logits: Array) -> float:
    """Return the share of correct predictions, from logits."""
    return float(np.mean((logits >= 0) == (labels == 1)))


def confidence_threshold(labels: Labels, probabilities: Array, accuracy: float) -> float:
    """Return the least confidence from which on a share `accuracy` of the predictions is correct, or 1.0 if there is none."""
    confidence = np.maximum(probabilities, 1 - probabilities)
    is_correct = (probabilities >= 0.5) == (labels == 1)
    order = np.argsort(-confidence, kind="stable")
    correct_share = np.cumsum(is_correct[order]) / np.arange(1, len(labels) + 1)
    sufficient = np.flatnonzero(correct_share >= accuracy)
    return float(confidence[order][sufficient[-1]]) if sufficient.size else 1.0
