"""The features that the network of any series reads."""

import numpy as np
import pytest

from service.forecast.context_features import QUANTILES, context_features, quantiles

MONTHS = 100 + 0.3 * np.arange(120) + 12 * np.sin(2 * np.pi * np.arange(120) / 12)


def features(row, season_length=12, steps=8):
    """The features of one row without gaps."""
    return context_features(row[None], np.array([len(row)]), np.ones((1, len(row)), bool), season_length, steps)


def test_features_do_not_depend_on_padding():
    """A row beside a longer one has the features that it has alone."""
    row = MONTHS[:40]
    alone = features(row)
    padded = np.zeros((2, 100))
    padded[0, 60:], padded[1] = row, MONTHS[:100]
    both = context_features(padded, np.array([40, 100]), np.ones((2, 100), bool), 12, 8)
    np.testing.assert_allclose(both.base[0], alone.base[0], rtol=1e-9)
    np.testing.assert_allclose(both.scale[0], alone.scale[0], rtol=1e-9)
    np.testing.assert_allclose(both.steps[0], alone.steps[0], atol=1e-5)
    np.testing.assert_allclose(both.readings[0, 60:], alone.readings[0], atol=1e-5)
    assert not both.readings[0, :60, :6].any()


def test_features_do_not_depend_on_the_unit():
    """Base and scale carry the unit; what the network reads is the same."""
    plain, scaled = features(MONTHS), features(1000 * MONTHS)
    np.testing.assert_allclose(scaled.readings, plain.readings, atol=1e-5)
    np.testing.assert_allclose(scaled.steps, plain.steps, atol=1e-5)
    np.testing.assert_allclose(scaled.base, 1000 * plain.base)
    np.testing.assert_allclose(scaled.scale, 1000 * plain.scale)


def test_a_season_that_is_longer_than_the_readings_counts_as_none():
    short = features(MONTHS[:10], season_length=12)
    np.testing.assert_array_equal(short.steps, features(MONTHS[:10], season_length=1).steps)


def test_quantiles_are_in_original_units_and_ascending():
    seen = features(MONTHS, steps=2)
    output = np.zeros((1, 2, len(QUANTILES)), np.float32)
    output[0, 0, 0] = 1.0
    values = quantiles(seen, output)
    assert (np.diff(values, axis=2) >= 0).all()
    assert values[0, 0, -1] == pytest.approx(seen.base[0, 0] + seen.scale[0, 0])
    assert values[0, 1].tolist() == pytest.approx([seen.base[0, 1]] * len(QUANTILES))
