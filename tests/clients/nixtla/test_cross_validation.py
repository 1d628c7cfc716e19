"""cross_validation: windows, cutoffs, levels, and that every window sees only what was before it."""

import pandas as pd
import polars as pl
import pytest


def test_windows_end_with_the_series_and_see_what_was_before(client, one, forecast_of):
    """Each is what our own route forecasts from the readings before its cutoff."""
    frame = client.cross_validation(one, h=4, n_windows=3, freq="MS", level=[80])
    cutoffs = pd.to_datetime(["1959-12-01", "1960-04-01", "1960-08-01"])
    assert frame["cutoff"].unique().tolist() == cutoffs.tolist()
    assert frame["ds"].tolist() == pd.date_range("1960-01-01", periods=12, freq="MS").tolist()
    assert frame["y"].tolist() == one["y"][-12:].tolist()
    for cutoff, rows in frame.groupby("cutoff"):
        known = one[one["ds"] <= cutoff]["y"]
        ours = forecast_of(known, start="1949-01-01", frequency="MS", horizon=4, levels=[80])
        assert rows["TimeGPT"].to_numpy() == pytest.approx(ours["forecast"], rel=1e-6)
        assert rows["TimeGPT-hi-80"].to_numpy() == pytest.approx(ours["intervals"][0]["upper"], rel=1e-6)


def test_windows_may_overlap_and_have_quantiles(client, panel):
    """A step of one reading, of several series of different lengths."""
    frame = panel(3, 48).iloc[6:]
    windows = client.cross_validation(frame, h=3, n_windows=5, step_size=1, freq="MS", quantiles=[0.1, 0.5, 0.9])
    assert len(windows) == 3 * 5 * 3
    assert windows.groupby("unique_id")["cutoff"].nunique().eq(5).all()
    merged = windows.merge(frame, on=["unique_id", "ds"], suffixes=("", "_sent"))
    assert merged["y"].to_numpy() == pytest.approx(merged["y_sent"].to_numpy())
    assert (windows["TimeGPT-q-10"] < windows["TimeGPT-q-90"]).all()
    assert (windows["TimeGPT-q-50"] == windows["TimeGPT"]).all()
    steps = (
        (windows["ds"].dt.year - windows["cutoff"].dt.year) * 12 + windows["ds"].dt.month - windows["cutoff"].dt.month
    )
    assert steps.tolist() == 15 * [1, 2, 3]


def test_refit_changes_nothing(client, one):
    """A network is not fitted to a window."""
    yes, no = (client.cross_validation(one, h=3, n_windows=2, freq="MS", refit=refit) for refit in (True, False))
    pd.testing.assert_frame_equal(yes, no)


def test_polars_and_partitions_give_the_same(client, panel):
    """The indices of the rows are shifted by the client."""
    frame = panel(6, 40)
    whole = client.cross_validation(frame, h=3, n_windows=2, freq="MS")
    split = client.cross_validation(pl.from_pandas(frame), h=3, n_windows=2, freq="1mo", num_partitions=3)
    assert split["ds"].to_list() == whole["ds"].tolist()
    assert split["TimeGPT"].to_numpy() == pytest.approx(whole["TimeGPT"].to_numpy(), rel=1e-5)


def test_readings_that_are_missing_before_a_window_are_reached_over(client, one):
    """Its first step is forecast from the last reading that is there."""
    one.loc[130:131, "y"] = None  # the window from index 132 on follows them
    frame = client.cross_validation(one, h=4, n_windows=3, freq="MS", level=[80])
    assert frame["TimeGPT"].notna().all()
    assert frame["TimeGPT"].between(300, 700).all()
