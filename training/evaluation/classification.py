"""Metrics of a classifier's class probabilities, and their calibration; `thresholds` is about confidence.

Labels have shape (n,) and are indices of classes; logits and probabilities have shape (n, K).
"""

from dataclasses import dataclass

import numpy as np

from service.interfaces import Array, Labels

BLEND_PENALTY = 0.05  # of the squared weights and biases, in nats over all texts; light, so that weights stay finite
BLEND_STEPS = 200


def softmax(logits: Array) -> Array:
    """Turn logits (…, K) into probabilities."""
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), np.float64)


def log_loss(labels: Labels, logits: Array, weights: Array | None = None) -> float:
    """Return the mean negative log likelihood of the labels, from logits; `weights` (n,) are those of the texts."""
    return float(-np.average(_log_softmax(logits)[np.arange(len(labels)), labels], weights=weights))


def accuracy(labels: Labels, scores: Array) -> float:
    """Return the share of labels that have the largest logit or probability."""
    return float(np.mean(scores.argmax(axis=1) == labels))


def balanced_accuracy(labels: Labels, scores: Array) -> float:
    """Return the mean over the classes that occur of the share of their texts that is found."""
    is_correct = scores.argmax(axis=1) == labels
    return float(np.mean([is_correct[labels == label].mean() for label in np.unique(labels)]))


def macro_f1(labels: Labels, scores: Array) -> float:
    """Return the mean F1 over the classes that occur as a label or as a prediction."""
    predicted = scores.argmax(axis=1)
    classes = np.union1d(labels, predicted)
    both = [np.sum((predicted == c) & (labels == c)) for c in classes]
    either = [np.sum(predicted == c) + np.sum(labels == c) for c in classes]
    return float(np.mean(2 * np.array(both) / np.array(either)))


def macro_auc(labels: Labels, probabilities: Array) -> float:
    """Return the mean ROC AUC of each class against all others; NaN if only one class occurs."""
    from sklearn.metrics import roc_auc_score

    classes = [c for c in range(probabilities.shape[1]) if 0 < np.sum(labels == c) < len(labels)]
    if not classes:
        return float("nan")
    return float(np.mean([roc_auc_score(labels == c, probabilities[:, c]) for c in classes]))


def expected_calibration_error(labels: Labels, probabilities: Array, bins: int = 15) -> float:
    """Return the mean |confidence − accuracy| over `bins` bins of equal mass (Naeini et al., 2015; Nixon et al., 2019).

    Confidence is the probability of the predicted class, accuracy the share of correct predictions in the bin.
    """
    confidence, is_correct = confidences(labels, probabilities)
    rows_by_bin = np.array_split(np.argsort(confidence, kind="stable"), bins)
    gaps = [abs(confidence[rows].mean() - is_correct[rows].mean()) * len(rows) for rows in rows_by_bin if len(rows)]
    return float(np.sum(gaps) / len(labels))


def confidences(labels: Labels, probabilities: Array) -> tuple[Array, Array]:
    """Return the probability of each predicted class, and 1.0 where it is the label, 0.0 elsewhere."""
    predicted = probabilities.argmax(axis=1)
    return probabilities[np.arange(len(labels)), predicted], (predicted == labels).astype(np.float64)


def class_metrics(labels: Labels, probabilities: Array) -> dict[str, float]:
    """Return accuracy, balanced accuracy, macro F1, macro AUC, negative log likelihood, Brier score and calibration error.

    The Brier score is the mean squared distance to the one-hot label, halved, so that two classes give the usual score.
    """
    clipped = np.clip(probabilities, 1e-7, 1.0)
    one_hot = np.eye(probabilities.shape[1])[labels]
    return {
        "accuracy": accuracy(labels, probabilities),
        "balanced_accuracy": balanced_accuracy(labels, probabilities),
        "macro_f1": macro_f1(labels, probabilities),
        "auc": macro_auc(labels, probabilities),
        "nll": float(-np.mean(np.log(clipped[np.arange(len(labels)), labels]))),
        "brier": float(np.square(probabilities - one_hot).sum(axis=1).mean() / 2),
        "ece": expected_calibration_error(labels, probabilities),
    }


def temperature(labels: Labels, logits: Array) -> float:
    """Return the T that minimises the negative log likelihood of softmax(logits / T) (Guo et al., 2017)."""
    grid = np.geomspace(0.2, 20.0, 201)
    return float(grid[int(np.argmin([log_loss(labels, logits / t) for t in grid]))])


@dataclass(frozen=True)
class Blend:
    """Two arrays of logits as one: a weight of the network's, a weight of the linear model's, and a bias for each class."""

    network: float
    linear: float
    bias: tuple[float, ...]

    def __call__(self, network: Array, linear: Array) -> Array:
        return np.asarray(self.network * network + self.linear * linear + np.asarray(self.bias), np.float64)


def blend(labels: Labels, network: Array, linear: Array, weights: Array | None = None) -> Blend:
    """Fit the blend of two arrays of logits (n, K) that has the least negative log likelihood.

    It is a multinomial form of Platt's calibration (1999): one weight for each array, and one bias for each class. The
    biases have the mean 0. A light penalty keeps them finite where the logits separate a few labels perfectly. `weights`
    (n,) are those of the texts; without them all are equal.
    """
    from scipy.optimize import minimize

    inputs = [_centred(network), _centred(linear)]
    scales = [max(float(values.std()), 1e-9) for values in inputs]
    features = [values / scale for values, scale in zip(inputs, scales, strict=True)]
    one_hot = np.eye(network.shape[1])[labels]
    shares = np.full(len(labels), 1.0 / len(labels)) if weights is None else weights / np.sum(weights)
    penalty = BLEND_PENALTY / len(labels)

    def loss(x: Array) -> tuple[float, Array]:
        logits = x[0] * features[0] + x[1] * features[1] + x[2:]
        log_probabilities = _log_softmax(logits)
        residual = (np.exp(log_probabilities) - one_hot) * shares[:, None]
        value = -float(np.sum(shares * np.sum(log_probabilities * one_hot, axis=1))) + penalty * float(x @ x)
        slopes = [float(np.sum(residual * values)) for values in features]
        return value, np.concatenate([slopes, residual.sum(axis=0)]) + 2 * penalty * x

    start = np.concatenate([[0.5 * scale for scale in scales], np.zeros(network.shape[1])])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": BLEND_STEPS}).x
    bias = found[2:] - found[2:].mean()
    return Blend(float(found[0] / scales[0]), float(found[1] / scales[1]), tuple(bias.tolist()))


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), np.float64)


def _centred(logits: Array) -> Array:
    """Logits whose mean over the classes is 0: what is common to all classes says nothing."""
    return np.asarray(logits - logits.mean(axis=1, keepdims=True), np.float64)


@dataclass(frozen=True)
class OfClass:
    """How one class is told: the number of its texts, and precision, recall and F1, NaN where there is nothing to divide by."""

    count: int
    precision: float
    recall: float
    f1: float


def by_class(labels: Labels, scores: Array) -> list[OfClass]:
    """Return the figures of each class; scores (n, K)."""
    predicted = scores.argmax(axis=1)
    found = []
    for number in range(scores.shape[1]):
        both = int(np.sum((predicted == number) & (labels == number)))
        own, named = int(np.sum(labels == number)), int(np.sum(predicted == number))
        found.append(OfClass(own, _share(both, named), _share(both, own), _share(2 * both, own + named)))
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
