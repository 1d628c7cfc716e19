"""forecast: levels, quantiles, frequencies, history, frames of several kinds, and many series."""

import numpy as np
import pandas as pd
import polars as pl
import pytest


def test_forecasts_are_those_of_our_own_route(client, one, forecast_of):
    """For the same readings, also the bounds."""
    frame = client.forecast(one, h=12, freq="MS", level=[80, 95])
    ours = forecast_of(one["y"], start="1949-01-01", frequency="MS", horizon=12, levels=[80, 95])
    assert frame["TimeGPT"].to_numpy() == pytest.approx(ours["forecast"], rel=1e-6)
    assert frame["ds"].dt.strftime("%Y-%m-%dT%H:%M:%S").tolist() == ours["timestamps"]
    for interval in ours["intervals"]:
        assert frame[f"TimeGPT-lo-{interval['level']:g}"].to_numpy() == pytest.approx(interval["lower"], rel=1e-6)
        assert frame[f"TimeGPT-hi-{interval['level']:g}"].to_numpy() == pytest.approx(interval["upper"], rel=1e-6)


def test_levels_may_repeat_be_zero_be_fractions_and_be_many(client, one):
    """Each has its columns, named as it was asked for; of level 0 both bounds are the median."""
    levels = [80, 0, 80, 99, 50, 90.5, 10, 60]
    frame = client.forecast(one, h=3, level=levels)
    assert set(frame.columns) == {"unique_id", "ds", "TimeGPT"} | {
        f"TimeGPT-{side}-{level}" for side in ("lo", "hi") for level in levels
    }
    assert (frame["TimeGPT-lo-0"] == frame["TimeGPT"]).all()
    assert (frame["TimeGPT-hi-0"] == frame["TimeGPT"]).all()
    ordered = [
        "lo-99",
        "lo-90.5",
        "lo-80",
        "lo-60",
        "lo-50",
        "lo-10",
        "lo-0",
        "hi-10",
        "hi-50",
        "hi-60",
        "hi-80",
        "hi-90.5",
        "hi-99",
    ]
    bounds = frame[[f"TimeGPT-{each}" for each in ordered]].to_numpy()
    assert (np.diff(bounds, axis=1) >= 0).all()


def test_quantiles_ascend_and_the_middle_one_is_the_median(client, one):
    """Two quantiles of one level are its two bounds, and a single median needs no bounds."""
    quantiles = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    frame = client.forecast(one, h=3, quantiles=quantiles)
    values = frame[[f"TimeGPT-q-{int(100 * quantile)}" for quantile in quantiles]]
    assert (np.diff(values.to_numpy(), axis=1) > 0).all()
    assert (frame["TimeGPT-q-50"] == frame["TimeGPT"]).all()
    for quantile in (0.5, 0.501):  # level 0, whose bounds are the median
        assert client.forecast(one, h=3, quantiles=[quantile])["TimeGPT-q-50"].equals(frame["TimeGPT-q-50"])


def test_history_is_forecast_one_step_ahead(client, one, forecast_of):
    """Fitted values follow the readings from the thirteenth on, and the future follows them."""
    frame = client.forecast(one, h=2, add_history=True, level=[80])
    assert frame["ds"].tolist() == pd.date_range("1950-01-01", periods=134, freq="MS").tolist()
    fitted = frame["TimeGPT"][:-2].to_numpy()
    assert np.abs(fitted / one["y"][12:].to_numpy() - 1).mean() < 0.06
    ours = forecast_of(one["y"][:100], start="1949-01-01", frequency="MS", horizon=1, levels=[80])
    assert fitted[88] == pytest.approx(ours["forecast"][0], rel=1e-6)
    assert frame["TimeGPT-lo-80"][88] == pytest.approx(ours["intervals"][0]["lower"][0], rel=1e-6)


@pytest.mark.parametrize(
    ("freq", "season"), [("h", 24), ("15min", 96), ("D", 7), ("B", 5), ("W-SUN", 52), ("W-WED", 52), ("ME", 12), ("QS", 4), ("QE", 4), ("YS", 1), ("2MS", 6), ("30s", 60)]
)  # fmt: skip
def test_dates_follow_in_every_frequency(client, panel, freq, season):
    """Whether it is told or inferred."""
    frame = panel(2, 60, freq, max(season, 2))
    following = pd.date_range(frame["ds"].iloc[-1], periods=4, freq=freq)[1:].tolist()
    for options in ({"freq": freq}, {}):
        forecast = client.forecast(frame, h=3, **options)
        assert forecast["ds"].tolist() == 2 * following
        assert forecast["TimeGPT"].between(50, 150).all()


@pytest.mark.parametrize(
    ("freq", "pandas"),
    [("1mo", "MS"), ("1d", "D"), ("1h", "h"), ("15m", "15min"), ("1w", "W-WED"), ("1q", "QS"), ("1y", "YS")],
)
def test_polars_frames_come_back_as_such(
    client,
    panel,
    freq,
    pandas,
):
    """With the names that polars has for frequencies, and the same forecasts."""
    frame = panel(3, 72, pandas)
    forecast = client.forecast(pl.from_pandas(frame), h=4, freq=freq, level=[80])
    assert isinstance(forecast, pl.DataFrame)
    same = client.forecast(frame, h=4, freq=pandas, level=[80])
    assert forecast["TimeGPT"].to_numpy() == pytest.approx(same["TimeGPT"].to_numpy(), rel=1e-6)
    assert forecast["ds"].to_list() == same["ds"].tolist()


