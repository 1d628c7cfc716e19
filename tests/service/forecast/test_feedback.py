"""Steps beyond those that a network forecasts at once."""

import numpy as np
import pytest

from service.forecast import feedback
from service.forecast.bounds import Bounds
from service.forecast.forecaster import PreparedSeries


def item(**changes):
    return PreparedSeries([1.0] * 9, 7, 1, True, [], **changes)


def test_each_block_is_made_from_the_medians_of_those_before():
    seen = []

    def next_block(_, medians):
        seen.append([known.tolist() for known in medians])
        return [known[-1] + np.array([1.0, 2.0]) for known in medians]

    (values,) = feedback.extend([item()], [np.array([3.0, 4.0])], 3, next_block)
    assert values.tolist() == [3, 4, 5, 6, 7, 8]
    assert seen == [[[3, 4]], [[3, 4, 5, 6]]]


def test_what_is_fed_back_lies_within_the_bounds():
    bounded = item(bounds=Bounds(0, 5))
    (values,) = feedback.extend([bounded], [np.array([3.0, 9.0])], 2, lambda _, known: [known[0] + 1])
    assert values.tolist() == [3, 5, 4, 5]


def test_a_spread_is_held_at_its_widest():
    assert feedback.held(np.array([1.0, 3.0, 2.0]), 5).tolist() == [1, 3, 2, 3, 3]
    assert feedback.held(np.array([1.0, 3.0, 2.0]), 2).tolist() == [1, 3]


def ramp(_, medians):
    """The next ten steps of a line that rises by 1."""
    return [known[-1] + np.arange(1.0, 11) for known in medians]


def test_a_trend_is_followed_as_far_as_it_was_seen():
    """Then each block rises half as much as the network says."""
    first = np.arange(1.0, 11)
    (few,) = feedback.extend([item()], [first], 3, ramp)
    np.testing.assert_allclose(np.diff(few)[:9], 1)
    np.testing.assert_allclose(np.diff(few)[10:19], 0.5, atol=0.1)
    (many,) = feedback.extend([item()._replace(readings=[0.0] * 30)], [first], 3, ramp)
    np.testing.assert_allclose(np.diff(many), 1)


def test_a_season_is_no_trend():
    season = np.sin(2 * np.pi * np.arange(120) / 12)
    series = item(season_length=12)._replace(readings=season[:12].tolist())
    (values,) = feedback.extend([series], [season[12:28]], 3, lambda _, known: [season[12 + len(known[0]) :][:16]])
    np.testing.assert_allclose(values, season[12:60], atol=1e-9)


@pytest.mark.parametrize(("power", "expected"), [(0.0, 0.1), (0.5, 0.5), (1.0, 1.0), (2.0, 1.0), (-1.0, 0.1)])
def test_widths_grow_on_as_they_grew_within_limits(power, expected):
    assert feedback.growth(np.arange(1.0, 65) ** power) == pytest.approx(expected, abs=0.01)
