"""The tutorial's networks are trained as in the tutorial."""

from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.slow

MONTHS = np.arange(110)
SERIES = 50 * np.exp(0.002 * MONTHS) + 5 * np.sin(MONTHS * np.pi / 6)
SERIES += np.random.default_rng(3).normal(size=len(SERIES))


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
def test_the_tutorial_recipe_is_the_tutorials_network_and_loop(name):
    """Min-max scaling, mean squared error, plain Adam, windows of 15 in order: the same losses as a loop written out."""
    import keras

    from training.forecast.fitting import recipes, tutorial_training, windows
    from training.networks import tutorial

    fitted = tutorial_training.fit_tutorial(replace(recipes.TUTORIAL[name], epochs=2), SERIES, 14, seed=0)
    keras.utils.set_random_seed(0)
    model = tutorial.FORECASTERS[name](15, 14)
    scaled = (SERIES - SERIES.min()) / np.ptp(SERIES)
    x, y = windows.shifted(scaled, 15) if name == "time_distributed" else windows.next_steps(scaled, 15, 1)
    model.compile(optimizer="adam", loss="mse")
    expected = model.fit(x, y, batch_size=32, epochs=2, verbose=0).history["loss"]
    assert fitted.losses == pytest.approx(expected, rel=1e-4)
    assert fitted.validation_losses == []
    assert (fitted.scaler.minimum, fitted.scaler.maximum) == (SERIES.min(), SERIES.max())


def one_layer(window, steps):
    """A small network with a forecast at every position, as `time_distributed` has."""
    from keras import Input, Sequential, layers

    return Sequential([Input((window, 1)), layers.SimpleRNN(3, return_sequences=True), layers.Dense(1)])


@pytest.mark.parametrize("name", ["simple_rnn", "time_distributed"])
def test_a_tutorials_validation_set_is_not_trained_on(name, monkeypatch):
    """The scaler is fitted on the readings before it, and so are the losses, whatever its readings are."""
    from training.forecast.fitting import recipes, tutorial_training
    from training.networks import tutorial

    monkeypatch.setitem(tutorial.FORECASTERS, "time_distributed", one_layer)
    config = replace(recipes.TUTORIAL[name], epochs=2)
    other = np.concatenate([SERIES[:90], 2 * SERIES[90:]])
    fits = [tutorial_training.fit_tutorial(config, readings, 14, 0, validation_size=20) for readings in (SERIES, other)]
    assert fits[0].losses == fits[1].losses
    assert len(fits[0].validation_losses) == 2
    assert fits[0].validation_losses != fits[1].validation_losses
    assert fits[0].scaler.maximum == SERIES[:90].max()
