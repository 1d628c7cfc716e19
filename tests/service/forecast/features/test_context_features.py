"""The features that the network of any series reads."""

import numpy as np
import pytest

from service.forecast.features.context_features import (
    CONTEXT,
    QUANTILES,
    SIMPLE_FORECASTS,
    STEP_FEATURES,
    block_count,
    context_features,
    quantiles,
)

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
    blocks = block_count(40)
    np.testing.assert_allclose(both.readings[0, -blocks:], alone.readings[0], atol=1e-5)
    assert not both.readings[0, :-blocks, :8].any()


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


@pytest.mark.parametrize(
    ("time", "blocks"), [(1, 16), (16, 16), (17, 24), (32, 24), (64, 32), (512, 56), (CONTEXT, 72)]
)
def test_blocks_double_with_age(time, blocks):
    """Sixteen readings by themselves, then eight blocks of each size: 16 · 2^k readings need 16 + 8 k blocks."""
    assert block_count(time) == blocks


def test_a_block_is_the_mean_of_its_readings():
    """The ninth newest pair and the last reading of a series without a season, less the level."""
    row = np.random.default_rng(0).normal(size=20).cumsum()
    seen = features(row, season_length=1, steps=1)
    level = seen.base[0, 0]
    assert seen.readings[0, -1, 0] == pytest.approx(np.arcsinh((row[-1] - level) / seen.scale[0, 0]), abs=1e-5)
    pair = row[2:4].mean()
    assert seen.readings[0, -17, 0] == pytest.approx(np.arcsinh((pair - level) / seen.scale[0, 0]), abs=1e-5)
    assert seen.readings[0, -17, 4] == pytest.approx(np.arcsinh(np.std(row[2:4]) / seen.scale[0, 0]), abs=1e-5)


def test_missing_readings_are_marked():
    observed = np.ones((1, 40), bool)
    observed[0, [-1, -18]] = False
    seen = context_features(MONTHS[None, :40], np.array([40]), observed, 12, 1)
    assert seen.readings[0, -1, 6] == 0
    assert seen.readings[0, -17, 6] == 0.5  # one of two
    assert seen.readings[0, -2, 6] == 1


def test_every_feature_is_finite_for_the_oddest_rows():
    """Constant, zero, two readings, one spike, huge and tiny."""
    for row in (np.zeros(30), np.full(5, 7.0), np.array([1.0, 2.0]), np.eye(60)[40] * 1e140, np.arange(9) * 1e-300):
        for season_length in (1, 4, 12):
            seen = features(row, season_length, steps=64)
            assert seen.steps.shape == (1, 64, STEP_FEATURES)
            for values in seen:
                assert np.isfinite(values).all()


def test_a_longer_season_beside_the_shorter_one_moves_the_base():
    """Hours of days whose level depends on the weekday: the base is right where the last day says another thing."""
    day = 10 * np.sin(2 * np.pi * np.arange(24) / 24)
    week = np.concatenate([day + level for level in (0, 0, 0, 0, 0, -30, -40)])
    row = np.tile(week, 4)[: 168 * 4 - 24 * 2]  # ends with a Friday
    seen = features(row, season_length=24, steps=24)
    assert np.abs(seen.base[0] - week[120:144]).mean() < 12
    assert np.abs(row[-24:] - week[120:144]).mean() == 30


def test_simple_forecasts_continue_a_line():
    """The slopes, the trended smoothing and twice the drift of the theta method: features 0 to 3, 5 and 20."""
    row = 5.0 * np.arange(60)
    seen = features(row, season_length=1, steps=8)
    ahead = np.sinh(seen.steps[0, :, :SIMPLE_FORECASTS]) * seen.scale[0, 0]
    expected = 5.0 * np.arange(1, 9)
    for index in range(4):
        np.testing.assert_allclose(ahead[:, index], expected, rtol=1e-3)
    np.testing.assert_allclose(seen.base[0] + ahead[:, 5], row[-1] + expected, rtol=0.02)
    np.testing.assert_allclose(2 * ahead[:, 20], expected, rtol=1e-3)
