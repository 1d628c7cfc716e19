"""Classical seasonal decomposition."""

import numpy as np
import pytest

from service.forecast import decomposition

PATTERN = np.array([-3.0, 1.0, 0.0, 2.0])


@pytest.mark.parametrize("count", [32, 33, 34, 35])
def test_terms_follow_the_readings(count):
    """Wherever the readings end, the first term is that of the next one. A line is no season."""
    t = np.arange(count)
    found = decomposition.decompose(-50 + 0.5 * t + np.tile(PATTERN, 9)[:count], 4)
    assert found is not None
    assert not found.is_multiplicative
    np.testing.assert_allclose(found.ahead(4), np.tile(PATTERN, 10)[count : count + 4], atol=1e-9)
    np.testing.assert_allclose(found.adjust(-50 + 0.5 * t + np.tile(PATTERN, 9)[:count]), -50 + 0.5 * t, atol=1e-9)


def test_factors_have_mean_1():
    factors = np.array([0.5, 1.0, 1.5, 0.7, 1.3])
    readings = 80 * np.tile(factors, 6)
    found = decomposition.decompose(readings, 5)
    assert found is not None
    assert found.is_multiplicative
    np.testing.assert_allclose(found.season, factors)
    np.testing.assert_allclose(found.adjust(readings), 80)
    np.testing.assert_allclose(found.restore(np.full(7, 80.0)), 80 * np.tile(factors, 2)[:7])


def test_a_factor_close_to_0_gives_terms_instead():
    found = decomposition.decompose(np.tile([1e-3, 10.0, 10.0, 10.0], 6), 4)
    assert found is not None
    assert not found.is_multiplicative


@pytest.mark.parametrize(
    ("readings", "season_length"),
    [
        (np.random.default_rng(0).normal(size=60), 12),
        (np.tile(PATTERN, 5), 3),
        (np.tile(PATTERN, 2)[:7], 4),
        (np.full(40, 3.0), 4),
        (np.tile([1.0, 2.0], 20), 2),
    ],
)
def test_readings_that_do_not_show_a_season_have_none(readings, season_length):
    """Noise, another season, less than two seasons, no change; and seasons below four are not looked for."""
    assert decomposition.decompose(readings, season_length) is None
