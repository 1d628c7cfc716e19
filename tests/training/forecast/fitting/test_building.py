"""The tuned networks: they form ensembles, and compile to the same function."""

from pathlib import Path

import numpy as np
import pytest

from service.artifacts import onnx
from tests.fakes import shaken

pytestmark = pytest.mark.slow


def build(name, season_length=12, positive=True):
    from training.forecast.fitting import building, recipes

    model = building.build(recipes.TUNED[name], season_length, 14, 0.1)
    return building.in_scaled_units(model, positive)


@pytest.mark.parametrize("season_length", [1, 12])
@pytest.mark.parametrize("positive", [True, False])
def test_every_tuned_network_compiles_to_the_same_function(season_length, positive):
    """Alone and as an ensemble, ONNX computes what Keras does, to the last digits of float32."""
    from training.export.onnx_forecaster import compile_forecaster
    from training.forecast.fitting import building, recipes
    from training.networks import decomposition

    models = [build(name, season_length, positive) for name in recipes.TUNED]
    for model in models:
        _shake_core(model)
    shape = (7, decomposition.window_of(season_length), 1)
    windows = np.random.default_rng(1).uniform(0.2, 1.2, shape).astype(np.float32)
    for model in (*models, building.ensemble(models)):
        run = onnx.session(Path("x"), compile_forecaster(model), 1)
        expected = np.asarray(model(windows))
        assert expected.shape[-1] == 14
        assert np.allclose(run(windows)["output"], expected, atol=1e-5)
        assert np.allclose(run(windows[:1])["output"], expected[:1], atol=1e-5)


def test_an_ensemble_is_the_mean_and_survives_its_export(tmp_path):
    import tensorflow as tf

    from training.forecast.fitting import building

    models = [build("gru"), build("time_distributed")]
    ensemble = building.ensemble(models)
    windows = np.random.default_rng(1).uniform(0.5, 1, (3, 36, 1)).astype(np.float32)
    mean = (np.asarray(models[0](windows)) + np.asarray(models[1](windows))[:, -1]) / 2
    assert np.allclose(ensemble(windows), mean, atol=1e-6)
    ensemble.export(tmp_path / "ensemble", verbose=False)
    assert np.allclose(tf.saved_model.load(str(tmp_path / "ensemble")).serve(windows).numpy(), mean, atol=1e-5)
    restored = type(ensemble).from_config(ensemble.get_config())
    restored.set_weights(ensemble.get_weights())
    assert np.allclose(restored(windows), mean, atol=1e-6)


def _shake_core(model):
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.Sequential):
            shaken(layer)
