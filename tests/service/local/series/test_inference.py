"""The frequency of dates is found, also where some are missing."""

import numpy as np
import pandas as pd
import pytest

from service.errors import UnusableFrequency
from service.local.errors import DataError
from service.local.series.grids import grid_of
from service.local.series.inference import infer, place_numbers


def dates(frequency, count=30, start="2023-01-31"):
    return pd.date_range(start, periods=count, freq=frequency).to_numpy()


@pytest.mark.parametrize(
    ("frequency", "found"),
    [
        ("MS", "1MS"), ("ME", "1ME"), ("QS", "3MS"), ("QE", "3ME"), ("YS", "12MS"), ("3ME", "3ME"), ("D", "1D"), ("2D", "2D"),
        ("B", "B"), ("W-WED", "7D"), ("h", "h"), ("15min", "15min"), ("BMS", "BMS"), ("BME", "BME"), ("WOM-2TUE", "WOM-2TUE"),
    ],
)  # fmt: skip
def test_the_frequency_of_dates_is_found(frequency, found):
    """The grid goes on with the dates that pandas counts."""
    all_dates = dates(frequency, 35)
    grid, positions = infer(all_dates[:30])
    assert grid.frequency == found
    assert positions.tolist() == list(range(30))
    assert grid.dates(30, 35).tolist() == all_dates[30:].tolist()


@pytest.mark.parametrize("frequency", ["MS", "ME", "D", "B", "W", "h", "7min", "QS"])
def test_missing_dates_leave_places_free(frequency):
    """Up to a third of the dates may be missing."""
    kept = np.flatnonzero(np.random.default_rng(1).random(60) > 0.3)
    kept = np.union1d(kept, [0, 1, 2, 3])
    grid, positions = infer(dates(frequency, 60)[kept])
    assert positions.tolist() == kept.tolist()
    assert grid.dates(0, 60).tolist() == dates(frequency, 60).tolist()


def test_months_of_any_day_keep_it():
    """The 15th of each month, at the same time of the day."""
    grid, _ = infer(pd.date_range("2024-01-15 06:00", periods=5, freq="MS").to_numpy() + np.timedelta64(14, "D"))
    assert grid.dates(5, 6)[0] == np.datetime64("2024-07-15T06:00")


def test_a_least_step_that_is_rare_is_no_frequency():
    """One reading at half past the hour does not make half of all readings missing."""
    hours = dates("h", 20).copy()
    hours[10] += np.timedelta64(30, "m")
    with pytest.raises(DataError, match="most are 0 days 01:00:00 apart"):
        infer(hours)


def test_one_date_tells_no_frequency():
    """A frequency has to be given."""
    with pytest.raises(DataError, match="one date tells no frequency"):
        infer(dates("D", 1))


def test_whole_numbers_lie_on_a_grid():
    """Every second year, of which one is missing."""
    grid, positions = place_numbers(np.array([1990, 1992, 1994, 1998]), None)
    assert positions.tolist() == [0, 1, 2, 4]
    assert grid.dates(5, 7).tolist() == [2000, 2002]
    with pytest.raises(DataError, match="most are 2 apart, but 1994 is followed by 1997"):
        place_numbers(np.array([1990, 1992, 1994, 1997]), None)


@pytest.mark.parametrize("frequency", ["SMS", "SME", "BME", "2B", "P1M", "W-MON", "90min", "BQS", "WOM-1MON"])
def test_a_frequency_that_is_given_is_used(frequency):
    """Its dates get their numbers, and others get none."""
    start = {"W-MON": "2024-01-01", "P1M": "2024-01-07", "2B": "2024-01-02"}.get(frequency, "2024-01-01")
    alias = {"P1M": "MS"}.get(frequency, frequency)
    expected = pd.date_range(start, periods=12, freq=alias)
    expected = expected + pd.Timedelta(days=6) if frequency == "P1M" else expected
    grid = grid_of(frequency, expected[0].to_datetime64())
    assert grid.positions(expected.to_numpy()).tolist() == list(range(12))
    assert grid.positions(np.array([expected[0], expected[1] + pd.Timedelta(seconds=1)], "datetime64[us]")) is None


def test_a_start_outside_of_the_frequency_is_refused():
    """The message names the next date."""
    with pytest.raises(UnusableFrequency, match="the next one is 2024-02-01"):
        grid_of("MS", np.datetime64("2024-01-05", "us"))


@pytest.mark.parametrize("day", [27, 28, 29, 30, 31])
@pytest.mark.parametrize("start", [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)])
def test_a_late_day_of_the_month_is_found_from_any_month(start, day):
    """The 27th and the 28th of each month, also from February on; the 29th to the 31st are not in every month."""
    begin = pd.date_range(f"{start}-01", periods=30, freq="MS")
    expected = (begin + pd.Timedelta(days=day - 1)).to_numpy()
    if day > 28:
        with pytest.raises(DataError, match="not regular"):
            infer(np.array([date for date in expected if date.astype("datetime64[D]").item().day == day]))
        return
    grid, positions = infer(expected[:20])
    assert positions.tolist() == list(range(20))
    assert grid.dates(20, 30).tolist() == expected[20:].tolist()


@pytest.mark.parametrize("start", [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)])
def test_the_last_day_of_the_month_is_found_from_any_month(start):
    """Also where February has 28 days, or 29."""
    expected = pd.date_range(f"{start}-01", periods=30, freq="ME").to_numpy()
    grid, positions = infer(expected[:20])
    assert (grid.frequency, positions.tolist()) == ("1ME", list(range(20)))
    assert grid.dates(20, 30).tolist() == expected[20:].tolist()


def test_the_last_days_of_februaries_are_so():
    """Once a year, on the 28th: in a leap year it is the 29th. In years of 28 days alone, both would do."""
    dates = np.array(["2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29"], "datetime64[us]")
    assert infer(dates).grid.dates(4, 8).astype("datetime64[D]").astype(str).tolist()[::3] == [
        "2025-02-28",
        "2028-02-29",
    ]
    assert infer(dates[:3]).grid.frequency == "12ME"


@pytest.mark.parametrize(
    ("unit", "frequency", "finer"), [("s", "500ms", "ms"), ("s", "1500ms", "ms"), ("ms", "1us", "us")]
)
def test_a_step_finer_than_the_unit_of_the_dates_is_refused(unit, frequency, finer):
    """It would become another one, or none."""
    with pytest.raises(UnusableFrequency, match=rf"convert the dates, as with \.as_unit\('{finer}'\)"):
        grid_of(frequency, np.datetime64("2024-01-01", unit))
    grid = grid_of(frequency, np.datetime64("2024-01-01", "ns"))
    assert grid.dates(0, 2)[1] - grid.dates(0, 1)[0] == pd.Timedelta(frequency).to_timedelta64()


def test_a_step_longer_than_the_unit_can_hold_is_refused():
    """Nanoseconds hold 292 years."""
    with pytest.raises(UnusableFrequency, match="longer than"):
        grid_of("1000000W", np.datetime64("2024-01-07", "ns"))
    first, second = grid_of("1000000D", np.datetime64("2024-01-07", "s")).dates(0, 2)
    assert second - first == np.timedelta64(1_000_000, "D")


def test_dates_that_pandas_cannot_look_beyond_are_no_dates_or_refused():
    """The next half month is out of the bounds of nanoseconds; pandas 2 does not look for it."""
    grid = grid_of("SMS", np.datetime64("2262-02-01", "ns"))
    try:
        assert grid.positions(np.array(["2262-02-01", "2262-04-10"], "datetime64[ns]")) is None
    except UnusableFrequency as error:
        assert "as_unit" in error.detail
