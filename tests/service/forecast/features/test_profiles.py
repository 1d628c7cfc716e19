"""Seasonal profiles: what each phase adds to the level."""

import numpy as np
import pytest

from service.forecast.features.profiles import long_profile, seasonal_profile

RNG = np.random.default_rng(0)
PATTERN = RNG.normal(size=12)
PATTERN -= PATTERN.mean()


def profile(row, season_length=12):
    return seasonal_profile(row[None], np.array([len(row)]), season_length)


def test_an_exact_season_is_its_own_profile_beside_any_line():
    row = np.tile(PATTERN, 6) + 0.3 * np.arange(72)
    found = profile(row)
    np.testing.assert_allclose(found.base[0], PATTERN, atol=1e-9)
    assert found.strength[0, 0] == pytest.approx(1)
    assert found.shrinkage[0, 0] == pytest.approx(1)
    assert found.seasons[0, 0] == 6


def test_noise_without_a_season_is_shrunk_away():
    """The share that is left is small, on average over rows."""
    noise = np.random.default_rng(1).normal(size=(200, 96))
    found = seasonal_profile(noise, np.full(len(noise), noise.shape[1]), 12)
    assert found.shrinkage.mean() < 0.25
    assert np.square(found.base).mean() < 0.4 * np.square(found.fast).mean()


def test_a_season_that_grows_with_the_level_has_a_proportional_profile():
    growth = 1.1 ** (np.arange(96) / 12)
    found = profile((10 + PATTERN[np.arange(96) % 12]) * growth)
    last = PATTERN * 1.1**7.5
    assert np.abs(found.proportional[0] - last).mean() < 0.5 * np.abs(found.slow[0] - last).mean()


def test_readings_below_zero_have_no_proportions():
    found = profile(np.tile(PATTERN, 5))
    np.testing.assert_allclose(found.proportional, found.slow)


@pytest.mark.parametrize("count", [5, 11])
def test_less_than_a_season_has_no_profile(count):
    found = profile(np.arange(float(count)))
    assert not found.base.any()
    assert found.seasons[0, 0] == 0


def test_a_row_that_begins_later_has_the_profile_that_it_has_alone():
    row = np.tile(PATTERN, 3) + RNG.normal(size=36)
    padded = np.concatenate([np.full(24, row[0]), row])
    beside = seasonal_profile(padded[None], np.array([36]), 12)
    for found, expected in zip(beside, profile(row), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_longer_season_that_repeats_is_trusted_and_noise_is_not():
    pattern, noise = RNG.normal(size=28), np.random.default_rng(2).normal(size=(1, 84))
    repeated = long_profile(np.tile(pattern, 3)[None], np.array([84]), 28, 10)
    np.testing.assert_allclose(repeated.base[0], (pattern - pattern.mean())[:10], atol=1e-9)
    assert repeated.correlation[0, 0] == pytest.approx(1)
    assert np.abs(long_profile(noise, np.array([84]), 28, 10).base).mean() < 0.3


def test_without_a_whole_longer_season_nothing_is_added():
    row = np.ones((1, 40))
    for long_season, lengths in ((0, 40), (50, 40), (30, 20)):
        found = long_profile(row, np.array([lengths]), long_season, 4)
        assert not np.concatenate([values.ravel() for values in found]).any()
