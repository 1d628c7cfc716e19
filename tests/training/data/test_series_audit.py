"""What is said of a series before anything is learnt from it, and how gaps are filled when that is asked for."""

import numpy as np
import pandas as pd
import pytest

from training.data.series import read_series
from training.data.series_audit import remarks
from training.data.tables import DataError


def written(tmp_path, values, frequency="MS", drop=()):
    dates = pd.date_range("2010-01-01", periods=len(values), freq=frequency).strftime("%Y-%m-%d")
    table = pd.DataFrame({"date": dates, "value": values}).drop(index=list(drop))
    table.to_csv(tmp_path / "series.csv", index=False)
    return tmp_path / "series.csv"


WAVE = 50 + 10 * np.sin(np.arange(96) * np.pi / 6) + np.random.default_rng(0).normal(size=96)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v, "season 12"),
        (lambda v: v[:30], "short: 30 readings hold 2.5 seasons"),
        (lambda v: 0 * v + 3, "constant"),
        (lambda v: np.concatenate([v[:40], np.full(20, 44.0), v[60:]]), "20 equal readings in a row (44) from 2013-05"),
        (lambda v: v - 50, "negative readings"),
        (lambda v: np.where(np.arange(96) == 50, 0.0, v), "1 readings are 0"),
        (lambda v: np.where(np.arange(96) == 50, 400.0, v), "jump far off the season before: 2014-03-01"),
        (lambda v: v + 2 * np.arange(96), "lies outside the range before it"),
        (lambda v: np.random.default_rng(1).normal(size=96), "no season of 12 stands out"),
    ],
)
def test_what_makes_a_forecast_hard_is_said(tmp_path, change, said):
    assert said in "\n".join(remarks(read_series(written(tmp_path, change(WAVE)))))


def test_a_quiet_series_gets_no_alarm(tmp_path):
    assert len(remarks(read_series(written(tmp_path, WAVE)))) == 2


def test_gaps_are_filled_only_when_asked(tmp_path):
    values = WAVE.copy()
    values[[0, 10, 95]] = np.nan
    path = written(tmp_path, values, drop=[20, 21])
    with pytest.raises(DataError, match="--fill"):
        read_series(path)
    series = read_series(path, fill=True)
    assert (len(series.readings), series.cut, series.filled.sum()) == (94, 2, 3)
    assert series.readings[9] == pytest.approx((WAVE[9] + WAVE[11]) / 2)
    assert np.flatnonzero(series.filled).tolist() == [9, 19, 20]
    said = "\n".join(remarks(series))
    assert "2 missing readings at the ends were cut off" in said
    assert "3 missing readings were interpolated: 2010-11-01" in said


def test_a_series_with_too_many_gaps_is_refused(tmp_path):
    values = WAVE.copy()
    values[5:90:3] = np.nan
    with pytest.raises(DataError, match="20% can be interpolated"):
        read_series(written(tmp_path, values), fill=True)


def test_a_season_that_is_given_is_taken(tmp_path):
    assert read_series(written(tmp_path, WAVE), season=6).season == 6
