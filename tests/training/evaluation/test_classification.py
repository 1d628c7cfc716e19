"""Metrics of a classifier's class probabilities, and their calibration."""

import numpy as np
import pytest

from training.evaluation import classification


def draw(count, classes=3, scale=2.0, seed=0):
    """Logits (count, classes), and labels drawn from their softmax."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (count, classes))
    shares = classification.softmax(logits).cumsum(axis=1)
    return logits, (rng.random((count, 1)) > shares).sum(axis=1)


def test_the_calibration_error_of_calibrated_probabilities_is_zero():
    """Three of four predictions of confidence 0.75 are correct."""
    probabilities = np.tile([0.1, 0.15, 0.75], (1_500, 1))
    labels = np.tile([2, 2, 2, 0], 375)
    assert classification.expected_calibration_error(labels, probabilities, bins=1) == pytest.approx(0)
    wrong = np.tile([2, 0, 0, 0], 375)
    assert classification.expected_calibration_error(wrong, probabilities, bins=1) == pytest.approx(0.5)


def test_temperature_corrects_overconfident_logits():
    logits, labels = draw(20_000)
    assert classification.temperature(labels, logits * 3) == pytest.approx(3, rel=0.05)


def test_class_metrics_of_three_classes_agree_with_their_definitions():
    """The middle class is never predicted, so its F1 is 0 and a third of the balanced accuracy is lost."""
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
    metrics = classification.class_metrics(np.array([0, 2, 1, 2]), probabilities)
    assert metrics["accuracy"] == 0.75
    assert metrics["balanced_accuracy"] == pytest.approx(2 / 3)
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert metrics["auc"] == pytest.approx(1.0)
    assert metrics["nll"] == pytest.approx(-np.log([0.8, 0.7, 0.4, 0.6]).mean())
    assert metrics["brier"] == pytest.approx(np.mean([0.06, 0.14, 0.62, 0.24]) / 2)


def test_class_metrics_of_two_classes_are_the_usual_ones():
    positive = np.array([0.9, 0.4, 0.2, 0.1])
    labels, probabilities = np.array([1, 1, 0, 0]), np.stack([1 - positive, positive], axis=1)
    metrics = classification.class_metrics(labels, probabilities)
    assert (metrics["accuracy"], metrics["balanced_accuracy"], metrics["auc"]) == (0.75, 0.75, 1.0)
    assert metrics["brier"] == pytest.approx(np.mean([0.01, 0.36, 0.04, 0.01]))
    logits = np.log(probabilities)
    assert classification.log_loss(labels, logits) == pytest.approx(metrics["nll"])
    assert classification.softmax(logits) == pytest.approx(probabilities)


def test_the_auc_leaves_out_a_class_that_does_not_occur():
    """A test file may lack a class; with a single class there is no AUC."""
    probabilities = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1]])
    assert classification.macro_auc(np.array([0, 1]), probabilities) == 1.0
    assert np.isnan(classification.macro_auc(np.array([1, 1]), probabilities))


def test_large_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0, -1e4]])
    assert classification.softmax(logits).tolist() == [[1.0, 0.0, 0.0]]
    assert classification.log_loss(np.array([1]), logits) == pytest.approx(1e4)


def test_a_blend_prefers_the_better_logits_and_is_calibrated():
    """Noise gets almost no weight, logits three times too large a third of it, and a class too likely a lower bias."""
    logits, labels = draw(20_000)
    shifted = logits * 3 + np.array([3.0, 0.0, 0.0])
    blend = classification.blend(labels, shifted, np.random.default_rng(1).normal(size=logits.shape))
    assert blend.network == pytest.approx(1 / 3, rel=0.05)
    assert abs(blend.linear) < 0.05
    assert blend.bias == pytest.approx((-2 / 3, 1 / 3, 1 / 3), abs=0.06)
    assert blend(np.ones((1, 3)), np.zeros((1, 3)))[0] == pytest.approx(blend.network + np.array(blend.bias))


def test_a_blend_of_separable_labels_is_finite():
    labels = np.array([0, 1, 2] * 10)
    logits = np.eye(3)[labels] * 50.0
    blend = classification.blend(labels, logits, logits)
    assert np.isfinite([blend.network, blend.linear, *blend.bias]).all()
    assert classification.accuracy(labels, blend(logits, logits)) == 1.0


def test_a_text_without_weight_has_no_effect_on_a_blend():
    logits, labels = draw(4_000)
    wrong = np.arange(4_000) % 2 == 1
    mixed = np.where(wrong, (labels + 1) % 3, labels)
    blend = classification.blend(mixed, logits, np.zeros_like(logits), np.where(wrong, 0.0, 1.0))
    assert blend.network == pytest.approx(1, rel=0.1)


def test_each_class_has_precision_recall_and_f1():
    """A class without texts has no recall, one that is never the answer no precision."""
    labels, scores = np.array([0, 0, 1, 1]), np.eye(4)[[0, 1, 1, 3]]
    first, second, third, fourth = classification.by_class(labels, scores)
    assert (first.count, first.precision, first.recall) == (2, 1.0, 0.5)
    assert second.f1 == pytest.approx(0.5)
    assert np.isnan([third.precision, third.recall, third.f1, fourth.recall]).all()
