"""Windows and targets."""

import numpy as np
import pytest

from training.evaluation import classification
from training.forecast import windows

SERIES = np.arange(30, dtype=float)


def test_next_steps_have_a_different_target_for_every_output():
    """A (n, 1) target against 14 outputs would broadcast silently: every column is another reading."""
    x, y = windows.next_steps(SERIES, 15, 14)
    assert (x.shape, y.shape) == ((2, 15, 1), (2, 14))
    assert y[0].tolist() == list(range(15, 29))
    assert x[1, :, 0].tolist() == list(range(1, 16))


def test_partly_known_windows_reach_the_end():
    """The last windows are there too; what comes after the series is not a number."""
    x, y = windows.partly_known(SERIES, 15, 14)
    assert (x.shape, y.shape) == ((15, 15, 1), (15, 14))
    assert y[-1, 0] == 29
    assert np.isnan(y[-1, 1:]).all()
    assert not np.isnan(y[:2]).any()


def test_shifted_targets_are_the_window_one_reading_later():
    x, y = windows.shifted(SERIES, 15)
    assert x.shape == y.shape == (15, 15, 1)
    assert (y - x == 1).all()
    assert y[-1, -1, 0] == 29


def test_a_series_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="hold no window"):
        windows.next_steps(SERIES[:15], 15, 1)


def test_calibration_error_is_nought_for_honest_probabilities():
    """Three right in four at a confidence of 0.75."""
    probabilities = np.full(1500, 0.75)
    labels = np.tile([1, 1, 1, 0], 375)
    assert classification.expected_calibration_error(labels, probabilities, bins=1) == pytest.approx(0)
    assert classification.expected_calibration_error(1 - labels, probabilities, bins=1) == pytest.approx(0.5)


def test_temperature_undoes_an_overconfident_scale():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-logits))).astype(int)
    assert classification.temperature(labels, logits * 3) == pytest.approx(3, rel=0.05)


def test_the_threshold_keeps_the_accuracy_asked_for():
    """Over it enough are right; where that cannot be had it is 1."""
    probabilities = np.array([0.99, 0.95, 0.9, 0.8, 0.7, 0.6])
    labels = np.array([1, 1, 1, 1, 0, 0])
    assert classification.confidence_threshold(labels, probabilities, 0.95) == pytest.approx(0.8)
    assert classification.confidence_threshold(1 - labels, probabilities[:6], 1.0) == 1.0
