"""Exponential smoothing with many parameters at once: it agrees with the recursions, and the better filters weigh more."""

import numpy as np
import pytest

from service.forecast.features import smoothing


def recursion(values, alpha, beta, phi):
    """One-step errors, the level and the trend at the end, step by step; the first value is the first level."""
    level, trend, errors = 0.0, 0.0, []
    for value in values - values[0]:
        forecast = level + phi * trend
        errors.append(value - forecast)
        before, level = level, alpha * value + (1 - alpha) * forecast
        trend = beta * (level - before) + (1 - beta) * phi * trend
    return np.array(errors), values[0] + level, trend


def smooth(row, scale=1.0):
    return smoothing.smooth(row[None], np.ones((1, len(row)), bool), np.array([len(row)]), np.array([[scale]]))


@pytest.mark.parametrize("index", range(len(smoothing.FILTERS)))
def test_a_filter_agrees_with_its_recursion(index):
    """Within what single precision of the errors allows; level and trend are in double precision."""
    row = np.random.default_rng(index).normal(size=90).cumsum()
    _, level, trend = recursion(row, *smoothing.FILTERS[index])
    smoothed = smooth(row)
    assert smoothed.ends[0, index] == pytest.approx(level, abs=1e-9)
    assert smoothed.trends[0, index] == pytest.approx(trend, abs=1e-9)


def test_errors_are_those_of_the_recursion():
    row = np.random.default_rng(1).normal(size=smoothing.WINDOW)
    to_errors, _ = smoothing._responses()
    errors = ((row - row[0]).astype(np.float32) @ to_errors).reshape(len(smoothing.FILTERS), -1)
    for found, parameters in zip(errors, smoothing.FILTERS, strict=True):
        np.testing.assert_allclose(found, recursion(row, *parameters)[0], atol=1e-5)


def test_noise_about_a_level_is_smoothed_slowly_and_a_walk_quickly():
    rng = np.random.default_rng(2)
    noise, walk = rng.normal(size=120), rng.normal(size=120).cumsum()
    assert smooth(noise).rate[0, 0] < 0.2
    assert smooth(walk).rate[0, 0] > 0.7


def test_trended_filters_are_better_on_a_trend():
    row = 0.5 * np.arange(100) + np.random.default_rng(3).normal(size=100)
    smoothed = smooth(row)
    assert smoothed.errors[0, 1] < smoothed.errors[0, 0]
    damped, every = smoothing.trend_forecasts(smoothed, 8)[0]
    assert np.abs(every - (50 + 0.5 * np.arange(8))).mean() < 1.5
    assert (np.diff(every) > 0).all()
    assert damped[-1] < every[-1], "a damped trend goes less far"


def test_the_unit_and_the_level_carry_over():
    row = np.random.default_rng(4).normal(size=50).cumsum()
    plain, other = smooth(row), smooth(1000 * row + 7, scale=1000.0)
    assert other.level[0, 0] == pytest.approx(1000 * plain.level[0, 0] + 7, rel=1e-5)
    np.testing.assert_allclose(other.trended, plain.trended, atol=1e-4)
    np.testing.assert_allclose(other.slopes, 1000 * plain.slopes, rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_few_readings_are_smoothed(count):
    smoothed = smooth(np.arange(float(count)))
    for values in smoothed:
        assert np.isfinite(values).all()
    assert [smoothed.trended.sum(), smoothed.damped.sum()] == pytest.approx([1, 1])


def test_a_row_that_begins_later_is_smoothed_as_if_alone():
    row = np.random.default_rng(5).normal(size=40).cumsum()
    padded = np.concatenate([np.full(30, row[0]), row])[None]
    filled = (np.arange(70) >= 30)[None]
    beside, alone = smoothing.smooth(padded, filled, np.array([40]), np.ones((1, 1))), smooth(row)
    np.testing.assert_allclose(beside.level, alone.level, rtol=1e-6)
    np.testing.assert_allclose(beside.slopes, alone.slopes, rtol=1e-6)
    np.testing.assert_allclose(beside.trended, alone.trended, atol=1e-5)


def test_damped_forecasts_are_near_the_level_where_linear_ones_are_far_better():
    """On an exact line far from zero."""
    smoothed = smooth(1000 + 3.0 * np.arange(80))
    damped, _ = smoothing.trend_forecasts(smoothed, 4)[0]
    assert 1200 < damped.min() < damped.max() < 1300
