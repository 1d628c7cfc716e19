"""The plots: each writes one PNG or SVG, also at the edges of what it is given."""

import numpy as np
import pandas as pd
import pytest

from training.evaluation import baselines, rolling
from training.reporting import plots

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
