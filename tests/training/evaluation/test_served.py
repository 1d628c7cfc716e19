"""Served forecasters as methods of a backtest."""

import numpy as np
import pytest

from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from tests.processes import ROOT, UNIVERSAL
from training.evaluation import served


@pytest.fixture
def models(tmp_path):
    for name in ("gru/1", "gru/2", "lstm/1"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_a_name_means_its_newest_version(models):
    assert served.versions(models, "gru,lstm/1,gru/1") == [models / "gru/2", models / "lstm/1", models / "gru/1"]
    assert served.versions(models, "none") == served.versions(models, "") == []


@pytest.mark.parametrize("word", ["prophet", "gru/3"])
def test_a_version_that_is_not_there_is_named(models, word):
    with pytest.raises(ValueError, match=f"holds no '{word}'"):
        served.versions(models, f"gru,{word}")


def test_a_forecaster_is_called_in_batches_and_missing_readings_are_none():
    """The fake forecasts the last reading plus ten and has no calibration, so no intervals."""
    sizes = []
    forecaster = WindowForecaster(fakes.forecast_bundle())
    predict = forecaster.predict
    forecaster.predict = lambda prepared: sizes.append(len(prepared)) or predict(prepared)
    histories = [np.linspace(20, 60, 30) for _ in range(served.BATCH + 3)]
    histories[0][10] = np.nan
    predictions = served.as_method(forecaster, 12)(histories, 2, [95, 80])
    assert sizes == [served.BATCH, 3]
    assert predictions.point.shape == (served.BATCH + 3, 2)
    assert predictions.point[1].tolist() == pytest.approx([70, 80], abs=1e-3)
    assert predictions.levels == ()
    assert predictions.lower.shape == (0, served.BATCH + 3, 2)


def test_a_shipped_version_answers_with_the_levels_that_it_has_in_order():
    method = served.load_method(UNIVERSAL, 12)
    history = 100 + 10 * np.sin(np.arange(60) * np.pi / 6)
    predictions = method([history, history[:40]], 3, [95, 80, 99.9])
    assert predictions.levels == (80, 95)
    assert predictions.lower.shape == predictions.upper.shape == (2, 2, 3)
    assert (predictions.lower[1] <= predictions.lower[0]).all()
    assert (predictions.lower <= predictions.point).all()


def test_a_classifier_is_no_method(monkeypatch):
    monkeypatch.setattr("service.artifacts.bundle.load", lambda path, backend: None)
    monkeypatch.setattr(served, "load_predictor", lambda loaded: object())
    with pytest.raises(ValueError, match="is no forecaster"):
        served.load_method(ROOT / "models" / "sentiment" / "4", 12)
