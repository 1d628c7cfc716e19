"""The backtest from a CSV to a report, with naive baselines and a fake network."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from service.artifacts.card import Split
from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from training import backtest
from training.data.series import read_series
from training.evaluation import baselines, metrics, served


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


def test_a_report_has_every_method_and_counts_the_evaluations(csv, capsys):
    out = csv.parent / "report.json"
    assert run(csv, "--out", str(out)) == 0
    assert run(csv, "--out", str(out)) == 0
    report = json.loads(out.read_text())
    assert list(report["methods"]) == ["seasonal_naive", "last_value"]
    naive = report["methods"]["seasonal_naive"]["ratios"]["rmse_1-6"]
    assert (naive["value"], naive["low"], naive["high"]) == pytest.approx((1, 1, 1))
    assert [len(entries) for entries in report["looks"].values()] == [2, 2]
    assert len(report["methods"]["last_value"]["each"]["rmse"]) == 6
    assert "used up to 2 times" in capsys.readouterr().out


def test_the_metrics_are_those_of_the_rolling_origins(csv):
    out = csv.parent / "report.json"
    run(csv, "--out", str(out))
    readings = read_series(csv).readings
    naive = json.loads(out.read_text())["methods"]["seasonal_naive"]
    error = readings[80:] - readings[68:-12]
    assert naive["one"]["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert naive["one"]["mase"] == pytest.approx(np.abs(error).mean() / metrics.seasonal_scale(readings[:80], 12))


def test_evaluations_that_disagree_are_both_shown(csv, capsys):
    log = csv.parent / "looks.json"
    run(csv, "--looks", str(log))
    content = json.loads(log.read_text())
    for entries in content.values():
        entries[0]["figures"]["rmse_1"] = 99.0
    log.write_text(json.dumps(content))
    run(csv, "--looks", str(log))
    assert "evaluations disagree on rmse_1: 99, " in capsys.readouterr().out


def test_a_damaged_log_is_an_error_before_anything_is_fitted(csv, capsys):
    log = csv.parent / "looks.json"
    log.write_text("[]")
    assert run(csv, "--looks", str(log)) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert log.read_text() == "[]"


def test_markdown_is_written(csv):
    out = csv.parent / "report.md"
    assert run(csv, "--out", str(out)) == 0
    assert "| seasonal_naive |" in out.read_text()


def test_a_method_that_fails_is_named_and_the_others_go_on(csv, monkeypatch, capsys):
    def fail(*_, **__):
        raise ValueError("no forecast")

    method = baselines.method
    monkeypatch.setattr(
        baselines,
        "method",
        lambda name, *args, **options: fail if name == "last_value" else method(name, *args, **options),
    )
    assert run(csv, "--looks", str(csv.parent / "looks.json")) == 0
    assert "no figures of last_value: ValueError: no forecast" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--test-size", "110"], "too few"),
        (["--baselines", "prophet"], "no baseline is named"),
        (["--models", "gru", "--models-dir", "nowhere"], "holds no 'gru'"),
    ],
)
def test_what_cannot_be_measured_is_an_error_of_one_line(csv, capsys, more, fault):
    assert run(csv, *more) == 1
    error = capsys.readouterr().err
    assert fault in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("more", [["--steps", "0"], ["--levels", "100"], ["--out", "report.txt"]])
def test_options_out_of_range_are_refused(csv, capsys, more):
    with pytest.raises(SystemExit):
        run(csv, *more)
    assert f"{more[0]}" in capsys.readouterr().err


def test_the_log_lies_beside_the_report_unless_it_is_given(csv):
    options = ["--data", str(csv)]
    assert backtest.parse_options(options).log_path == Path("looks.json")
    assert backtest.parse_options([*options, "--out", "runs/report.md"]).log_path == Path("runs/looks.json")
    assert backtest.parse_options([*options, "--looks", "log.json"]).log_path == Path("log.json")


def test_a_served_forecaster_is_asked_for_each_origin():
    """The fake answers the last reading plus ten, and has no calibration, so no intervals."""
    method = served.as_method(WindowForecaster(fakes.forecast_bundle()), 12)
    histories = [np.linspace(20, 60, n) for n in (30, 31)]
    predictions = method(histories, 1, [80])
    assert predictions.point.shape == (2, 1)
    assert predictions.lower.shape == (len(predictions.levels), 2, 1)


@pytest.mark.parametrize(("end", "warned"), [("2016-08-01", False), ("2016-09-01", True)])
def test_a_version_that_was_fitted_on_test_months_gives_a_warning(csv, monkeypatch, end, warned):
    """The test set begins in September 2016."""
    parts = [Split(name="train", rows=80, use="fit", start="2010-01-01", end=end)]
    card = fakes.forecast_card(splits=parts)
    monkeypatch.setattr("service.artifacts.bundle.read", lambda path: (card, None, None))
    warnings = backtest.leakage_warnings(csv, read_series(csv), 80)
    assert any("HAS SEEN THE TEST SET" in line for line in warnings) is warned
    assert any("trained on another file" in line for line in warnings) is warned


def test_a_card_without_dates_gives_a_warning(csv, monkeypatch):
    card = fakes.forecast_card(splits=[Split(name="train", rows=80, use="fit")])
    monkeypatch.setattr("service.artifacts.bundle.read", lambda path: (card, None, None))
    warnings = backtest.leakage_warnings(csv, read_series(csv), 80)
    assert "its card does not say which dates its train part has" in warnings[0]


def test_a_dry_run_prints_what_was_understood_and_measures_nothing(csv, capsys):
    assert run(csv, "--dry-run") == 0
    out = capsys.readouterr().out
    assert "first date    2010-01-01" in out
    assert "frequency     MS" in out
    assert "RMSE" not in out
    assert not (csv.parent / "looks.json").exists()


def test_the_data_options_are_those_of_training(csv, capsys):
    """A missing month is interpolated on demand."""
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join(lines[:20] + lines[21:]) + "\n")
    assert run(csv) == 1
    assert "--fill" in capsys.readouterr().err
    assert run(csv, "--fill", "--season", "6", "--looks", str(csv.parent / "looks.json")) == 0
