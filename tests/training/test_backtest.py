"""The backtest from a CSV to a report, with naive baselines and a fake network."""

import json

import numpy as np
import pandas as pd
import pytest

from service.artifacts.card import Split
from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from training import backtest
from training.data.series import read_series
from training.evaluation import metrics, served


@pytest.fixture
def csv(tmp_path):
    """Ten years of made-up months."""
    t = np.arange(120)
    months = pd.date_range("2010-01-01", periods=120, freq="MS").strftime("%Y-%m-%d")
    sales = 50 + t / 10 + 10 * np.sin(t * np.pi / 6) + np.random.default_rng(0).normal(0, 1, 120)
    pd.DataFrame({"month": months, "sales": sales}).to_csv(tmp_path / "sales.csv", index=False)
    return tmp_path / "sales.csv"


def run(csv, *more):
    return backtest.main(["--data", str(csv), "--baselines", "naive", "--test-size", "40", "--steps", "6", *more])


def test_a_report_has_every_method_and_counts_the_looks(csv, capsys):
    out = csv.parent / "report.json"
    assert run(csv, "--out", str(out)) == 0
    assert run(csv, "--out", str(out)) == 0
    report = json.loads(out.read_text())
    assert list(report["methods"]) == ["seasonal_naive", "last_value"]
    naive = report["methods"]["seasonal_naive"]["ratios"]["rmse_1-6"]
    assert (naive["value"], naive["low"], naive["high"]) == pytest.approx((1, 1, 1))
    assert [len(made) for made in report["looks"].values()] == [2, 2]
    assert len(report["methods"]["last_value"]["each"]["rmse"]) == 6
    assert "looked at up to 2 times" in capsys.readouterr().out


def test_the_figures_are_those_of_the_walk(csv):
    out = csv.parent / "report.json"
    run(csv, "--out", str(out))
    readings = read_series(csv).readings
    found = json.loads(out.read_text())["methods"]["seasonal_naive"]
    error = readings[80:] - readings[68:-12]
    assert found["one"]["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert found["one"]["mase"] == pytest.approx(np.abs(error).mean() / metrics.seasonal_scale(readings[:80], 12))


def test_two_looks_that_disagree_are_both_shown(csv, capsys):
    diary = csv.parent / "looks.json"
    run(csv, "--looks", str(diary))
    entries = json.loads(diary.read_text())
    for made in entries.values():
        made[0]["figures"]["rmse_1"] = 99.0
    diary.write_text(json.dumps(entries))
    run(csv, "--looks", str(diary))
    assert "looks disagree on rmse_1: 99, " in capsys.readouterr().out


def test_markdown_is_written(csv):
    out = csv.parent / "report.md"
    assert run(csv, "--out", str(out)) == 0
    assert "| seasonal_naive |" in out.read_text()


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--test-size", "110"], "too few"),
        (["--baselines", "prophet"], "no baseline is named"),
        (["--models", "gru", "--models-dir", "nowhere"], "holds no 'gru'"),
    ],
)
def test_what_cannot_be_tested_is_said_in_one_line(csv, capsys, more, fault):
    assert run(csv, *more) == 1
    said = capsys.readouterr().err
    assert fault in said
    assert said.count("\n") == 1


def test_a_served_forecaster_is_asked_for_each_origin():
    """The fake answers the last reading plus ten, and has no calibration, so no intervals."""
    method = served.as_method(WindowForecaster(fakes.forecast_bundle()), 12)
    histories = [np.linspace(20, 60, n) for n in (30, 31)]
    found = method(histories, 1, [80])
    assert found.point.shape == (2, 1)
    assert found.lower.shape == (len(found.levels), 2, 1)


@pytest.mark.parametrize(("end", "warned"), [("2016-08-01", False), ("2016-09-01", True)])
def test_a_version_that_saw_tested_months_is_told_of(csv, monkeypatch, end, warned):
    """The test part begins in September 2016."""
    parts = [Split(name="train", rows=80, use="fit", start="2010-01-01", end=end)]
    card = fakes.forecast_card(splits=parts)
    monkeypatch.setattr(backtest.bundle, "read", lambda path: (card, None, None))
    found = backtest.seen(csv, read_series(csv), 80)
    assert any("HAS SEEN THE TEST PART" in line for line in found) is warned
