"""Lists, series and frames in, forecasts out."""

import numpy as np
import pandas as pd
import pytest

import service
from service.errors import TooFewReadings, UnsupportedLevel, UnusableBounds, UnusableFrequency
from tests.service.local.made_series import months, panel

COLUMNS = ["forecast", "lower_80", "upper_80", "lower_95", "upper_95"]


def test_a_list_gives_numbered_steps(universal):
    """Without dates, steps are numbered from 1, and the intervals nest around the forecast."""
    frame = universal.forecast(months().tolist(), 3)
    assert frame.columns.tolist() == ["step", *COLUMNS]
    assert frame["step"].tolist() == [1, 2, 3]
    assert (frame["lower_95"] < frame["lower_80"]).all()
    assert (frame["lower_80"] < frame["forecast"]).all()
    assert (frame["upper_80"] < frame["upper_95"]).all()


def test_a_series_with_dates_gives_the_next_dates(universal):
    """The dates go on as they came, and of the same type."""
    series = months()
    frame = universal.forecast(series, 2, ())
    assert frame.columns.tolist() == ["timestamp", "forecast"]
    assert frame["timestamp"].tolist() == [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")]
    assert frame["timestamp"].dtype == series.index.dtype


def test_what_is_known_beside_the_forecast_is_in_attrs(universal):
    """Skill and warnings, by the name of the series."""
    frame = universal.forecast(months(), 12)
    assert frame.attrs["skill"]["turnover"]["measured_on"] == "readings"
    assert frame.attrs["warnings"] == {"turnover": []}


def test_a_wide_frame_has_a_series_in_each_column(universal):
    """Each column is forecast as it would be alone."""
    wide = pd.DataFrame({"a": months(), "b": months(seed=1)})
    frame = universal.forecast(wide, 2)
    assert frame["unique_id"].tolist() == ["a", "a", "b", "b"]
    alone = universal.forecast(wide["b"], 2)
    np.testing.assert_allclose(frame[COLUMNS][2:].to_numpy(), alone[COLUMNS].to_numpy(), rtol=1e-5)


def test_a_long_frame_keeps_the_names_of_its_columns(universal):
    """The answer can be joined with what was given."""
    frame = universal.forecast(panel().rename(columns={"ds": "month"}), 2, (), time="month")
    assert frame.columns.tolist() == ["unique_id", "month", "forecast"]
    assert frame["unique_id"].tolist() == ["a", "a", "b", "b", "c", "c"]


def test_rows_of_a_long_frame_may_come_in_any_order(universal):
    """Series come back in the order of their first rows."""
    frame = panel()
    mixed = frame.sample(frac=1, random_state=3)
    expected = universal.forecast(frame, 2).set_index(["unique_id", "ds"]).sort_index()
    assert universal.forecast(mixed, 2).set_index(["unique_id", "ds"]).sort_index().equals(expected)


def test_a_long_frame_of_one_series_needs_no_ids(universal):
    """Only the columns of dates and readings are named."""
    frame = pd.DataFrame({"day": months().index.astype(str), "sold": months().to_numpy()})
    answer = universal.forecast(frame, 1, (), time="day", value="sold")
    assert answer["day"].tolist() == [pd.Timestamp("2025-01-01")]


def test_periods_and_whole_numbers_go_on(universal):
    """A PeriodIndex gives periods, and whole numbers the next ones."""
    quarters = months().set_axis(pd.period_range("2000Q1", periods=60, freq="Q"))
    assert universal.forecast(quarters, 1, ())["timestamp"].tolist() == [pd.Period("2015Q1")]
    years = months().set_axis(range(1961, 2021))
    assert universal.forecast(years, 2, ())["step"].tolist() == [2021, 2022]


def test_dates_keep_their_time_zone_over_a_change_of_the_clock(universal):
    """Days keep the time of the clock, and hours the time that passes."""
    days = pd.Series(months(40).to_numpy(), index=pd.date_range("2024-02-20", periods=40, tz="Europe/Berlin"))
    assert universal.forecast(days, 3, ())["timestamp"].iloc[-1] == pd.Timestamp("2024-04-02", tz="Europe/Berlin")
    hours = days.set_axis(pd.date_range("2024-03-29 10:00", periods=40, freq="h", tz="Europe/Berlin"))
    assert universal.forecast(hours, 1, ())["timestamp"].iloc[0] == hours.index[-1] + pd.Timedelta(hours=1)


def test_a_date_that_is_not_there_is_a_missing_reading(universal):
    """A gap on a regular grid is the same as a missing value."""
    series = months()
    gap, missing = series.drop(series.index[30]), series.copy()
    missing.iloc[30] = np.nan
    frame = universal.forecast(gap, 3)
    assert frame.equals(universal.forecast(missing, 3))
    assert "missing_readings" in [each["code"] for each in frame.attrs["warnings"]["turnover"]]


def test_series_of_a_wide_frame_may_begin_later(universal):
    """What is missing before the first reading is left out."""
    late = months()
    late.iloc[:20] = np.nan
    frame = universal.forecast(pd.DataFrame({"early": months(), "late": late}), 1)
    alone = universal.forecast(late.iloc[20:], 1)
    np.testing.assert_allclose(frame[COLUMNS][1:].to_numpy(), alone[COLUMNS].to_numpy(), rtol=1e-5)


def test_a_frequency_says_the_season_of_readings_without_dates(universal):
    """A list has no dates, but its frequency may be known."""
    readings = months(30).tolist()
    named = universal.forecast(readings, 6, frequency="MS")
    assert named.equals(universal.forecast(readings, 6, season=12))


@pytest.mark.parametrize("frequency", ["D", "MS"])
def test_dates_that_their_unit_cannot_hold_are_refused(universal, frequency):
    """Nanoseconds end in April 2262, and do not begin anew in 1677."""
    last = pd.date_range(end="2262-04-01", periods=30, freq=frequency, unit="ns")
    with pytest.raises(service.DataError, match="passes the last date of its unit"):
        universal.forecast(pd.Series(range(30), index=last), 30)


def test_bounds_hold(universal):
    """Forecasts and intervals stay within what readings can be."""
    frame = universal.forecast(months(), 6, minimum=80, maximum=115)
    assert frame[COLUMNS].to_numpy().min() >= 80
    assert frame[COLUMNS].to_numpy().max() <= 115


def test_one_bad_series_has_its_error_in_a_column(universal):
    """The others are forecast as without it."""
    frame = panel()
    bad = pd.concat([frame, pd.DataFrame({"unique_id": ["short"], "ds": [pd.Timestamp("2020-01-01")], "y": [1.0]})])
    answer = universal.forecast(bad, 2, frequency="MS", errors="column")
    assert answer[answer["error"].isna()][COLUMNS].reset_index(drop=True).equals(universal.forecast(frame, 2)[COLUMNS])
    last = answer.iloc[-1]
    assert last["unique_id"] == "short"
    assert "4 readings" in last["error"]
    assert last[["ds", *COLUMNS]].isna().all()


def test_an_error_that_is_raised_names_its_series(universal):
    """The type is the error's own, so that it can be caught."""
    frame = panel()
    with pytest.raises(TooFewReadings, match="series 'b': model 'universal' reads a window"):
        universal.forecast(pd.concat([frame[:60], frame[60:62]]), 2)


def test_text_in_one_series_spoils_no_other(universal):
    """With errors in a column, text that is a number is one, and other text is its series' error."""
    frame = panel(2).astype({"y": object, "ds": str})
    frame["y"] = frame["y"].map(str)
    frame.loc[70, "y"] = "n/a?"
    answer = universal.forecast(frame, 1, errors="column")
    assert answer["error"].isna().tolist() == [True, False]
    assert answer["error"][1] == "the column 'y' holds 'n/a?', which is no finite number"
    np.testing.assert_allclose(answer["forecast"][0], universal.forecast(panel(1), 1)["forecast"][0], rtol=1e-6)


def test_a_model_of_one_series_forecasts_too(lstm):
    """Its window decides how many readings it needs."""
    assert len(lstm.forecast(months(), 3)) == 3
    with pytest.raises(TooFewReadings, match="36"):
        lstm.forecast(months(20), 3)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"horizon": 0}, service.InvalidRequest, "`horizon` must be a whole number"),
        ({"horizon": 2.5}, service.InvalidRequest, "`horizon` must be a whole number"),
        ({"season": -1}, service.InvalidRequest, "`season` must be a whole number"),
        ({"levels": (0.8, 0.95)}, service.InvalidRequest, "80 and not 0.8"),
        ({"levels": 80}, service.InvalidRequest, "a list of percentages"),
        ({"levels": (99.9,)}, UnsupportedLevel, "support levels up to"),
        ({"minimum": 105}, UnusableBounds, "lie outside of"),
        ({"frequency": "fortnight"}, UnusableFrequency, "pandas offset alias"),
        ({"frequency": "D"}, service.DataError, "of 1,797 dates"),
        ({"frequency": "QS"}, UnusableFrequency, "2020-02-01 is no date of the frequency 'QS-"),
        ({"errors": "ignore"}, service.InvalidRequest, "'raise' or 'column'"),
        ({"id": "name"}, service.DataError, "name columns of a data frame"),
    ],
)
def test_an_odd_option_is_refused_in_words(universal, options, kind, words):
    """Each says what would be right."""
    with pytest.raises(kind) as caught:
        universal.forecast(months(), **options)
    assert words in caught.value.detail


def test_texts_are_not_for_a_forecaster_nor_series_for_a_classifier(universal, sentiment):
    """The message names the model that is."""
    with pytest.raises(service.GatecastError, match="models/sentiment"):
        universal.sentiment("superb")
    with pytest.raises(service.GatecastError, match="models/universal"):
        sentiment.forecast([1.0] * 20)


def test_readings_that_are_far_apart_are_forecast_without_a_warning_of_numpy(universal):
    """A week's readings by days: none has others beside it."""
    weekly = pd.Series(np.arange(30.0) % 7, index=pd.date_range("2024-01-01", periods=30, freq="W"))
    assert len(universal.forecast(weekly, 5, frequency="D")) == 5
