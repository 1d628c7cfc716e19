"""Metrics of a classifier's probabilities, and their calibration."""

import numpy as np
import pytest

from training.evaluation import classification


def test_the_calibration_error_of_calibrated_probabilities_is_zero():
    """Three of four predictions of confidence 0.75 are correct."""
    probabilities = np.full(1500, 0.75)
    labels = np.tile([1, 1, 1, 0], 375)
    assert classification.expected_calibration_error(labels, probabilities, bins=1) == pytest.approx(0)
    assert classification.expected_calibration_error(1 - labels, probabilities, bins=1) == pytest.approx(0.5)


def test_temperature_corrects_overconfident_logits():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-logits))).astype(int)
    assert classification.temperature(labels, logits * 3) == pytest.approx(3, rel=0.05)


def test_the_threshold_reaches_the_accuracy():
    """Enough predictions above it are correct; if no threshold does that, it is 1."""
    probabilities = np.array([0.99, 0.95, 0.9, 0.8, 0.7, 0.6])
    labels = np.array([1, 1, 1, 1, 0, 0])
    assert classification.confidence_threshold(labels, probabilities, 0.95) == pytest.approx(0.8)
    assert classification.confidence_threshold(1 - labels, probabilities[:6], 1.0) == 1.0


def test_class_metrics_agree_with_their_definitions():
    labels, probabilities = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.2, 0.1])
    metrics = classification.class_metrics(labels, probabilities)
    assert metrics["accuracy"] == 0.75
    assert metrics["auc"] == 1.0
    assert metrics["nll"] == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.9]).mean())
    assert metrics["brier"] == pytest.approx(np.mean([0.01, 0.36, 0.04, 0.01]))
    logits = np.log(probabilities / (1 - probabilities))
    assert classification.accuracy(labels, logits) == metrics["accuracy"]
    assert classification.log_loss(labels, logits) == pytest.approx(metrics["nll"])
    assert classification.sigmoid(logits) == pytest.approx(probabilities)


def test_a_blend_prefers_the_better_logits_and_is_calibrated():
    """Noise gets almost no weight, and logits three times too large get a third of it."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    labels = (rng.random(20_000) < classification.sigmoid(logits)).astype(int)
    blend = classification.blend(labels, logits * 3, rng.normal(size=20_000))
    assert blend.network == pytest.approx(1 / 3, rel=0.05)
    assert abs(blend.linear) < 0.05
    assert blend(3.0, 0.0) == pytest.approx(blend.bias + 3 * blend.network)
