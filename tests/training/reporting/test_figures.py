"""Numbers as text."""

import math

import pandas as pd
import pytest

from training.reporting import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.7489, "1.749"),
        (1234567.8, "1,234,568"),
        (-0.01234567, "-0.01235"),
        (0.0, "0"),
        (2.5e-12, "2.5e-12"),
        (3e20, "3e+20"),
        (math.nan, "–"),
        (math.inf, "–"),
        (None, "–"),
    ],
)
def test_a_number_has_four_digits_and_no_exponent_that_could_be_spared(value, text):
    """What is not a number is a dash."""
    assert figures.number(value) == text


def test_a_column_has_the_same_decimals():
    """One number of another size does not take the digits of the others."""
    assert figures.column([1.4801, 1.7, 30126.4, None]) == ["1.480", "1.700", "30,126.400", "–"]
    assert figures.column([]) == []


@pytest.mark.parametrize(("value", "text"), [(0.84, "0.8 s"), (71.3, "71 s"), (150, "2.5 min"), (7300, "2.0 h")])
def test_a_duration_is_in_a_unit_that_is_easy_to_read(value, text):
    """Seconds, minutes and hours."""
    assert figures.seconds(value) == text


def test_dates_have_a_time_only_where_one_is_not_midnight():
    """One date with a time gives all of them one."""
    assert figures.dates(pd.DatetimeIndex(["2020-01-01", "2020-02-01"])) == ["2020-01-01", "2020-02-01"]
    half_hours = pd.date_range("2020-01-01", periods=2, freq="30min")
    assert figures.dates(half_hours) == ["2020-01-01 00:00", "2020-01-01 00:30"]
    assert figures.dates(pd.date_range("2020-01-01", periods=2, freq="s"))[1] == "2020-01-01 00:00:01"
