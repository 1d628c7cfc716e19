"""What to call, and the forecast of what follows."""

import json

import numpy as np
import pandas as pd
import pytest

from training.data.series import Series
from training.evaluation.rolling import Predictions, RollingBacktest
from training.forecast.one_series import future
from training.forecast.ranking import advice
from training.forecast.ranking.rows import Ranked, Ranking
from training.forecast.report.summary import ranking_table

COUNT = 60


def series(season_length=12):
    dates = pd.date_range("2015-01-01", periods=COUNT, freq="MS")
    readings = 100 + 10 * np.sin(np.arange(COUNT) * np.pi / 6)
    return Series(dates, readings, "MS", season_length, {}, "sales.csv", "0" * 64, np.zeros(COUNT, bool))


def row(name, kind="statistic", **others):
    empty = np.empty((0, 1, 1))
    test = RollingBacktest(np.array([50]), np.ones((1, 1)), Predictions(np.zeros((1, 1)), (), empty, empty), COUNT)
    return Ranked(name, kind, [1.0], 1.0, None, None, test, 1.0, **others)


def test_the_request_continues_the_series_and_names_the_model(tmp_path):
    """It is a file beside the report, and the command sends it."""
    body = advice.request(series(), 3, "my-sales")
    assert (body["model"], body["horizon"], body["frequency"]) == ("my-sales", 3, "MS")
    assert (len(body["readings"]), body["start"]) == (COUNT, "2015-01-01T00:00:00")
    path = advice.write_request(tmp_path / "report", body)
    assert json.loads(path.read_text()) == body
    assert str(path) in advice.curl(path)
    assert "model" not in advice.request(series(), 3, None)


@pytest.mark.parametrize(
    ("name", "season_length", "line"),
    [
        ("ets", 12, "AutoETS(season_length=12).forecast(y=readings, h=3"),
        ("ets", 48, 'MSTL(season_length=48, trend_forecaster=AutoETS(model="ZZN"))'),
        ("arima", 12, "AutoARIMA(season_length=12).forecast(y=np.log(readings), h=3"),
        ("theta", 4, "AutoTheta(season_length=4)"),
        ("last_value", 1, "Naive().forecast"),
    ],
)
def test_a_statistic_is_called_with_statsforecast(name, season_length, line):
    """With logarithms where they were measured with them."""
    assert line in advice.statistic(row(name), series(season_length), 3, (), {})


def test_the_mean_is_made_again_by_the_command():
    """Its shares are named, and the file is read as it was."""
    given = ("--data", "my sales.csv", "--day-first", "--only", "gru")
    text = advice.statistic(row("mean"), series(), 3, given, {"universal": 0.6, "theta": 0.4})
    assert "60% universal, 40% theta" in text
    assert "--data 'my sales.csv' --day-first --only gru --only mean --export none" in text


def test_the_future_begins_after_the_last_reading():
    """A statistic is fitted on all readings; the mean weighs its parts."""
    naive = future.method_of("seasonal_naive", 12, None, None, {})
    forecast = future.forecast("seasonal_naive", naive, series(), 3)
    assert forecast.dates[0] == pd.Timestamp("2020-01-01")
    assert forecast.point == pytest.approx(series().readings[-12:-9])
    assert forecast.lower.shape == forecast.upper.shape == (2, 3)
    both = future.method_of("mean", 12, None, None, {"seasonal_naive": 0.75, "last_value": 0.25})
    mean = future.forecast("mean", both, series(), 1)
    assert mean.point == pytest.approx(0.75 * series().readings[-12] + 0.25 * series().readings[-1])


def test_the_table_fits_a_terminal_and_prints_no_infinity(capsys):
    """80 columns with the longest names; a ratio that is not there is a dash."""
    from training.reporting import tables

    rows = [row("time_distributed", "network", barred="too wide"), row("seasonal_naive")]
    header, cells = ranking_table(Ranking(rows, rows[1], rows[1], "", ""))
    tables.show("title", header, cells)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert cells[0][0] == "  time_distributed*"
    assert cells[1][0] == "→ seasonal_naive"
    assert cells[0][2] == cells[0][4] == "–"
