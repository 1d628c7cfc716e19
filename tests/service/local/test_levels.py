"""Percentages of intervals and bounds of readings, as callers write them."""

import warnings

import numpy as np
import pytest

import service

READINGS = [float(number % 7) for number in range(40)]


@pytest.mark.parametrize("levels", ["95", b"80", (True,), [np.True_], (10**400,), ("80 %",), np.array([[80]]), 80])
def test_what_is_no_list_of_percentages_is_refused(universal, levels):
    """The characters of a text are not its levels, and truth values are no numbers."""
    with pytest.raises(service.InvalidRequest, match="`levels` is a list of percentages"):
        universal.forecast(READINGS, 1, levels)


def test_levels_that_differ_in_the_seventh_digit_have_columns_of_their_own(universal):
    """None takes the place of another; one that is given twice comes once."""
    names = list(universal.forecast(READINGS, 1, (80, 80.00001, 80.00002, 80.0)).columns)
    assert names[2:] == ["lower_80", "upper_80", "lower_80.00001", "upper_80.00001", "lower_80.00002", "upper_80.00002"]


@pytest.mark.parametrize(("level", "name"), [(100 * 0.55, "lower_55"), (np.float32(80.1), "lower_80.1")])
def test_a_computed_level_is_named_by_six_digits(universal, level, name):
    """What floating-point arithmetic adds to a level is not in the name of its column."""
    assert list(universal.forecast(READINGS, 1, (level, 99)).columns)[2] == name


def test_a_bound_of_a_small_type_of_numpy_is_read_without_a_warning(universal):
    """The greatest reading that is allowed is beyond what 32 bits hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = universal.forecast(READINGS, 1, (), maximum=np.float32(7))
    assert frame["forecast"].max() <= 7


@pytest.mark.parametrize("bound", [10**400, np.inf, np.nan, True, "7"])
def test_a_bound_that_is_no_finite_number_is_refused(universal, bound):
    """By its name."""
    with pytest.raises(service.InvalidRequest, match="`maximum` must be a finite number"):
        universal.forecast(READINGS, 1, maximum=bound)
