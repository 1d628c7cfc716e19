"""Forecasters on a directory of series, with the naive baselines and a fake network."""

import json

import numpy as np
import pandas as pd
import pytest

from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from training.evaluation import served
from training.zero_shot import __main__ as zero_shot


@pytest.fixture
def directory(tmp_path):
    """Two made-up series of ten years of months."""
    t = np.arange(120)
    months = pd.date_range("2010-01-01", periods=120, freq="MS").strftime("%Y-%m-%d")
    for number, name in enumerate(("apples", "zips")):
        values = 50 + t / 10 + 10 * np.sin(t * np.pi / 6) + np.random.default_rng(number).normal(0, 1, 120)
        pd.DataFrame({"month": months, "value": values}).to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def run(directory, *more):
    return zero_shot.main(["--data", str(directory), "--models", "none", "--baselines", "naive", *more])


def test_every_method_is_measured_on_every_series(directory):
    """The metrics of each series are written to the file; the seasonal naive forecast comes first."""
    out = directory / "out.json"
    assert run(directory, "--out", str(out)) == 0
    results = json.loads(out.read_text())
    assert list(results) == ["apples", "zips"]
    assert list(results["apples"]) == ["seasonal_naive", "last_value"]
    assert 0 < results["apples"]["seasonal_naive"]["mase"] < results["apples"]["last_value"]["mase"]


def test_the_table_has_geometric_means_of_ratios_to_the_naive_forecast(directory, capsys):
    assert run(directory) == 0
    lines = capsys.readouterr().out.splitlines()
    (naive,) = [line for line in lines if "seasonal_naive" in line]
    assert naive.count("1.000") == 3
    assert "2 series" in lines[0]


def test_evaluations_are_counted(directory, capsys):
    log = directory / "looks.json"
    for _ in range(2):
        assert run(directory, "--looks", str(log)) == 0
    assert "2 times" in capsys.readouterr().out


def test_a_served_model_is_measured_beside_them(directory, monkeypatch):
    """It forecasts as the service does; the last reading plus ten is no good forecast of these series."""
    (directory / "models" / "gru" / "1").mkdir(parents=True)
    forecaster = WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(max_horizon=36)))
    monkeypatch.setattr(served, "load_method", lambda path, season: served.as_method(forecaster, season))
    out = directory / "out.json"
    assert run(directory, "--models", "gru", "--models-dir", str(directory / "models"), "--out", str(out)) == 0
    results = json.loads(out.read_text())["zips"]
    assert results["gru/1"]["mase"] > results["seasonal_naive"]["mase"]
    assert results["gru/1"]["coverage"] is None, "this one has no calibration and so no intervals"


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--names", "q-r"], "holds no CSV whose name begins with q-r"),
        (["--baselines", "oracle"], "no baseline is named 'oracle'"),
        (["--models", "gru", "--models-dir", "nowhere"], "nowhere holds no 'gru'"),
    ],
)
def test_what_is_missing_is_named(directory, capsys, options, fault):
    assert run(directory, *options) == 1
    assert fault in capsys.readouterr().err


def test_a_dry_run_prints_what_was_understood_of_every_file(directory, capsys):
    assert run(directory, "--dry-run") == 0
    out = capsys.readouterr().out
    assert out.count("first date    2010-01-01") == 2
    assert "MASE" not in out
