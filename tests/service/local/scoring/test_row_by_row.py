"""Each row or series has its own dates and its own error; none changes another."""

import datetime
import zoneinfo

import numpy as np
import pandas as pd
import pytest

import service
from tests.service.local.conftest import MODELS
from tests.service.local.made_series import months, panel

UNIVERSAL = str(MODELS / "universal")
TOKYO = zoneinfo.ZoneInfo("Asia/Tokyo")
MIDNIGHT = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
ROWS = service.SeriesScoring(UNIVERSAL, 2, start="start", frequency="frequency")
PANEL = service.PanelScoring(UNIVERSAL, 1000)


def rows(starts, frequency="D"):
    columns = {"readings": [months().tolist()] * len(starts), "start": pd.Series(starts, dtype=object)}
    return pd.DataFrame({**columns, "frequency": frequency})


@pytest.mark.parametrize("is_turned", [False, True])
def test_one_instant_in_two_zones_is_two_starts(is_turned):
    """Each row goes on by its own clock, whichever comes first."""
    starts = [MIDNIGHT, MIDNIGHT.astimezone(TOKYO), pd.Timestamp(MIDNIGHT).tz_convert("America/Lima")]
    starts = starts[::-1] if is_turned else starts
    scored = ROWS(rows(starts))
    hours = [pd.Timestamp(each[0]).hour for each in scored["timestamps"]]
    assert hours == ([19, 9, 0] if is_turned else [0, 9, 19])


@pytest.mark.parametrize(
    "start", [np.datetime64("20000-01-01"), np.datetime64("-0100-01-01"), np.datetime64(10**9, "Y")]
)
def test_a_start_outside_of_the_calendar_is_the_error_of_its_row(start):
    """Years are 1 to 9999."""
    scored = ROWS(rows(["2020-01-01", start]))
    assert scored["error"].isna().tolist() == [True, False]
    assert "year" in scored["error"][1]


@pytest.mark.parametrize("frequency", ["YS", "D", "SMS", "B"])
def test_a_start_whose_forecast_passes_the_last_year_is_the_error_of_its_row(frequency):
    """Or it goes on, where its unit can: the others are forecast anyway."""
    scoring = service.SeriesScoring(UNIVERSAL, 1000, start="start", frequency="frequency")
    scored = scoring(rows(["2020-01-01", np.datetime64("9999-01-01")], frequency))
    assert scored["error"].isna()[0]
    assert [len(each) in (0, 1000) for each in scored["timestamps"]] == [True, True]


@pytest.mark.parametrize("frequency", ["MS", "D", "B", "YS", "BMS", "WOM-2TUE"])
def test_a_series_that_passes_the_last_nanosecond_has_its_own_error(universal, frequency):
    """Months, days, workdays and dates that pandas counts."""
    frame = panel(2)
    frame["ds"] = frame["ds"].astype("datetime64[ns]")
    frame.loc[60:, "ds"] = pd.date_range(end="2262-03-31", periods=60, freq=frequency, unit="ns")
    forecast = universal.forecast(frame, 1000, errors="column")
    assert forecast["unique_id"].value_counts().tolist() == [1000, 1]
    assert "convert the dates, as with .as_unit('us')" in forecast["error"].iloc[-1]
    with pytest.raises(service.DataError, match=r"series 'b': .*as_unit"):
        universal.forecast(frame, 1000)
    assert PANEL(frame)["error"].notna().sum() == 1


@pytest.mark.parametrize("number", [2**62 + 2**20, -(2**63), 2**63 - 1])
def test_a_number_that_is_too_large_spoils_its_own_series_only(number):
    """Steps are counted on from it."""
    frame = panel(2).assign(ds=lambda each: each.groupby("unique_id").cumcount())
    frame.loc[70, "ds"] = number
    for kind in ("int64", "Int64"):
        scored = service.PanelScoring(UNIVERSAL, 2, times="number")(frame.astype({"ds": kind}))
        assert scored["error"].isna().tolist() == [True, True, False]
        assert f"the column 'ds' holds {number}" in scored["error"].iloc[-1]


@pytest.mark.parametrize("frequency", ["D", "h", "YS"])
@pytest.mark.parametrize("end", ["9999-12-29", "20000-01-01"])
def test_a_series_of_a_zone_that_passes_the_last_year_has_its_own_error(universal, end, frequency):
    """Clocks of zones are known up to the year 9999."""
    good = pd.date_range("2020-01-01", periods=60, freq=frequency, unit="s", tz="Europe/Berlin")
    late = np.datetime64(end, "s") + (good - good[-1]).to_numpy().astype("timedelta64[s]")
    frame = panel(2).assign(ds=good.append(pd.DatetimeIndex(late).tz_localize("UTC").tz_convert("Europe/Berlin")))
    for answer in (universal.forecast(frame, 1000, errors="column"), PANEL(frame)):
        assert answer["unique_id"].value_counts().tolist() == [1000, 1]
    universal.anomalies(frame, last=2, errors="column")
