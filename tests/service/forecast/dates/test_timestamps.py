"""Timestamps of forecast steps."""

from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.tseries.frequencies import to_offset

from service.errors import UnusableFrequency
from service.forecast.dates.timestamps import is_same_frequency, season_of, timestamps


@pytest.mark.parametrize(
    ("start", "frequency", "expected"),
    [
        ("2016-02-01", "M", "2016-05-01T00:00:00"),
        ("2016-01-31", "M", "2016-04-30T00:00:00"),
        ("2016-02-29", "3M", "2016-11-30T00:00:00"),
        ("2016-01-01", "Q", "2016-10-01T00:00:00"),
        ("2016-03-31", "Q", "2016-12-31T00:00:00"),
        ("2016-02-01", "Q-JAN", "2016-11-01T00:00:00"),
        ("2016-04-30", "Q-JAN", "2017-01-31T00:00:00"),
        ("2016-01-01", "A", "2019-01-01T00:00:00"),
        ("2016-12-31", "Y", "2019-12-31T00:00:00"),
        ("2016-04-01", "A-MAR", "2019-04-01T00:00:00"),
        ("2016-03-31", "a-mar", "2019-03-31T00:00:00"),
        ("2016-02-01", "BM", "2016-05-02T00:00:00"),
        ("2016-01-29", "BM", "2016-04-29T00:00:00"),
        ("2016-01-01", "BQ", "2016-10-03T00:00:00"),
        ("2016-12-30", "BA", "2019-12-31T00:00:00"),
        ("2018-01-01", "BY", "2021-01-01T00:00:00"),
        ("2016-01-01", "AS", "2019-01-01T00:00:00"),
        ("2016-02-26T22:00", "H", "2016-02-27T01:00:00"),
        ("2016-02-26T23:00", "30T", "2016-02-27T00:30:00"),
        ("2016-02-26T23:00", "30MIN", "2016-02-27T00:30:00"),
        ("2016-02-26T23:59:58", "S", "2016-02-27T00:00:01"),
        ("2016-02-26", "500L", "2016-02-26T00:00:01.500000"),
        ("2016-02-26", "U", "2016-02-26T00:00:00.000003"),
        ("2016-02-26", "N", "2016-02-26T00:00:00.000000003"),
        ("2016-02-26", "d", "2016-02-29T00:00:00"),
        ("2016-02-28", "w", "2016-03-20T00:00:00"),
        ("2016-02-26", "b", "2016-03-02T00:00:00"),
        ("2016-01-01", "WOM-1FRI", "2016-04-01T00:00:00"),
        ("2016-01-29", "LWOM-FRI", "2016-04-29T00:00:00"),
        ("2016-01-15", "SMS", "2016-03-01T00:00:00"),
        ("2016-02-10", "P1M", "2016-05-10T00:00:00"),
        ("2016-01-31T06:00", "P1M", "2016-04-30T06:00:00"),
        ("2016-02-10", "P3M", "2016-11-10T00:00:00"),
        ("2016-02-10", "P1Y", "2019-02-10T00:00:00"),
        ("2016-02-10", "P1Y6M", "2020-08-10T00:00:00"),
        ("2016-02-10", "P1W", "2016-03-02T00:00:00"),
        ("2016-02-10", "P2W", "2016-03-23T00:00:00"),
        ("2016-02-10", "P1D", "2016-02-13T00:00:00"),
        ("2016-02-10", "P1DT12H", "2016-02-14T12:00:00"),
        ("2016-02-10", "PT1H", "2016-02-10T03:00:00"),
        ("2016-02-10", "PT15M", "2016-02-10T00:45:00"),
        ("2016-02-10", "PT30S", "2016-02-10T00:01:30"),
        ("2016-02-10", "PT0.5S", "2016-02-10T00:00:01.500000"),
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


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        ("D", "2016-02-29T06:30:00.500000+05:30"),
        ("MS", "2016-03-01T06:30:00.500000+05:30"),
        ("P1W", "2016-03-07T06:30:00.500000+05:30"),
    ],
)
def test_a_utc_offset_is_kept(frequency, expected):
    """The time of day is, too: the offset is the same at every step."""
    day = 1 if frequency == "MS" else 29 - (7 if frequency == "P1W" else 1)
    start = datetime(2016, 2, day, 6, 30, 0, 500_000, timezone(timedelta(hours=5.5)))
    assert timestamps(start, frequency, 1, 1 + (frequency == "P1W"))[-1] == expected


ON_DATES = [
    f"{n}{alias}"
    for n in ("", 2, 7)
    for alias in (
        "MS", "ME", "BMS", "BME", "QS", "QE", "QS-FEB", "QE-APR", "BQS", "BQE-JUL", "YS", "YE-JUN", "BYS-APR", "BYE",
        "WOM-1MON", "WOM-4SUN", "LWOM-FRI", "SMS", "SME", "W", "W-THU", "B", "D", "h", "90min", "17s",
    )
]  # fmt: skip


@pytest.mark.parametrize("frequency", ON_DATES)
def test_steps_are_those_of_pandas(frequency):
    """For every kind of frequency, whichever way its steps are counted."""
    offset = to_offset(frequency)
    for year in (1999, 2016, 2100):
        start = offset.rollforward(pd.Timestamp(year, 1, 30, 6, 30))
        for readings, horizon in ((5, 40), (6, 1), (8, 33)):
            expected = [(start + step * offset).isoformat() for step in range(readings, readings + horizon)]
            assert timestamps(start.to_pydatetime(), frequency, readings, horizon) == expected


