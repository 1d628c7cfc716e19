"""The forecasters' networks: they learn, give the same result again, form ensembles, and compile to the same function."""

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


def build(name, season_length=12, positive=True):
    from training.forecast.fitting import recipes

    model = recipes.build(recipes.TUNED[name], season_length, 14, 0.1)
    return recipes.in_scaled_units(model, positive)


@pytest.mark.parametrize("season_length", [1, 12])
@pytest.mark.parametrize("positive", [True, False])
def test_every_tuned_network_compiles_to_the_same_function(season_length, positive):
    """Alone and as an ensemble, ONNX computes what Keras does, to the last digits of float32."""
    from training.export.onnx_forecaster import compile_forecaster
    from training.forecast.fitting import recipes
    from training.networks import decomposition

    models = [build(name, season_length, positive) for name in recipes.TUNED]
    for model in models:
        _shake_core(model)
    shape = (7, decomposition.window_of(season_length), 1)
    windows = np.random.default_rng(1).uniform(0.2, 1.2, shape).astype(np.float32)
    for model in (*models, recipes.ensemble(models)):
        run = onnx.session(Path("x"), compile_forecaster(model), 1)
        expected = np.asarray(model(windows))
        assert expected.shape[-1] == 14
        assert np.allclose(run(windows)["output"], expected, atol=1e-5)
        assert np.allclose(run(windows[:1])["output"], expected[:1], atol=1e-5)


def test_an_ensemble_is_the_mean_and_survives_its_export(tmp_path):
    import tensorflow as tf

    from training.forecast.fitting import recipes

    models = [build("gru"), build("time_distributed")]
    ensemble = recipes.ensemble(models)
    windows = np.random.default_rng(1).uniform(0.5, 1, (3, 36, 1)).astype(np.float32)
    mean = (np.asarray(models[0](windows)) + np.asarray(models[1](windows))[:, -1]) / 2
    assert np.allclose(ensemble(windows), mean, atol=1e-6)
    ensemble.export(tmp_path / "ensemble", verbose=False)
    assert np.allclose(tf.saved_model.load(str(tmp_path / "ensemble")).serve(windows).numpy(), mean, atol=1e-5)
    restored = type(ensemble).from_config(ensemble.get_config())
    restored.set_weights(ensemble.get_weights())
    assert np.allclose(restored(windows), mean, atol=1e-6)


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
@pytest.mark.parametrize("offset", [0, 60])
def test_a_fit_learns_and_is_repeatable(name, offset):
    """Both with positive readings and with readings that have no logarithm."""
    from training.forecast.fitting import recipes

    config = replace(recipes.TUNED[name], updates=40)
    fits = [recipes.fit(config, SERIES - offset, 12, 14, seed=1) for _ in range(2)]
    assert len(fits[0].losses) == recipes.EPOCHS
    assert fits[0].losses[-1] < fits[0].losses[0]
    assert fits[0].losses == fits[1].losses
    assert (fits[0].scaler.minimum == 0) == (offset == 0)


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
def test_the_tutorial_recipe_is_the_tutorials_network_and_loop(name):
    """Min-max scaling, mean squared error, plain Adam, windows of 15 in order: the same losses as a loop written out."""
    import keras

    from training.forecast.fitting import recipes, windows
    from training.networks import tutorial

    fitted = recipes.fit_tutorial(replace(recipes.TUTORIAL[name], epochs=2), SERIES, 14, seed=0)
    keras.utils.set_random_seed(0)
    model = tutorial.FORECASTERS[name](15, 14)
    scaled = (SERIES - SERIES.min()) / np.ptp(SERIES)
    x, y = windows.shifted(scaled, 15) if name == "time_distributed" else windows.next_steps(scaled, 15, 1)
    model.compile(optimizer="adam", loss="mse")
    expected = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history["loss"]
    assert fitted.losses == pytest.approx(expected, rel=1e-4)
    assert fitted.validation_losses == []
    assert (fitted.scaler.minimum, fitted.scaler.maximum) == (SERIES.min(), SERIES.max())


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
def test_a_tutorials_validation_set_is_not_trained_on(name):
    """The scaler is fitted on the readings before it, and so are the losses, whatever its readings are."""
    from training.forecast.fitting import recipes

    config = replace(recipes.TUTORIAL[name], epochs=2)
    other = np.concatenate([SERIES[:90], 2 * SERIES[90:]])
    fits = [recipes.fit_tutorial(config, readings, 14, 0, validation_size=20) for readings in (SERIES, other)]
    assert fits[0].losses == fits[1].losses
    assert len(fits[0].validation_losses) == 2
    assert fits[0].validation_losses != fits[1].validation_losses
    assert fits[0].scaler.maximum == SERIES[:90].max()


def test_trend_jitter_takes_the_common_trend_out_of_the_windows():
    """With a jitter of 1, windows of a growing series have a mean trend of 0; with a jitter of 0, their own."""
    from training.forecast.fitting import recipes, windows

    line = 0.01 * np.arange(80.0)
    x, y = windows.next_steps(line, 24, 14)
    config = replace(recipes.TUNED["gru"], updates=200, trend_jitter=1.0)
    drawn, targets = recipes.bootstrap_windows(config, x, y, 0.01, seed=0)
    assert np.diff(drawn, axis=1).mean() == pytest.approx(0, abs=1e-3)
    assert (targets[:, 0] - drawn[:, -1]) == pytest.approx(np.diff(drawn, axis=1)[:, 0])
    unchanged, _ = recipes.bootstrap_windows(replace(config, trend_jitter=0.0), x, y, 0.01, seed=0)
    assert np.diff(unchanged, axis=1).mean() == pytest.approx(0.01)


def test_the_loss_leaves_out_targets_that_are_not_known():
    """It is close to the absolute error, in units of the scale."""
    from training.forecast.fitting import recipes

    loss = recipes.pseudo_huber(scale=2.0)
    actual, forecast = np.array([[40.0, np.nan]], np.float32), np.array([[0.0, 7.0]], np.float32)
    assert float(loss(actual, forecast)) == pytest.approx(20 - recipes.HUBER_DELTA, rel=1e-3)
    assert float(loss(actual[:, 1:], forecast[:, 1:])) == 0


@pytest.mark.parametrize(
    ("readings", "positive"), [([1.0, 2.0], True), ([0.0, 2.0], False), ([0.001, 2.0], False), ([-2.0, -1.0], False)]
)
def test_only_readings_far_enough_from_zero_have_logarithms(readings, positive):
    from training.forecast.fitting import recipes

    assert recipes.is_positive(np.array(readings)) is positive


def _shake_core(model):
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.Sequential):
            shaken(layer)
