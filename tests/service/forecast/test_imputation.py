"""Missing readings: interpolated where few are missing, refused where many are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import MissingReadings
from service.forecast.imputation import impute

GAP = None


def test_a_missing_reading_is_interpolated_linearly():
    imputed = impute([10.0, 20.0, GAP, 40.0, 50.0], 5, 5)
    assert imputed.values == [10, 20, 30, 40, 50]
    assert imputed.observed_mask == [True, True, False, True, True]


def test_a_wide_gap_is_a_straight_line():
    """Two of ten are a fifth."""
    imputed = impute([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, GAP, GAP, 9.0], 10, 10)
    assert imputed.values[-4:] == [0, 3, 6, 9]


def test_the_warning_counts_in_the_readings_that_were_sent():
    """The index is that of the client's list, although only its end is used."""
    (warning,) = impute([0.0, 0.0, 10.0, 20.0, GAP, 40.0, 50.0], 5, 5).warnings
    assert warning.code == "missing_readings"
    assert warning.detail == "1 of the 5 readings used was missing and interpolated (index 4)"


def test_a_warning_lists_at_most_twenty_indices():
    readings = [1.0, *[GAP, 1.0, 1.0, 1.0, 1.0] * 25, 1.0]
    (warning,) = impute(readings, len(readings), len(readings)).warnings
    assert warning.detail.startswith("25 of the 127 readings used were missing and interpolated (indices 1, 6, ")
    assert warning.detail.endswith(" 96, …)")


@pytest.mark.parametrize(("readings", "pointer"), [([GAP, 2.0, 3.0], "/readings/0"), ([1.0, 2.0, GAP], "/readings/2")])
def test_the_first_and_the_last_reading_must_be_there(readings, pointer):
    with pytest.raises(MissingReadings, match="the first and the last") as refusal:
        impute(readings, 3, 3)
    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


def test_more_than_a_fifth_missing_is_refused_with_every_index():
    with pytest.raises(MissingReadings, match="2 of the last 5 readings are missing; at most 1 can") as refusal:
        impute([0.0, 1.0, GAP, GAP, 4.0, 5.0], 5, 5)
    assert [fault.pointer for fault in refusal.value.faults] == ["/readings/2", "/readings/3"]


def test_only_the_readings_that_are_needed_count_for_the_fifth():
    """Gaps before the window touch only the backtest."""
    imputed = impute([0.0, GAP, GAP, GAP, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0], 10, 5)
    assert imputed.values[:5] == [0, 10, 20, 30, 40]


def test_a_gap_at_the_beginning_is_interpolated_from_before_it():
    assert impute([0.0, GAP, 20.0, 30.0, 40.0, 50.0], 5, 5).values == [10, 20, 30, 40, 50]


def test_a_gap_from_before_all_that_is_looked_at_is_refused():
    with pytest.raises(MissingReadings, match="every one of the 5 before it") as refusal:
        impute([1e9, *[GAP] * 300, 20.0, 30.0, 40.0, 50.0], 5, 5)
    assert [fault.pointer for fault in refusal.value.faults] == ["/readings/300"]


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(1, 10), st.integers(0, 20))
def test_imputed_readings_keep_what_was_observed_and_stay_within_it(readings, needed, more):
    used = needed + more
    try:
        imputed = impute(readings, used, needed)
    except MissingReadings as refusal:
        assert refusal.faults
        return
    present = [reading for reading in readings if reading is not None]
    expected = readings[-used:]
    assert imputed.observed_mask is not None
    assert len(imputed.values) == len(expected)
    for value, reading, is_observed in zip(imputed.values, expected, imputed.observed_mask, strict=True):
        assert is_observed == (reading is not None)
        assert value == reading if is_observed else min(present) <= value <= max(present)


def test_of_many_missing_readings_fifty_are_listed_and_all_are_counted():
    with pytest.raises(MissingReadings, match=r"511 of the last 512 .*the first 50 are listed") as refusal:
        impute([1.0, *[GAP] * 9998, 2.0], 512, 512)
    assert [fault.pointer for fault in refusal.value.faults] == [f"/readings/{9488 + i}" for i in range(50)]
