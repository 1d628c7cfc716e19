"""The confidence from which on answers are trusted."""

import numpy as np
import pytest

from training.evaluation import thresholds
from training.evaluation.thresholds import Threshold


def test_the_least_confidence_reaches_the_accuracy():
    """Enough predictions above it are correct; if no threshold does that, it is 1."""
    confidence = np.array([0.99, 0.95, 0.9, 0.8, 0.7, 0.6])
    is_correct = np.array([1.0, 1, 1, 1, 0, 0])
    assert thresholds.least_confidence(confidence, is_correct, 0.95) == 0.8
    assert thresholds.least_confidence(confidence, 1 - is_correct, 1.0) == 1.0
    assert thresholds.least_confidence(np.array([]), np.array([]), 0.95) == 1.0


def test_equal_confidences_are_answered_together():
    """The threshold lets in the wrong ones of the same confidence too."""
    assert thresholds.least_confidence(np.array([0.9, 0.8, 0.8]), np.array([1.0, 1, 0]), 0.95) == 0.9


def made_up(short, long):
    """`short` texts of 5 tokens of which those of confidence 0.6 are wrong, `long` texts of 50 tokens, all right."""
    tokens = np.repeat([5, 50], [short, long])
    positive = np.concatenate([np.tile([0.9, 0.6], short // 2), np.full(long, 0.7)])
    labels = np.concatenate([np.tile([1, 0], short // 2), np.ones(long, int)])
    return labels, np.stack([1 - positive, positive], axis=1), tokens


def test_each_length_band_has_its_threshold():
    """Bands without texts are left out."""
    labels, probabilities, tokens = made_up(200, 150)
    chosen = thresholds.choose(labels, probabilities, tokens, 0.95)
    assert chosen == [Threshold(8, 0.9, 0.5, 1.0), Threshold(None, 0.7, 1.0, 1.0)]


@pytest.mark.parametrize(("short", "long"), [(200, 90), (90, 200), (0, 20)])
def test_a_band_of_few_texts_joins_its_neighbour(short, long):
    labels, probabilities, tokens = made_up(short, long)
    chosen = thresholds.choose(labels, probabilities, tokens, 0.5)
    assert [threshold.max_tokens for threshold in chosen] == [None]


def test_thresholds_are_measured_on_other_texts():
    chosen = [Threshold(8, 0.8, 0.0, 0.0), Threshold(None, 0.95, 0.0, 0.0)]
    measured = thresholds.measure(chosen, *made_up(200, 150))
    assert measured == [Threshold(8, 0.8, 0.5, 1.0), Threshold(None, 0.95, 0.0, 0.0)]
