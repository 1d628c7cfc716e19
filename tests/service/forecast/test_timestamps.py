"""Timestamps of forecast steps."""

from datetime import UTC, datetime

import pytest

from service.errors import UnusableFrequency
from service.forecast.timestamps import is_same_frequency, timestamps


@pytest.mark.parametrize(
    ("start", "frequency", "expected"),
    [
        ("2016-02-01", "MS", "2016-05-01T00:00:00"),
        ("2016-01-31", "ME", "2016-04-30T00:00:00"),
        ("2016-01-01", "QS", "2016-10-01T00:00:00"),
        ("2016-01-01", "YS", "2019-01-01T00:00:00"),
        ("2016-02-01", "W-MON", "2016-02-22T00:00:00"),
        ("2016-02-26", "D", "2016-02-29T00:00:00"),
        ("2016-02-26", "B", "2016-03-02T00:00:00"),
        ("2016-02-26T22:00", "h", "2016-02-27T01:00:00"),
        ("2016-02-26T23:00", "30min", "2016-02-27T00:30:00"),
    ],
)
def test_the_first_step_follows_three_readings(start, frequency, expected):
    assert timestamps(datetime.fromisoformat(start), frequency, 3, 2)[0] == expected


def test_a_utc_offset_is_kept():
    start = datetime(2016, 2, 1, tzinfo=UTC)
    assert timestamps(start, "D", 1, 1) == ["2016-02-02T00:00:00+00:00"]


def test_a_start_off_the_frequency_is_refused_with_the_next_date_on_it():
    with pytest.raises(UnusableFrequency, match="the next one is 2016-03-01"):
        timestamps(datetime(2016, 2, 10), "MS", 3, 1)


@pytest.mark.parametrize("frequency", ["", "monthly", "M", "-1D", "0D", "bh", "C", "\x00", "9" * 20 + "D", "2000000D"])
def test_an_alias_that_does_not_step_forward_is_refused(frequency):
    with pytest.raises(UnusableFrequency, match="pandas offset alias"):
        timestamps(datetime(2016, 2, 1), frequency, 3, 1)


@pytest.mark.parametrize("frequency", ["1000000YS", "1000000D", "1000YS"])
def test_steps_that_leave_the_calendar_are_refused(frequency):
    with pytest.raises(UnusableFrequency, match="pass the year 9999"):
        timestamps(datetime(2016, 1, 1), frequency, 10_000, 36)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("MS", "ME", True),
        ("BMS", "MS", True),
        ("QS-FEB", "QE", True),
        ("YS", "YE-JUN", True),
        ("W-MON", "W", True),
        ("24h", "D", True),
        ("60min", "h", True),
        ("D", "B", False),
        ("MS", "h", False),
        ("MS", "2MS", False),
        ("MS", "SMS", False),
        ("MS", "nonsense", False),
    ],
)
def test_frequencies_are_the_same_if_their_steps_are(first, second, expected):
    assert is_same_frequency(first, second) is expected