def test_times_may_be_whole_numbers(client, panel):
    """They tell nothing of a season, so that of the readings counts."""
    frame = panel(2, 70, season=7)
    frame["ds"] = np.tile(np.arange(70), 2)
    forecast = client.forecast(frame, h=7, freq=1)
    assert forecast["ds"].tolist() == 2 * list(range(70, 77))
    wave = 100 + 20 * np.sin(2 * np.pi * np.arange(70, 77) / 7)
    assert np.abs(forecast["TimeGPT"].to_numpy() - np.tile(wave, 2)).max() < 9


def test_times_may_have_a_zone(client, panel):
    """Also one with daylight saving, of which the client sends no dates."""
    frame = panel(1, 120, "h", 24)
    for zone in ("UTC", "Europe/Berlin"):
        zoned = frame.assign(ds=frame["ds"].dt.tz_localize(zone))
        forecast = client.forecast(zoned, h=2, freq="h")
        assert forecast["ds"].iloc[0] == zoned["ds"].iloc[-1] + pd.Timedelta(hours=1)


def test_rows_may_come_in_any_order(client, panel):
    """Series are named by their ids, and sorted."""
    frame = panel(5, 40)
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(client.forecast(shuffled, h=3, freq="MS"), client.forecast(frame, h=3, freq="MS"))


def test_series_may_have_different_lengths(client, panel):
    """Each is forecast as if it were alone."""
    frame = panel(3, 60)
    frame = pd.concat([frame.iloc[40:60], frame.iloc[90:120], frame.iloc[120:180]])
    together = client.forecast(frame, h=3, freq="MS")
    for name, rows in frame.groupby("unique_id"):
        alone = client.forecast(rows, h=3, freq="MS")
        assert together.loc[together["unique_id"] == name, "TimeGPT"].to_numpy() == pytest.approx(
            alone["TimeGPT"], rel=1e-5
        )


def test_missing_readings_are_filled_in(client, one):
    """Where they are neither the first nor the last."""
    one.loc[100:103, "y"] = None
    assert client.forecast(one, h=3)["TimeGPT"].between(350, 500).all()


def test_long_horizons_are_made_of_shorter_ones(client, panel):
    """Up to a thousand steps."""
    forecast = client.forecast(panel(1, 200, "h", 24), h=1000, freq="h", level=[80])
    assert len(forecast) == 1000
    assert forecast.drop(columns="unique_id").notna().all().all()


def test_two_thousand_series_go_in_one_compressed_body(client, panel):
    """The client compresses what is over a mebibyte."""
    frame = panel(2000, 120)
    forecast = client.forecast(frame, h=6, freq="MS", level=[80])
    assert len(forecast) == 12_000
    assert forecast["unique_id"].unique().tolist() == sorted(frame["unique_id"].unique())
    last = frame[frame["unique_id"] == "s01999"]
    assert forecast["TimeGPT"].tail(6).to_numpy() == pytest.approx(
        client.forecast(last, h=6, freq="MS")["TimeGPT"], rel=1e-5
    )


def test_partitions_give_the_same(client, panel):
    """The client may split its series into several requests."""
    frame = panel(10, 40)
    split = client.forecast(frame, h=3, freq="MS", level=[80], num_partitions=3)
    pd.testing.assert_frame_equal(split, client.forecast(frame, h=3, freq="MS", level=[80]), rtol=1e-5)


def test_a_loaded_forecaster_can_be_named(client, one, forecast_of):
    """By the name that list_models gives."""
    frame = client.forecast(one, h=3, freq="MS", model="gru")
    assert frame["TimeGPT"].to_numpy() == pytest.approx(
        forecast_of(one["y"], model="gru", horizon=3)["forecast"], rel=1e-5
    )


@pytest.mark.parametrize(
    "offset",
    [
        pd.offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu", holidays=["2020-03-02"]),
        pd.offsets.BusinessHour(start="08:00", end="16:00"),
        pd.offsets.CustomBusinessMonthBegin(),
        pd.offsets.DateOffset(months=1),
    ],
    ids=repr,
)
def test_dates_of_a_calendar_of_ones_own_are_kept(client, offset):
    """The client makes them; the service reads no more than the season."""
    dates = pd.date_range("2020-01-02", periods=63, freq=offset)
    frame = pd.DataFrame({"unique_id": 1, "ds": dates[:60], "y": 100 + 10 * np.sin(np.arange(60) * np.pi / 6)})
    forecast = client.forecast(frame, h=3, freq=offset, level=[80])
    assert forecast["ds"].tolist() == dates[60:].tolist()
    assert forecast["TimeGPT"].between(85, 115).all()
    assert len(client.cross_validation(frame, h=3, n_windows=2, freq=offset)) == 6
