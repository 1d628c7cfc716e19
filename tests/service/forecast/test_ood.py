"""Out-of-distribution check: readings beside the limits of a card."""

import numpy as np
import pytest

from service.artifacts.card import ReadingLimits
from service.forecast.ood import BROKEN_FACTOR, OutOfDistributionCheck, season_correlation

LIMITS = ReadingLimits(minimum=0, maximum=100, window_std_minimum=5, window_std_maximum=30)
SEASONAL = LIMITS.model_copy(update={"season_correlation_minimum": 0.8})


def codes(readings, limits=LIMITS, season_length=1):
    """Whether readings look alike, and the codes of the warnings."""
    is_alike, warnings = OutOfDistributionCheck(limits, season_length).check(readings)
    return is_alike, [warning.code for warning in warnings]


def test_readings_like_those_of_training_have_no_warning():
    assert codes([10.0, 20.0, 30.0, 40.0, 50.0]) == (True, [])


@pytest.mark.parametrize("readings", [[60.0, 80.0, 90.0, 95.0, 120.0], [-5.0, 0.0, 10.0, 20.0, 30.0]])
def test_readings_outside_the_range_are_warned_of_and_still_alike(readings):
    assert codes(readings) == (True, ["outside_training_range"])


def test_the_warning_counts_the_readings_outside():
    _, (warning,) = OutOfDistributionCheck(LIMITS, 1).check([60.0, 80.0, 90.0, 101.0, 120.0])
    assert warning.detail == "2 of the 5 readings used lie outside the range of the training data (0 to 100)"


@pytest.mark.parametrize(("mean", "is_alike"), [(200, True), (200.1, False), (-100, True), (-100.1, False)])
def test_a_mean_further_away_than_the_range_is_wide_is_unlike(mean, is_alike):
    assert codes([mean - 10.0, mean + 10.0])[0] is is_alike


@pytest.mark.parametrize(("std", "is_alike"), [(2.5, True), (2.4, False), (60, True), (60.1, False)])
def test_twice_or_half_the_standard_deviation_is_still_alike(std, is_alike):
    assert codes([50.0 - std, 50.0 + std])[0] is is_alike


def test_an_unlike_series_is_warned_of_with_the_reason():
    is_alike, warnings = OutOfDistributionCheck(LIMITS, 1).check([50.0] * 5)
    assert not is_alike
    assert [warning.code for warning in warnings] == ["unlike_training_data"]
    assert "their standard deviation is 0, in training windows it was 5 to 30" in warnings[0].detail


WAVE = [40.0, 60.0, 50.0, 30.0]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        (WAVE + WAVE, []),
        (WAVE + WAVE[2:] + WAVE[:2], ["broken_season"]),
        (WAVE[:2] + WAVE, []),  # less than two seasons
    ],
)
def test_a_season_that_does_not_repeat_is_warned_of(readings, expected):
    """It is still alike: the forecast may go wrong, but the model is the right one."""
    assert codes(readings, SEASONAL, season_length=4) == (True, expected)


def test_a_card_without_a_season_correlation_warns_of_no_broken_season():
    assert codes(WAVE + WAVE[2:] + WAVE[:2], LIMITS, season_length=4) == (True, [])


def test_season_correlation_is_that_of_the_last_two_seasons():
    rng = np.random.default_rng(0)
    values = rng.normal(size=30)
    assert season_correlation(values, 12) == pytest.approx(np.corrcoef(values[-12:], values[-24:-12])[0, 1])
    assert season_correlation(np.ones(8), 4) == 0.0


@pytest.mark.parametrize("level", [0.0, 1.0, 1e6, 1e70])
@pytest.mark.parametrize("noise", [0.0, 1e-14, 1e-3, 1.0])
def test_a_season_is_broken_by_its_exact_correlation(level, noise):
    """The quick look in plain Python decides only what rounding cannot change."""
    rng = np.random.default_rng(0)
    check = OutOfDistributionCheck(SEASONAL, 4)
    for _ in range(50):
        shape = rng.normal(size=4)
        values = level * (1 + noise * np.concatenate([shape, shape + rng.normal(size=4)]))
        is_broken = season_correlation(values, 4) < SEASONAL.season_correlation_minimum * BROKEN_FACTOR
        assert check._is_season_broken(values.tolist()) is bool(is_broken)
