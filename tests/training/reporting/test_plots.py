"""The plots: each writes one PNG or SVG, also at the edges of what it is given."""

import numpy as np
import pandas as pd
import pytest

from training.evaluation import baselines, rolling
from training.reporting import plots
from training.reporting.plots import canvas, forecasts

READINGS = 50 + 10 * np.sin(np.arange(60) * np.pi / 6) + np.random.default_rng(0).normal(size=60)
DATES = pd.date_range("2015-01-01", periods=60, freq="MS")


@pytest.fixture(params=["png", "svg"])
def path(tmp_path, request):
    """A file in a directory that is not there yet."""
    file = tmp_path / "pictures" / f"plot.{request.param}"
    yield file
    assert file.read_bytes().startswith({"png": b"\x89PNG", "svg": b"<?xml"}[request.param])


def test_a_series_with_its_parts(path):
    plots.series(path, "sales", DATES, READINGS, 40, 16)


@pytest.mark.parametrize("levels", [(), (80.0, 95.0)])
def test_forecasts_of_a_backtest(path, levels):
    method = baselines.method("seasonal_naive", 12)
    plots.fans(path, "test set", DATES, READINGS, rolling.rolling_backtest(READINGS, range(40, 60), 6, levels, method))


def test_more_than_two_methods_by_step(path):
    plots.by_step(path, "RMSE", {name: np.arange(3.0) for name in "abc"}, [0.8, 0.95])


@pytest.mark.parametrize("kept", [None, 2])
def test_curves_of_losses(path, kept):
    panels = {"loss": {"training": [2.0, 1.0], "validation": [2.0, 1.5]}, "accuracy": {"validation": [0.5, 0.9]}}
    plots.curves(path, "training", panels, kept, log=True)


def answers(count, seed=0):
    """Confidences and whether the answers are right, as of a calibrated classifier."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.4, 1, count)
    return confidence, (rng.random(count) < confidence).astype(float)


def test_reliability_of_groups_of_any_size(path):
    plots.reliability(path, "calibration", {"all": answers(200), "rare": answers(3), "none": answers(0)})


def test_accuracy_of_the_surest_in_groups_of_any_size(path):
    """A threshold that no answer reaches has no dot."""
    groups = {"short": answers(200), "long": answers(1), "none": answers(0)}
    plots.selective(path, "on what is answered", groups, [0.8, 1.0, 0.5])


def test_a_learning_curve_of_methods_that_miss_a_size(path):
    """A method that was not fitted on a size has NaN there."""
    plots.learning_curve(
        path, "learning", [100, 500, 2000], {"network": [0.7, 0.8, 0.9], "n-grams": [0.6, np.nan, 0.9]}
    )


@pytest.mark.parametrize("levels", [(), (80.0, 95.0)])
def test_a_forecast_of_the_future(path, levels):
    """A forecast may have no intervals."""
    bounds = np.full((len(levels), 6), 50.0)
    ahead = pd.date_range(DATES[-1], periods=7, freq="MS")[1:]
    assert (
        plots.future(path, "next", (DATES[-20:], READINGS[-20:]), ahead, (np.full(6, 50.0), bounds, bounds), levels)
        == ""
    )


def test_intervals_that_dwarf_the_readings_are_cut_and_this_is_said():
    """The lines stay readable: the axis ends within a multiple of what the readings span."""
    readings = np.array([39.0, 6991.0])
    lower, upper = np.array([[-30104.0]]), np.array([[43785.0]])
    view = forecasts.limits(np.append(readings, 796.0), lower, upper, readings)
    assert -7000 < view.low < 39
    assert 6991 < view.high < 14000
    assert view.cut == "The intervals are cut: they reach from -30,104 to 43,785."
    assert forecasts.limits(readings, readings[:1] - 1, readings[1:] + 1, readings).cut == ""
    flat = forecasts.limits(np.ones(3), np.empty((0, 3)), np.empty((0, 3)), np.ones(3))
    assert flat.low < 1 < flat.high


@pytest.mark.parametrize(("origins", "steps", "expected"), [(1, 6, [0]), (5, 6, [4]), (20, 6, [0, 6, 13, 19])])
def test_forecasts_of_a_picture_do_not_overlap(origins, steps, expected):
    """Few origins give few forecasts."""
    readings = np.arange(40.0 + origins + steps)
    method = baselines.method("seasonal_naive", 1)
    part = rolling.rolling_backtest(readings, range(40, 40 + origins), steps, (), method)
    assert plots.spread(part, 4) == expected


def test_forecasts_of_a_long_backtest_are_its_last_ones():
    """Spread over thousands of readings they could not be seen."""
    readings = np.arange(1010.0)
    part = rolling.rolling_backtest(readings, range(500, 1000), 10, (), baselines.method("seasonal_naive", 1))
    assert min(plots.spread(part, 4)) == 499 - 80


def test_a_long_line_keeps_its_extremes_and_its_ends():
    """A picture of a million readings is as small as one of a thousand, and no peak is missing."""
    values = np.sin(np.arange(100_000) / 50)
    values[77_777] = 9
    kept = list(canvas.thin(values))
    assert len(kept) <= canvas.MAX_POINTS + 2
    assert {0, 77_777, 99_999} <= set(kept)
    assert list(canvas.thin(values[:10])) == list(range(10))


def test_a_picture_is_a_png_or_an_svg(tmp_path):
    """Another ending is a mistake of the caller."""
    with pytest.raises(ValueError, match="a picture is"):
        plots.by_step(tmp_path / "a.jpg", "RMSE", {"a": np.arange(3.0)})


def test_dates_of_a_time_zone_stand_on_the_axis_as_clocks_show_them():
    """matplotlib would move them to UTC."""
    dates = pd.date_range("2020-01-01", periods=2, freq="h", tz="Asia/Tokyo")
    assert canvas.moments(dates).tolist() == pd.date_range("2020-01-01", periods=2, freq="h").to_numpy().tolist()
