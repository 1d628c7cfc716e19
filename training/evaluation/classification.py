"""Metrics of a classifier's probabilities, and its calibration; forecasts are measured in evaluate.py."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.interfaces import Array, Labels

BLEND_STRENGTH = 10.0  # C of the regression


def expected_calibration_error(labels: Labels, probabilities: Array, bins: int = 15) -> float:
    """Mean |confidence − accuracy| over `bins` bins of equal mass (Naeini et al., 2015; Nixon et al., 2019).

    Confidence is that of the predicted class, accuracy the share of right predictions in the bin.
    """
    confidence = np.maximum(probabilities, 1 - probabilities)
    right = (probabilities >= 0.5) == (labels == 1)
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    gaps = [abs(confidence[p].mean() - right[p].mean()) * len(p) for p in parts if len(p)]
    return float(np.sum(gaps) / len(labels))


def class_metrics(labels: Labels, probabilities: Array) -> dict[str, float]:
    """Accuracy, ROC AUC, negative log likelihood, Brier score and calibration error."""
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
    """Two logits as one: deep × deep's + plain × plain's + bias."""

    deep: float
    plain: float
    bias: float

    def __call__(self, deep: Array, plain: Array) -> Array:
        return self.deep * deep + self.plain * plain + self.bias


def blend(labels: Labels, deep: Array, plain: Array) -> Blend:
    """The blend of the least negative log likelihood, which is calibrated as Platt (1999) does it.

    A light penalty keeps the weights finite where few labels part the two classes perfectly.
    """
    from sklearn.linear_model import LogisticRegression

    columns = np.stack([deep, plain], axis=1)
    scale = np.maximum(columns.std(axis=0), 1e-9)
    found = LogisticRegression(C=BLEND_STRENGTH).fit(columns / scale, labels)
    weights = found.coef_[0] / scale
    return Blend(float(weights[0]), float(weights[1]), float(found.intercept_[0]))


def temperature(labels: Labels, logits: Array) -> float:
    """The T that minimises the negative log likelihood of sigmoid(logit / T) (Guo et al., 2017)."""
    grid = np.geomspace(0.2, 20.0, 1001)
    return float(grid[int(np.argmin([log_loss(labels, logits / t) for t in grid]))])


def sigmoid(values: Array | float) -> Any:
    return 1 / (1 + np.exp(-np.asarray(values, np.float64)))


def log_loss(labels: Labels, logits: Array) -> float:
    """Mean negative log likelihood, from logits."""
    return float(np.mean(np.logaddexp(0.0, np.where(labels == 1, -logits, logits))))


def accuracy(labels: Labels, logits: Array) -> float:
    return float(np.mean((logits >= 0) == (labels == 1)))


def confidence_threshold(labels: Labels, probabilities: Array, accuracy: float) -> float:
    """The least confidence at and over which `accuracy` of the predictions are right.

    Returns 1.0 when no such confidence exists.
    """
    confidence = np.maximum(probabilities, 1 - probabilities)
    right = (probabilities >= 0.5) == (labels == 1)
    order = np.argsort(-confidence, kind="stable")
    share_right = np.cumsum(right[order]) / np.arange(1, len(labels) + 1)
    good = np.flatnonzero(share_right >= accuracy)
    return float(confidence[order][good[-1]]) if good.size else 1.0
