"""The universal network as a version: a tiny one is exported and verified, and the shipped one is calibrated."""

import numpy as np
import pytest

from service.artifacts import bundle
from service.artifacts.golden import verify
from service.forecast.context_forecaster import ContextForecaster
from service.predictors import load_predictor
from tests.fakes import shaken
from tests.processes import UNIVERSAL
from training.universal import synthetic
from training.universal.batches import BATCH


@pytest.mark.slow
def test_a_tiny_network_becomes_a_version_with_its_own_figures(tmp_path):
    from training.networks import universal
    from training.universal.export import HeldOut, export

    model = shaken(universal.network(units=4))
    path = export(model, seed=5, steps=3, models_dir=tmp_path, held_out_batches=2)
    assert path == tmp_path / "universal" / "1"
    loaded = bundle.load(path, backend="onnx")
    verify(load_predictor(loaded), loaded.golden, "universal")
    card = loaded.card
    assert card.parameters == model.count_params()
    assert [(split.name, split.rows) for split in card.splits] == [
        ("train", 3 * BATCH),
        ("held-out synthetic", 2 * BATCH),
    ]
    held_out = HeldOut(model, 6, 2)
    error = np.abs(held_out.median - held_out.actual)[:, :14].mean()
    assert card.scores[1].metrics["mase"] == pytest.approx(error, rel=1e-4)
    assert len(card.step_errors.model_rmse) == len(card.calibration.scores) == card.max_horizon


@pytest.mark.slow
def test_the_naive_forecast_of_held_out_series_is_the_seasonal_one():
    """It is measured in units of the mean seasonal difference, so its error is about one."""
    from training.networks import universal
    from training.universal.export import HeldOut

    held_out = HeldOut(universal.network(units=4), 0, 2)
    assert held_out.actual.shape == held_out.naive.shape == (2 * BATCH, 64)
    assert 0.3 < np.median(np.abs(held_out.actual - held_out.naive)[:, :4].mean(axis=1)) < 3


def test_intervals_of_the_shipped_network_cover_what_they_state():
    """Two hundred new synthetic series: 80 % intervals cover 70 to 90 % of the readings."""
    forecaster = ContextForecaster(bundle.load(UNIVERSAL, backend="onnx"))
    rng = np.random.default_rng(99)
    coverage = []
    for season_length in (1, 4, 12, 7):
        for row in synthetic.sample(rng, 50, 110, season_length):
            prepared = forecaster.prepare(row[:96].tolist(), horizon=14, levels=[80], season=season_length)
            (interval,) = forecaster.predict([prepared])[0].intervals
            coverage.append(np.mean((row[96:] >= interval.lower) & (row[96:] <= interval.upper)))
    assert 0.7 < np.mean(coverage) < 0.9
