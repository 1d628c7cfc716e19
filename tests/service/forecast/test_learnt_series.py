"""Whether readings continue a learnt series: by the readings that were learnt, or by the shape of the season."""

import numpy as np
import pytest

from service.artifacts.card import LearntSeries, SeasonalShape
from service.forecast.learnt_series import LearntSeriesCheck, Shape

PROFILE = np.array([9.0, -3, -8, 4, 2, -6, 5, 8, -9, -7, 1, 4])
RNG = np.random.default_rng(0)
LEARNT = 100 + np.tile(PROFILE, 20) + RNG.normal(0, 1.0, 240)
LATER = 102 + np.tile(np.roll(PROFILE, -5), 10) + RNG.normal(0, 1.0, 120)
SHAPE = SeasonalShape(
    profile=PROFILE.tolist(),
    seasons=3,
    profile_correlation_minimum=0.95,
    window_correlation_minimum=0.92,
    noise_minimum=0.02,
    level_minimum=90,
    level_maximum=110,
    amplitude_minimum=4,
    amplitude_maximum=9,
)


def check(last=LEARNT[-36:], shape=SHAPE):
    return LearntSeriesCheck(LearntSeries(last_readings=list(last), shape=shape))


# ---- by the readings that were learnt


@pytest.mark.parametrize("readings", [LEARNT, LEARNT[-20:], np.concatenate([LEARNT[-40:], RNG.normal(100, 9, 50)])])
def test_readings_that_hold_the_last_learnt_ones_continue_the_series(readings):
    assert check(shape=None).difference(readings) is None


def test_rounded_and_missing_readings_are_still_those_that_were_learnt():
    rounded = np.round(LEARNT[-50:], 2)
    rounded[-7] = np.nan
    assert check(shape=None).difference(rounded) is None


@pytest.mark.parametrize(
    "readings",
    [LEARNT[:-1], LEARNT[-11:], LEARNT + 0.1, LEARNT[-1:], LATER, np.full(40, LEARNT[-1]), np.array([np.nan])],
)
def test_readings_that_hold_too_few_of_them_do_not(readings):
    assert check(shape=None).difference(readings) == "no_overlap"


def test_few_different_values_prove_nothing():
    """A run of small whole numbers is found in many series."""
    counts = np.array([0.0, 1, 2, 1, 0, 0] * 6)
    assert check(counts, shape=None).difference(counts) == "no_overlap"


# ---- by the shape of the season


def test_later_readings_of_the_same_shape_continue_the_series():
    """At any position in the season, and with a slope and a missing reading."""
    for begin in range(12):
        readings = LATER[begin : begin + 40] + 0.05 * np.arange(40)
        assert check().difference(readings) is None
    readings[-5] = np.nan
    assert check().difference(readings) is None


@pytest.mark.parametrize(
    ("readings", "difference"),
    [
        (LATER[:35], "too_few_readings"),
        (LATER + 20, "other_level"),
        (102 + 2 * (LATER - 102), "other_amplitude"),
        (102 + (LATER - 102) / 3, "other_amplitude"),
        (100 + 8 * np.sin(np.arange(60) * np.pi / 6), "other_shape"),
        (100 + 8 * np.sin(np.arange(60) * np.pi / 3), "other_shape"),
        (LATER[::-1], "other_shape"),
        (np.full(60, 100.0), "other_amplitude"),
        (np.full(60, np.nan), "other_level"),
        (RNG.normal(100, 9, 60), "other_shape"),
        (np.full(60, 1e150), "other_level"),
    ],
)
def test_readings_of_another_kind_do_not(readings, difference):
    assert check().difference(readings) == difference


def test_readings_without_the_series_noise_do_not():
    """Who draws the shape by a formula draws it too well."""
    assert check(shape=SHAPE.model_copy(update={"noise_minimum": 0.5})).difference(LATER) == "other_shape"


def test_a_window_is_like_itself():
    likeness = Shape(PROFILE, 3).likeness(np.tile(PROFILE - PROFILE.mean(), 3))
    assert likeness.profile_correlation > 0.99
    assert likeness.window_correlation == pytest.approx(likeness.profile_correlation, abs=0.02)
    assert likeness.noise < 0.2
