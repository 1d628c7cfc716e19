"""Readings that repeat exactly are continued exactly."""

import numpy as np
import pytest

from service.forecast.forecaster import PreparedSeries
from service.forecast.repetition import forecast, repeated_pattern
from tests.service.forecast.series import noise, random_walk, seasonal

WEEK = np.array([120.0, 118, 119, 125, 140, 60, 40])


def pattern(values, season_length=1, missing=()):
    observed = np.ones(len(values), dtype=bool)
    observed[list(missing)] = False
    found = repeated_pattern(np.asarray(values, dtype=np.float64), observed, season_length)
    return None if found is None else found.tolist()


@pytest.mark.parametrize("count", [14, 20, 84, 85, 90])
def test_a_pattern_begins_with_what_comes_next(count):
    values = np.resize(WEEK, count)
    assert pattern(values) == np.roll(WEEK, -count).tolist()


def test_noise_of_floating_point_numbers_is_no_difference():
    values = np.resize(WEEK / 3, 70) * (1 + 1e-15 * noise(0, 70))
    assert pattern(values) == pytest.approx((WEEK / 3).tolist())


def test_a_long_square_wave_is_a_pattern():
    values = np.where(np.arange(1200) % 288 < 144, 1.0, 0.0)
    assert pattern(values, 288) == values[1200 - 288 * 4 : 1200 - 288 * 3].tolist()


def test_equal_readings_are_a_pattern_of_one():
    assert pattern([7.0] * 4) == [7]
    assert pattern([0.0] * 40) == [0]


def test_missing_readings_may_be_anything():
    values = np.resize(WEEK, 42)
    values[[3, 11, 40]] = 1e9
    assert pattern(values, missing=[3, 11, 40]) == WEEK.tolist()
    assert pattern(values) is None


def test_a_phase_that_was_never_seen_is_not_continued():
    values = np.resize(WEEK, 21)
    assert pattern(values, 7, missing=[2, 9, 16]) is None


def test_two_spikes_are_no_pattern_unless_they_are_a_season_apart():
    values = np.zeros(20)
    values[[4, 14]] = 1
    assert pattern(values) is None
    assert pattern(values, 10) == values[:10].tolist()


@pytest.mark.parametrize(
    "values", [noise(0, 50), random_walk(0, 50), seasonal(0, 70, 7, 1e-6), np.arange(30.0), [1.0, 2.0]]
)
def test_readings_that_differ_are_no_pattern(values):
    assert pattern(values, 7) is None


def test_the_forecast_has_intervals_of_no_width_and_no_ratio():
    """The baseline makes no error either."""
    item = PreparedSeries([1.0, 2.0] * 5, 5, 1, True, [], (80.0, 95.0), season_length=2, pattern=[1.0, 2.0])
    answer = forecast(item)
    assert answer.values == [1, 2, 1, 2, 1]
    assert [(each.lower, each.upper) for each in answer.intervals] == [(answer.values, answer.values)] * 2
    assert answer.skill is not None
    assert (answer.skill["baseline"], answer.skill["ratio"]) == ("seasonal_naive", None)
