"""Remarks on a series before training."""

import numpy as np
import pandas as pd
import pytest

from tests.csv_files import write_table
from training.data.options import SeriesOptions
from training.data.series import read_series
from training.data.series_audit import remarks

WAVE = 50 + 10 * np.sin(np.arange(96) * np.pi / 6) + np.random.default_rng(0).normal(size=96)


def read(directory, values, missing_dates=(), **options):
    dates = pd.date_range("2010-01-01", periods=len(values), freq="MS").strftime("%Y-%m-%d")
    table = pd.DataFrame({"date": dates, "value": values}).drop(index=list(missing_dates))
    return read_series(write_table(directory, table), SeriesOptions(**options))


@pytest.mark.parametrize(
    ("change", "remark"),
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
def test_what_makes_a_forecast_hard_is_remarked(tmp_path, change, remark):
    assert remark in "\n".join(remarks(read(tmp_path, change(WAVE))))


def test_another_season_in_the_readings_is_remarked(tmp_path):
    weekly = 50 + 10 * np.sin(np.arange(96) * 2 * np.pi / 7)
    assert "the readings repeat every 7, the season is taken to be 12; --season 7" in "\n".join(
        remarks(read(tmp_path, weekly))
    )


def test_a_season_inside_the_given_one_is_not_remarked(tmp_path):
    assert "repeat" not in "\n".join(remarks(read(tmp_path, WAVE, season_length=24)))


def test_a_regular_series_gets_no_warning(tmp_path):
    assert len(remarks(read(tmp_path, WAVE))) == 2


def test_interpolated_and_trimmed_readings_are_counted(tmp_path):
    values = WAVE.copy()
    values[[0, 10, 95]] = np.nan
    text = "\n".join(remarks(read(tmp_path, values, missing_dates=[20, 21], fill=True)))
    assert "2 missing readings at the ends were cut off" in text
    assert "3 missing readings were interpolated: 2010-11-01" in text
