"""The tuned forecasters: what their views may see, and that they train, join, export and compile."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.artifacts import onnx
from tests.fakes import shaken

pytestmark = pytest.mark.slow

MONTHS = np.arange(110)
SERIES = 50 * np.exp(0.002 * MONTHS) + 5 * np.sin(MONTHS * np.pi / 6)
SERIES += np.random.default_rng(3).normal(size=len(SERIES))


@pytest.mark.parametrize("season", [1, 12])
@pytest.mark.parametrize("positive", [True, False])
def test_every_tuned_network_compiles_to_the_same_function(season, positive):
    """Alone and as an ensemble: what Keras computes, to the last digits of float32."""
    from training.export.onnx_forecaster import compile_forecaster
    from training.forecast import recipes
    from training.networks import decomposition

    built = [recipes.build(recipe, season, 14, positive, 0.1) for recipe in recipes.TUNED.values()]
    for model in built:
        _shake_core(model)
    windows = np.random.default_rng(1).uniform(0.2, 1.2, (7, decomposition.window_of(season), 1)).astype(np.float32)
    for model in (*built, recipes.ensemble(built)):
        run = onnx.session(Path("x"), compile_forecaster(model), 1)
        answer = np.asarray(model(windows))
        assert answer.shape[-1] == 14
        assert np.allclose(run(windows)["output"], answer, atol=1e-5)
        assert np.allclose(run(windows[:1])["output"], answer[:1], atol=1e-5)


def test_an_ensemble_is_the_mean_and_survives_its_export(tmp_path):
    import tensorflow as tf

    from training.forecast import recipes

    models = [recipes.build(recipes.TUNED[name], 12, 14, True, 0.1) for name in ("gru", "time_distributed")]
    joined = recipes.ensemble(models)
    windows = np.random.default_rng(1).uniform(0.5, 1, (3, 36, 1)).astype(np.float32)
    mean = (np.asarray(models[0](windows)) + np.asarray(models[1](windows))[:, -1]) / 2
    assert np.allclose(joined(windows), mean, atol=1e-6)
    joined.export(tmp_path / "joined", verbose=False)
    assert np.allclose(tf.saved_model.load(str(tmp_path / "joined")).serve(windows).numpy(), mean, atol=1e-5)
    again = type(joined).from_config(joined.get_config())
    again.set_weights(joined.get_weights())
    assert np.allclose(again(windows), mean, atol=1e-6)


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
@pytest.mark.parametrize("offset", [0, 60])
def test_a_fit_learns_and_is_repeatable(name, offset):
    """Of positive readings, and of such as have no logarithm."""
    from training.forecast import recipes

    recipe = replace(recipes.TUNED[name], updates=40)
    fits = [recipes.fit(recipe, SERIES - offset, 12, 14, seed=1, watched=20) for _ in range(2)]
    assert len(fits[0].losses) == len(fits[0].validation) == fits[0].epochs == 20
    assert fits[0].losses[-1] < fits[0].losses[0]
    assert np.isfinite(fits[0].validation).all()
    assert fits[0].losses == fits[1].losses
    assert (fits[0].scaler.minimum == 0) == (offset == 0)


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
def test_the_tutorials_recipe_is_the_tutorials_network_and_loop(name):
    """Min-max scaling, mean squared error, plain Adam, windows of 15 in order: the same losses as a loop written out."""
    import keras

    from training.forecast import recipes, windows
    from training.networks import tutorial

    ours = recipes.fit(replace(recipes.TUTORIAL[name], epochs=2), SERIES, 12, 14, seed=0)
    keras.utils.set_random_seed(0)
    model = tutorial.FORECASTERS[name](15, 14)
    scaled = (SERIES - SERIES.min()) / np.ptp(SERIES)
    x, y = windows.shifted(scaled, 15) if name == "time_distributed" else windows.next_steps(scaled, 15, 1)
    model.compile(optimizer="adam", loss="mse")
    theirs = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history["loss"]
    assert ours.losses == pytest.approx(theirs, rel=1e-4)
    assert (ours.scaler.minimum, ours.scaler.maximum) == (SERIES.min(), SERIES.max())


def test_drift_makes_growth_a_matter_of_the_window():
    """Windows of a growing series, drawn with drift 1, have a mean growth of nought; without it, their own."""
    from training.forecast import recipes, windows

    line = 0.01 * np.arange(80.0)
    x, y = windows.next_steps(line, 24, 14)
    recipe = replace(recipes.TUNED["gru"], updates=200, drift=1.0)
    grown, after = recipes.bootstrap_windows(recipe, x, y, 0.01, seed=0)
    assert np.diff(grown, axis=1).mean() == pytest.approx(0, abs=1e-3)
    assert (after[:, 0] - grown[:, -1]) == pytest.approx(np.diff(grown, axis=1)[:, 0])
    still, _ = recipes.bootstrap_windows(replace(recipe, drift=0.0), x, y, 0.01, seed=0)
    assert np.diff(still, axis=1).mean() == pytest.approx(0.01)


def _shake_core(model):
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.Sequential):
            shaken(layer)
