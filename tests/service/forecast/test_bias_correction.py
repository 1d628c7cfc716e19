"""What recent errors say: only what was known, nothing from nothing, and the right sign."""

import numpy as np
import pytest

from service.forecast import bias_correction

NAN = float("nan")


def known_part(origins, steps, value):
    """Errors as they are known after the last origin: step h of origin i only if i + h ≤ origins."""
    made = np.arange(origins)[:, None] + np.arange(1, steps + 1)
    return np.where(made <= origins, value, NAN)


def test_nothing_known_corrects_nothing():
    assert bias_correction.residual_correction(np.zeros((0, 14))).tolist() == np.zeros((1, 14)).tolist()
    assert not bias_correction.residual_correction(np.full((5, 14), NAN)).any()


def test_a_lasting_error_is_nearly_taken_away_and_few_errors_hardly():
    many = bias_correction.residual_correction(known_part(48, 14, 2.0))
    few = bias_correction.residual_correction(known_part(1, 14, 2.0))
    assert (many[-1] > 1.3).all()
    assert (many[-1] < 2.0).all()
    assert 0 < few[-1, 0] < 0.6
    assert (np.diff(np.abs(few[-1])) <= 0).all()


def test_a_shift_uses_only_errors_known_at_its_origin():
    chance = np.random.default_rng(0)
    errors = chance.normal(size=(30, 5))
    changed = errors.copy()
    made = np.arange(30)[:, None] + np.arange(1, 6)
    changed[made > 20] = 99
    assert bias_correction.residual_correction(changed)[:21] == pytest.approx(
        bias_correction.residual_correction(errors)[:21]
    )
    whole = np.where(made <= 30, errors, NAN)
    assert bias_correction.residual_correction(whole)[-1] == pytest.approx(
        bias_correction.residual_correction(errors)[-1]
    )


def test_the_latest_error_counts_most_for_the_next_step():
    errors = np.zeros((40, 14))
    errors[-1, 0] = 1.0
    shift = bias_correction.residual_correction(errors)[-1]
    assert 0.1 < shift[0] < 0.3
    assert (np.diff(shift[1:]) < 0).all()


def test_shifts_scale_with_the_units():
    errors = np.random.default_rng(1).normal(size=(20, 3))
    assert bias_correction.residual_correction(1000 * errors) == pytest.approx(
        1000 * bias_correction.residual_correction(errors)
    )
