"""A series is read from a user's CSV as it is meant, or refused with an error that says what would be right."""

import numpy as np
import pandas as pd
import pytest

from tests.csv_files import months, write, write_table
from training.data import series
from training.data.options import SeriesOptions
from training.data.tables import DataError


def dated(values, frequency="MS", start="2010-01-01"):
    dates = pd.date_range(start, periods=len(values), freq=frequency)
    return pd.DataFrame({"date": dates, "value": values})


def test_the_columns_of_a_series_are_detected(tmp_path):
    path = write_table(tmp_path, months(shop=["a"] * 24))
    result = series.read_series(path)
    assert result.columns == {"date": "month", "value": "sales"}
    assert (result.frequency, result.season_length, len(result.readings)) == ("MS", 12, 24)
    assert result.span(0, 24) == ("2020-01-01", "2021-12-01")
    assert len(result.sha256) == 64
    assert result.source == "my.csv"


def test_named_columns_are_used(tmp_path):
    path = write_table(tmp_path, months(costs=range(24)))
    assert series.read_series(path, SeriesOptions(value_column="costs")).readings[3] == 3
    with pytest.raises(DataError, match="'sales' cannot be both the date and the value"):
        series.read_series(path, SeriesOptions(date_columns=("sales",), value_column="sales"))


@pytest.mark.parametrize(
    ("frequency", "season_length"),
    [("QS", 4), ("D", 7), ("B", 5), ("h", 24), ("3h", 8), ("W-THU", 52), ("30min", 48), ("10min", 144), ("YS", 1)],
)
def test_frequency_and_season_length_are_detected_from_the_dates(tmp_path, frequency, season_length):
    path = write_table(tmp_path, dated(range(60), frequency, "2020-01-02"))
    assert series.read_series(path).season_length == season_length


def test_a_given_season_length_is_used(tmp_path):
    assert series.read_series(write_table(tmp_path, months()), SeriesOptions(season_length=6)).season_length == 6


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.drop(index=5), "1 dates of frequency 'MS' are missing: 2020-06-01"),
        (lambda t: pd.concat([t, t.tail(1).assign(sales=9)]), "the same date is in rows 25, 26"),
        (lambda t: t.assign(month=t.month.where(t.index != 5, "2020-06-07")), "most dates have frequency 'MS', but 1"),
        (lambda t: t.assign(sales=t.sales.where(t.index != 7)), "the value is missing in row 9"),
        (lambda t: t.assign(sales=t.sales.astype(object).where(t.index != 7, "n/k")), "not a finite number in row 9"),
        (lambda t: t.assign(sales=t.sales.where(t.index != 7, np.inf)), "not a finite number in row 9"),
        (lambda t: t.assign(month=t.month.where(t.index != 3, "soon")), "is no date in row 5"),
        (lambda t: t.assign(costs=t.sales), "several columns hold numbers: sales, costs"),
        (lambda t: t.assign(sales="many"), "no column holds numbers"),
        (lambda t: t.assign(month="never"), "no column looks like dates"),
        (lambda t: t.head(2), "2 rows are too few"),
    ],
)
def test_a_series_that_cannot_be_used_is_an_error_that_says_where_and_why(tmp_path, change, fault):
    with pytest.raises(DataError, match=fault):
        series.read_series(write_table(tmp_path, change(months())))


def test_days_before_months_are_found_by_the_regular_frequency(tmp_path):
    """Month first, these dates would be days of Januaries; --month-first asks for just that."""
    dates = pd.date_range("2015-01-01", periods=36, freq="MS").strftime("%d/%m/%Y")
    path = write_table(tmp_path, pd.DataFrame({"date": dates, "value": range(36)}))
    result = series.read_series(path)
    assert (result.frequency, result.span(0, 36)) == ("MS", ("2015-01-01", "2017-12-01"))
    assert "no regular frequency" in result.understood["date form"]
    with pytest.raises(DataError, match="frequency"):
        series.read_series(path, SeriesOptions(date_order="month_first"))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_hours_with_utc_offsets_survive_a_change_of_the_clock(tmp_path, zone):
    dates = pd.date_range("2024-03-29", periods=96, freq="h", tz=zone).map(pd.Timestamp.isoformat)
    path = write_table(tmp_path, pd.DataFrame({"date": dates, "value": range(96)}))
    assert series.read_series(path).frequency == "h"


def test_a_blank_line_inside_the_table_is_left_out(tmp_path):
    text = months().to_csv(index=False)
    assert len(series.read_series(write(tmp_path, text.replace("2020-02-01", "\n2020-02-01"))).readings) == 24


def test_irregular_dates_are_refused(tmp_path):
    rows = "\n".join(f"2020-01-{day:02d},{day}" for day in (1, 2, 5, 6, 11, 13, 20, 29))
    with pytest.raises(DataError, match="frequency"):
        series.read_series(write(tmp_path, f"date,value\n{rows}\n"))


def test_gaps_are_interpolated_only_with_fill(tmp_path):
    """Missing values at both ends are removed; missing values and dates in between are interpolated."""
    values = 50 + 10 * np.sin(np.arange(96) * np.pi / 6)
    table = dated(values)
    table.loc[[0, 10, 95], "value"] = np.nan
    path = write_table(tmp_path, table.drop(index=[20, 21]))
    with pytest.raises(DataError, match="--fill"):
        series.read_series(path)
    filled = series.read_series(path, SeriesOptions(fill=True))
    assert (len(filled.readings), filled.trimmed, filled.filled.sum()) == (94, 2, 3)
    assert filled.readings[9] == pytest.approx((values[9] + values[11]) / 2)
    assert np.flatnonzero(filled.filled).tolist() == [9, 19, 20]


def test_a_series_with_too_many_gaps_is_refused(tmp_path):
    table = dated(np.arange(96.0))
    table.loc[5:90:3, "value"] = np.nan
    with pytest.raises(DataError, match="20% can be interpolated"):
        series.read_series(write_table(tmp_path, table), SeriesOptions(fill=True))


def test_without_a_network_the_default_series_is_an_error(serve_download):
    serve_download()
    with pytest.raises(DataError, match=r"cannot be fetched .* pass --data my\.csv"):
        series.fetch_series()


def test_another_series_in_place_of_the_default_is_deleted(tmp_path, serve_download):
    path = write_table(tmp_path, months())
    serve_download(path)
    with pytest.raises(DataError, match="answered 24 rows"):
        series.fetch_series()
    assert not path.exists()


def test_a_web_page_in_place_of_the_default_series_is_deleted(tmp_path, serve_download):
    path = write(tmp_path, "<html>try later</html>\n")
    serve_download(path)
    with pytest.raises(DataError):
        series.fetch_series()
    assert not path.exists()


def test_the_default_series_is_read_in_freds_format(tmp_path, serve_download):
    dates = pd.date_range("1985-01-01", periods=397, freq="MS").strftime("%Y-%m-%d")
    table = pd.DataFrame({"observation_date": dates, "IPG2211A2N": np.linspace(50, 120, 397)})
    serve_download(write_table(tmp_path, table))
    assert series.fetch_series().columns["value"] == "IPG2211A2N"
