"""A network beside the forecaster of any series, on the same origins."""

import numpy as np
import pytest

from tests.processes import ROOT
from training.forecast.comparison import AnySeries, compare, measure_any_series, verdict

SERIES = 100 + 10 * np.sin(np.arange(150) * np.pi / 6)


def test_errors_are_pooled_by_step_without_unknown_readings():
    any_series = AnySeries("universal/1", np.array([[2.0, 2.0], [2.0, np.nan]]), np.array([[4.0, 8.0], [4.0, np.nan]]))
    compared = compare(np.array([[3.0, 1.0, 9.0], [4.0, np.nan, 9.0]]), any_series)
    assert compared.model_rmse == pytest.approx([12.5**0.5, 1.0])
    assert (compared.any_series_rmse, compared.baseline_rmse) == ([2.0, 2.0], [4.0, 8.0])
    assert (compared.any_series, compared.origins) == ("universal/1", 2)


def test_the_verdict_says_whether_the_network_answers_unasked():
    any_series = AnySeries("universal/1", np.array([[2.0]]), np.array([[4.0]]))
    better, worse = (compare(np.array([[error]]), any_series) for error in (1.0, 3.0))
    assert verdict("a", better) == "'a' will answer unasked: its RMSE is 0.500 times that of universal/1"
    assert "will not answer unasked: its RMSE is 1.500" in verdict("a", worse)
    assert "there was none to compare it with" in verdict("a", None)


def test_without_a_forecaster_of_any_series_there_is_nothing_to_compare_with(tmp_path):
    assert measure_any_series(tmp_path, SERIES, [(100, 120)], 3, 12) is None


def test_every_origin_of_a_part_forecasts_up_to_the_parts_end():
    any_series = measure_any_series(ROOT / "models", SERIES, [(100, 103), (120, 124)], 2, 12)
    assert any_series is not None
    assert any_series.name.startswith("universal/")
    assert any_series.errors.shape == any_series.naive_errors.shape == (7, 2)
    assert np.isnan(any_series.errors[:, 1]).tolist() == [False, False, True, False, False, False, True]
    assert np.nanmax(np.abs(any_series.errors)) < 5
