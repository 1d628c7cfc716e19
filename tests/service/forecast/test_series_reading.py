"""What a network of any series reads of a series: gaps, seasons, absurd readings, repetition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import MissingReadings
from service.forecast.imputation import ImputedReadings
from service.forecast.series_reading import read_series, without_outliers
from tests.service.forecast.series import noise, seasonal

WEEK = [120.0, 118, 119, 125, 140, 60, 40]


def read(readings, context=512, usual_season=None, season=None):
    return read_series(readings, context, usual_season, season)


def codes(reading):
    return [warning.code for warning in reading.warnings]


def with_gap(values, first, last):
    return [None if first <= i < last else v for i, v in enumerate(values.tolist())]


def test_a_gap_is_filled_with_the_season():
    """A line would lie 1 off, the standard deviation of the pattern."""
    values = seasonal(0, 120, 12, 0.1)
    reading = read(with_gap(values, 50, 90))
    assert reading.season_length == 12
    assert np.abs(reading.values - values)[50:90].mean() < 0.2
    assert reading.observed.tolist() == [not 50 <= i < 90 for i in range(120)]
    (warning,) = reading.warnings
    assert warning.code == "missing_readings"
    assert warning.detail.endswith("; the forecast rests on the other 80")


def test_a_gap_without_a_season_is_a_line():
    reading = read([0.0, 1, 2, 4, 7, None, None, None, 3, 2, 1])
    assert reading.values[5:8].tolist() == [6, 5, 4]


def test_readings_before_a_gap_that_reaches_into_the_context_are_not_interpolated_from():
    """The context begins with the first reading that is there."""
    reading = read([1e9, *[None] * 40, *(50 + noise(0, 20)).tolist()], context=32)
    assert len(reading.values) == 20
    assert reading.observed.all()


@pytest.mark.parametrize("end", [0, -1])
def test_the_first_and_the_last_reading_must_be_there(end):
    readings: list[float | None] = [1.0, 2.0, 4.0, 3.0, 5.0]
    readings[end] = None
    with pytest.raises(MissingReadings, match="the first and the last"):
        read(readings)


def test_too_few_readings_in_the_context_are_refused():
    with pytest.raises(MissingReadings, match="only 3 of the last 64 readings are there; at least 4"):
        read([*[1.0] * 100, 3.0, *[None] * 61, 1.0, 2.0], context=64)


def test_an_absurd_reading_does_not_hide_the_season_and_is_filled_with_it():
    values = seasonal(0, 84, 7)
    odd = values.copy()
    odd[40] *= 1000
    reading = read(odd.tolist())
    assert (reading.season_length, codes(reading)) == (7, ["outlier_readings"])
    assert abs(reading.values[40] - values[40]) < 1.5
    assert not reading.observed[40]


def test_indices_in_warnings_are_those_of_the_readings_that_were_sent():
    """Of more readings than the context holds."""
    values: list[float | None] = (1000 + 10 * noise(0, 300)).tolist()
    values[100], values[270], values[280] = 0.0, 0.0, None
    missing, odd = read(values, context=64).warnings
    assert "(index 280)" in missing.detail
    assert "1 of the 64 readings used" in odd.detail
    assert "(index 270)" in odd.detail


@pytest.mark.parametrize("season", [None, 7, 12])
def test_readings_that_repeat_exactly_have_a_pattern_and_its_season(season):
    """Also with one that was typed wrongly, and a gap."""
    values: list[float | None] = [*WEEK * 8]
    values[20], values[30] = 119000.0, None
    reading = read(values, season=season)
    assert reading.pattern is not None
    assert reading.pattern.tolist() == WEEK
    assert reading.season_length == 7
    assert reading.values.tolist() == WEEK * 8


def test_a_context_of_equal_readings_is_constant_whatever_came_before():
    reading = read([*noise(0, 100).tolist(), *[7.0] * 64], context=64)
    assert reading.pattern is not None
    assert reading.pattern.tolist() == [7]


def test_a_pattern_is_looked_for_in_more_readings_than_the_context_holds():
    values = np.resize(np.where(np.arange(288) < 144, 1.0, 0.0), 1000)
    reading = read(values.tolist(), context=512)
    assert reading.season_length == 288
    assert reading.pattern is not None
    assert len(reading.values) == 512


def test_the_season_that_the_caller_knows_is_not_questioned():
    assert read(seasonal(0, 60, 7).tolist(), season=5).season_length == 5
    assert read(seasonal(0, 60, 7).tolist(), usual_season=5).season_length == 7


@pytest.mark.parametrize("unit", [1e-300, 1e-9, 1e12, 1e140])
def test_what_is_read_does_not_depend_on_the_unit(unit):
    values = 50 + seasonal(0, 84, 7)
    values[40] = 1e5
    plain, other = read(values.tolist()), read((unit * values).tolist())
    assert (other.season_length, other.observed.tolist()) == (plain.season_length, plain.observed.tolist())
    np.testing.assert_allclose(other.values / unit, plain.values, rtol=1e-9)


numbers = st.none() | st.floats(-1e150, 1e150, allow_subnormal=False) | st.integers(-3, 3).map(float)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.lists(numbers, min_size=1, max_size=60), st.integers(1, 40), st.none() | st.integers(1, 70))
def test_any_readings_are_read_or_refused(readings, repeats, season):
    """What was observed is kept, and nothing overflows (numpy's warnings are errors here)."""
    sent = (readings * repeats)[:300]
    try:
        reading = read(sent, context=64, usual_season=season)
    except MissingReadings as refusal:
        assert refusal.faults
        return
    assert np.isfinite(reading.values).all()
    kept = np.array(sent[-len(reading.values) :], dtype=np.float64)[reading.observed]
    np.testing.assert_allclose(reading.values[reading.observed], kept, rtol=1e-12, atol=1e-15 * np.abs(kept).max())
    assert reading.season_length >= 1
    assert reading.pattern is None or np.isfinite(reading.pattern).all()


def test_honest_readings_of_a_window_are_left_as_they_are():
    recent = ImputedReadings((50 + noise(0, 40)).tolist(), None, [])
    assert without_outliers(recent, 12, 40) is recent
