"""Season lengths, from the frequency or from the readings."""

import numpy as np
import pytest

from service.forecast import seasonality


@pytest.mark.parametrize(("season_length", "noise"), [(12, 0.3), (7, 0.5), (4, 0.2), (24, 0.3)])
def test_a_season_is_detected_in_the_readings(season_length, noise):
    time = np.arange(8 * season_length)
    rng = np.random.default_rng(1)
    pattern = rng.normal(size=season_length)
    values = 50 + 0.1 * time + 3 * pattern[time % season_length] + noise * rng.normal(size=len(time))
    assert seasonality.detect_season(values) == season_length


@pytest.mark.parametrize("values", [np.ones(60), np.arange(60.0), np.random.default_rng(2).normal(size=200).cumsum()])
def test_readings_without_a_season_have_a_season_length_of_1(values):
    assert seasonality.detect_season(values) == 1


@pytest.mark.parametrize(
    ("alias", "season_length"), [("MS", 12), ("QS-OCT", 4), ("D", 7), ("h", 24), ("30min", 48), ("YS", 1)]
)
def test_frequencies_have_their_usual_seasons(alias, season_length):
    assert seasonality.season_of_frequency(alias) == season_length


@pytest.mark.parametrize(
    ("count", "season_length", "expected"),
    [
        (48, 12, True),
        (48, 24, True),  # the readings hold less than three seasons of 24, and 12 divides 24
        (48, 7, False),
        (48, 30, False),  # 12 does not divide 30
    ],
)
def test_readings_of_a_yearly_season_may_have_some_seasons(count, season_length, expected):
    """A season that the readings could show must be theirs; another one must not contradict theirs."""
    values = 50 + 10 * np.sin(2 * np.pi * np.arange(count) / 12)
    assert seasonality.may_have_season(values, season_length) is expected
