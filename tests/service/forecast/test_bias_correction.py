"""Correction by recent errors: only errors that were known count, few count little, and the sign is right."""

import numpy as np
import pytest

from service.forecast.bias_correction import residual_correction

NAN = float("nan")


def known_errors(origins, steps, value):
    """Errors that are known after the last origin: step h of origin i only if i + h ≤ origins."""
    known_at = np.arange(origins)[:, None] + np.arange(1, steps + 1)
    return np.where(known_at <= origins, value, NAN)


def test_without_known_errors_nothing_is_corrected():
    assert residual_correction(np.zeros((0, 14))).tolist() == np.zeros((1, 14)).tolist()
    assert not residual_correction(np.full((5, 14), NAN)).any()


def test_a_lasting_error_is_corrected_more_the_longer_it_lasts():
    many = residual_correction(known_errors(48, 14, 2.0))
    few = residual_correction(known_errors(1, 14, 2.0))
    assert (many[-1] > 1.3).all()
    assert (many[-1] < 2.0).all()
    assert 0 < few[-1, 0] < 0.6
    assert (np.diff(np.abs(few[-1])) <= 0).all()


def test_a_correction_uses_only_errors_known_at_its_origin():
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(30, 5))
    changed = errors.copy()
    known_at = np.arange(30)[:, None] + np.arange(1, 6)
    changed[known_at > 20] = 99
    assert residual_correction(changed)[:21] == pytest.approx(residual_correction(errors)[:21])
    known = np.where(known_at <= 30, errors, NAN)
    assert residual_correction(known)[-1] == pytest.approx(residual_correction(errors)[-1])


def test_the_latest_error_counts_most_for_the_next_step():
    errors = np.zeros((40, 14))
    errors[-1, 0] = 1.0
    correction = residual_correction(errors)[-1]
    assert 0.1 < correction[0] < 0.3
    assert (np.diff(correction[1:]) < 0).all()


def test_corrections_scale_with_the_unit():
    errors = np.random.default_rng(1).normal(size=(20, 3))
    assert residual_correction(1000 * errors) == pytest.approx(1000 * residual_correction(errors))