def test_a_start_off_the_frequency_is_refused_with_the_next_date_on_it():
    with pytest.raises(UnusableFrequency, match=r"the next one is 2016-03-01.*'P1M' takes any day"):
        timestamps(datetime(2016, 2, 10), "MS", 3, 1)
    with pytest.raises(UnusableFrequency, match=r"the next one is 2016-02-14.*'P2W' takes any weekday"):
        timestamps(datetime(2016, 2, 10), "2W", 3, 1)
    with pytest.raises(UnusableFrequency, match="a day that not every month has"):
        timestamps(datetime(2016, 1, 30), "P1M", 3, 1)


@pytest.mark.parametrize(
    ("frequency", "remedy"),
    [
        ("monthly", "'MS'"),
        ("Weekly", "'W'"),
        ("hourly", "'h'"),
        ("5m", "'MS' .months. or 'min' .minutes."),
        ("quarterly", "'QS'"),
        ("MSS", "'MS'"),
        ("CBMS", "'BMS'"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_may_be_meant(frequency, remedy):
    with pytest.raises(UnusableFrequency, match=f"did you mean {remedy}"):
        timestamps(datetime(2016, 2, 1), frequency, 3, 1)


REFUSED = ["P", "PT", "P1DT", "P0M", "P0D", "PT0S", "-P1M", "P-1M", "P1M1D", "P1.5M", "P9999999W", "PT9999999S"]
REFUSED += ["0M", "-M", "M-DEC", "Q-XYZ", "W-XYZ", "REQ-N-DEC-MON-1", "RE-N-DEC-MON", "CBME", "cbh", "1000001ME", "٣D"]


@pytest.mark.parametrize("frequency", REFUSED)
def test_other_periods_and_slow_calendars_are_refused(frequency):
    with pytest.raises(UnusableFrequency, match="ISO 8601 period"):
        timestamps(datetime(2016, 2, 1), frequency, 3, 1)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    frequency=st.text(max_size=32)
    | st.from_regex(r"[0-9]{0,9}[A-Za-z]{1,3}(-[A-Z]{3})?", fullmatch=True)
    | st.from_regex(r"P[0-9YMWDTHS.]{1,12}", fullmatch=True)
    | st.sampled_from(ON_DATES),
    start=st.datetimes(
        timezones=st.none() | st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439))
    ),
    readings=st.integers(1, 10_000),
)
def test_any_frequency_has_dates_that_rise_or_is_refused(frequency, start, readings):
    """From any start, up to the year 9999."""
    try:
        dates = timestamps(start, frequency, readings, 3)
    except UnusableFrequency as error:
        assert len(error.detail) < 500
        assert error.faults[0].pointer in ("/start", "/frequency")
    else:
        moments = [pd.Timestamp(date) for date in dates]
        assert pd.Timestamp(start) < moments[0] < moments[1] < moments[2]
        assert moments[0].utcoffset() == start.utcoffset()
    assert (season_of(frequency) or 1) >= 1


@pytest.mark.parametrize("frequency", ["", "monthly", "m", "-1D", "0D", "bh", "C", "\x00", "9" * 20 + "D", "2000000D"])
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
        ("M", "MS", True),
        ("P1M", "ME", True),
        ("P3M", "QS", True),
        ("12M", "A", True),
        ("P1W", "W-TUE", True),
        ("7D", "W", True),
        ("PT60M", "h", True),
        ("PT24H", "D", True),
        ("T", "min", True),
        ("M", "min", False),
        ("P1M", "P1W", False),
    ],
)
def test_frequencies_are_the_same_if_their_steps_are(first, second, expected):
    assert is_same_frequency(first, second) is expected


@pytest.mark.parametrize(
    ("frequency", "season"),
    [
        ("M", 12),
        ("P1M", 12),
        ("Q-JAN", 4),
        ("P3M", 4),
        ("A", 1),
        ("P1W", 52),
        ("P1D", 7),
        ("PT1H", 24),
        ("T", 1440),
        ("BM", 12),
        ("b", 5),
        ("30T", 48),
        ("PT15M", 96),
        ("nonsense", None),
    ],
)
def test_older_names_and_periods_have_the_season_of_what_they_mean(frequency, season):
    assert season_of(frequency) == season


@pytest.mark.parametrize(
    "start", ["9999-12-31", "9999-12-01T23:59:59.999999", "9999-11-30", "0001-01-01", "0001-02-28"]
)
@pytest.mark.parametrize(
    "frequency",
    [
        "MS",
        "M",
        "W",
        "W-MON",
        "QS",
        "YS",
        "D",
        "B",
        "h",
        "s",
        "BMS",
        "BQS",
        "QE",
        "YE",
        "SME",
        "WOM-1MON",
        "P1M",
        "P1Y",
        "P1W",
    ],
)
def test_the_ends_of_the_calendar_are_dates_or_refused(start, frequency):
    try:
        assert len(timestamps(datetime.fromisoformat(start), frequency, 36, 12)) == 12
    except UnusableFrequency as error:
        assert error.faults[0].pointer in ("/start", "/frequency")
