"""The plots: each writes one PNG, also at the edges of what it is given."""

import numpy as np
import pandas as pd
import pytest

from training.evaluation import baselines, rolling
from training.reporting import plots

READINGS = 50 + 10 * np.sin(np.arange(60) * np.pi / 6) + np.random.default_rng(0).normal(size=60)
DATES = pd.date_range("2015-01-01", periods=60, freq="MS")


@pytest.fixture
def path(tmp_path):
    """A file in a directory that is not there yet."""
    file = tmp_path / "pictures" / "plot.png"
    yield file
    assert file.read_bytes().startswith(b"\x89PNG")


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


@pytest.mark.parametrize("plot", ["reliability", "selective"])
def test_probabilities_of_a_classifier(path, plot):
    rng = np.random.default_rng(0)
    probabilities = rng.random(200)
    labels = (rng.random(200) < probabilities).astype(int)
    first = {"reliability": "calibration", "selective": 0.8}[plot]
    getattr(plots, plot)(path, first, labels, probabilities)
