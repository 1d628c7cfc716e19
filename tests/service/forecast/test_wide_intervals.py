"""The warning of intervals that are wider than the readings ever spanned."""

import numpy as np
import pytest

from service.forecast.intervals import Interval, wide_intervals

READINGS = [float(10 + number % 5) for number in range(240)]  # 10 to 14: 4.4 is the most that is usual


def interval(level, *widths):
    return Interval(level, [12 - width / 2 for width in widths], [12 + width / 2 for width in widths])


@pytest.mark.parametrize("readings", [READINGS, np.array(READINGS)], ids=["list", "array"])
def test_an_interval_wider_than_the_readings_spanned_is_told_with_its_first_step(readings):
    """The detail has the numbers that it compares."""
    notice = wide_intervals(readings, [interval(80, 3, 4.3, 4.5, 9)])
    assert notice is not None
    assert notice.code == "wide_intervals"
    assert notice.detail.startswith(
        "from step 3 on the 80 % interval spans 4.5 and more, although the 240 readings used"
    )
    assert "span 4 (10 to 14)" in notice.detail


@pytest.mark.parametrize(
    "intervals",
    [
        [],
        [interval(80, 3, 4.3)],
        [interval(80, 3, 4.3), interval(95, 90, 90)],
        [interval(50, 1, 2), interval(60, 3, 4), interval(99, 90, 90)],
    ],
    ids=["none", "narrow", "the 95 % interval may be wide", "the widest up to 80 % decides"],
)
def test_usual_intervals_are_not_told(intervals):
    """Nor are those of the higher levels."""
    assert wide_intervals(READINGS, intervals) is None


def test_without_a_level_up_to_80_the_narrowest_is_judged():
    """Which is of 90 % here."""
    assert wide_intervals(READINGS, [interval(90, 5), interval(95, 9)]) is not None
    assert wide_intervals(READINGS, [interval(90, 4), interval(95, 9)]) is None


def test_few_readings_have_spanned_less_than_the_series_does():
    """Of 24, intervals twice as wide are usual."""
    assert wide_intervals(READINGS[:24], [interval(80, 7.9)]) is None
    assert wide_intervals(READINGS[:24], [interval(80, 8.1)]) is not None


def test_readings_that_are_all_the_same_say_nothing_of_intervals():
    """They have a warning of their own."""
    assert wide_intervals([5.0] * 30, [interval(80, 1e9)]) is None
