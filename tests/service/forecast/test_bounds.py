"""Bounds of readings."""

import math

import numpy as np
import pytest

from service.errors import UnusableBounds
from service.forecast.bounds import NO_BOUNDS, Bounds, bounds_of, check_readings
from service.forecast.intervals import Interval


def test_a_bound_that_is_not_sent_is_infinite():
    assert bounds_of(None, None) == NO_BOUNDS
    assert bounds_of(0.0, None) == Bounds(0, math.inf)
    assert bounds_of(None, 5.0) == Bounds(-math.inf, 5)


@pytest.mark.parametrize(("minimum", "maximum"), [(1.0, 1.0), (2.0, 1.0)])
def test_a_minimum_that_is_not_less_than_the_maximum_is_refused(minimum, maximum):
    with pytest.raises(UnusableBounds, match="must be less than `maximum`") as refusal:
        bounds_of(minimum, maximum)
    assert [fault.pointer for fault in refusal.value.faults] == ["/minimum"]


def test_readings_outside_are_refused_each_with_what_it_must_be():
    with pytest.raises(UnusableBounds, match="2 of the readings lie outside") as refusal:
        check_readings([1.0, None, -1.0, 3.0, 7.0], Bounds(0, 5))
    assert [tuple(fault) for fault in refusal.value.faults] == [
        ("/readings/2", "must be at least 0 and at most 5"),
        ("/readings/4", "must be at least 0 and at most 5"),
    ]


def test_of_many_readings_outside_fifty_are_listed():
    with pytest.raises(UnusableBounds, match=r"9000 of the readings .*the first 50 are listed") as refusal:
        check_readings([-1.0] * 9000, Bounds(0))
    assert len(refusal.value.faults) == 50


def test_readings_within_and_at_the_bounds_are_accepted():
    check_readings([0.0, None, 5.0], Bounds(0, 5))
    check_readings([None], Bounds(0, 5))
    check_readings([-1e150, 1e150], NO_BOUNDS)


def test_forecasts_and_intervals_are_clipped():
    assert Bounds(0, 2).clip(np.array([-1.0, 1, 3])).tolist() == [0, 1, 2]
    assert Bounds(0).clip_interval(Interval(80, [-1.0, 2], [1.0, 5])) == Interval(80, [0, 2], [1, 5])
