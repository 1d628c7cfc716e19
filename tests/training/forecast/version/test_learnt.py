"""What a card keeps of a series, so that readings that continue it are known."""

import numpy as np
import pytest

from service.forecast.learnt_series import LearntSeriesCheck
from training.forecast.version.learnt import learnt_series, plainest, seasonal_profile

PROFILE = np.array([9.0, -3, -8, 4, 2, -6, 5, 8, -9, -7, 1, 4])


def series(count, noise=1.0, profile=PROFILE, seed=0):
    rng = np.random.default_rng(seed)
    return 100 + 0.05 * np.arange(count) + np.resize(profile, count) + rng.normal(0, noise, count)


def test_the_series_own_later_readings_pass_and_no_others():
    readings = series(300)
    check = LearntSeriesCheck(learnt_series(readings[:200], 12))
    assert all(check.difference(readings[end - 40 : end]) is None for end in range(240, 301))
    others = [100 + 8 * np.sin(np.arange(60) / k) for k in range(1, 9)]
    others += [100 + np.random.default_rng(seed).normal(0, 7, 60) for seed in range(50)]
    others += [series(60, profile=np.random.default_rng(seed).normal(0, 6, 12)) for seed in range(50)]
    assert not any(check.difference(other) is None for other in others)


@pytest.mark.parametrize(
    ("readings", "season_length"),
    [
        (series(300), 1),
        (series(300), 4),
        (series(110), 12),  # too few seasons
        (series(300, noise=8.0), 12),  # too much noise
    ],
)
def test_a_series_that_its_shape_does_not_tell_has_none(readings, season_length):
    learnt = learnt_series(readings, season_length)
    assert learnt.shape is None
    assert learnt.last_readings == readings[-len(learnt.last_readings) :].tolist()
    assert 24 <= len(learnt.last_readings) <= 168


def test_a_plain_season_is_told_by_its_noise_only_beyond_what_a_sine_has():
    """The least correlation is never lower than that of a sine with the profile."""
    wave = 8 * np.sin(np.arange(12) * np.pi / 6) + PROFILE / 4
    learnt = learnt_series(series(300, profile=wave, noise=0.1), 12)
    assert learnt.shape is not None
    assert learnt.shape.profile_correlation_minimum >= plainest(seasonal_profile(series(300, 0.1, wave), 12)) - 1e-9


@pytest.mark.parametrize(
    "plain",
    [np.sin(np.arange(12) * np.pi / 3), np.arange(12.0), -np.arange(12.0), np.eye(12)[3], np.eye(7)[2:4].sum(0)],
)
def test_a_plain_shape_is_found_at_any_position(plain):
    assert plainest(np.roll(plain, 4)) == pytest.approx(1)


def test_another_shape_is_not_plain():
    assert plainest(PROFILE) < 0.9
