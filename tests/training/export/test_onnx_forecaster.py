"""Forecasters as ONNX: the same function as in Keras, and a refusal that names what cannot be converted."""

from pathlib import Path

import numpy as np
import pytest

from service.artifacts import onnx
from service.forecast.features.context_features import READING_FEATURES, STEP_FEATURES
from tests.fakes import shaken

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["simple_rnn", "lstm", "lstm14", "time_distributed", "gru"])
def test_every_forecaster_compiles_to_the_same_function(name):
    """With random weights and biases, for any batch: the output of Keras, to the last digits of float32."""
    from training.export.onnx_forecaster import compile_forecaster
    from training.networks import tutorial

    model = shaken(tutorial.FORECASTERS[name](15, 14))
    run = onnx.session(Path("x"), compile_forecaster(model), 1)
    windows = np.random.default_rng(1).normal(size=(7, 15, 1)).astype(np.float32)
    assert np.allclose(run(windows)["output"], model(windows), atol=1e-5)
    assert np.allclose(run(windows[:1])["output"], model(windows[:1]), atol=1e-5)


def test_the_universal_network_compiles_to_the_same_function():
    from training.export.onnx_forecaster import compile_universal
    from training.networks.universal import network

    model = shaken(network(units=4))
    run = onnx.session(Path("x"), compile_universal(model), 1)
    rng = np.random.default_rng(1)
    for rows, time, steps in ((3, 9, 5), (1, 4, 1)):
        readings = rng.normal(size=(rows, time, READING_FEATURES)).astype(np.float32)
        features = rng.normal(size=(rows, steps, STEP_FEATURES)).astype(np.float32)
        assert np.allclose(run(readings, features)["output"], model([readings, features]), atol=1e-5)


def test_layers_of_a_functional_model_compile_to_the_same_function():
    """Those that the tuned forecasters are built with: fixed projections, logarithms, an average of two networks."""
    import keras
    from keras import layers

    from training.export.onnx_forecaster import compile_forecaster
    from training.networks.decomposition import Exp, FixedProjection, Log

    window = keras.Input((6, 1), name="window")
    values = Log()(layers.Reshape((6,))(window))
    cells = keras.Sequential([keras.Input((6, 1)), layers.GRU(3, return_sequences=True, use_cudnn=False)])
    states = layers.Reshape((3,))(layers.Cropping1D((5, 0))(cells(layers.Reshape((6, 1))(values))))
    base = FixedProjection.of(np.random.default_rng(0).normal(size=(6, 3)))(layers.Rescaling(0.5, 0.1)(values))
    inner = keras.Model(window, layers.Add()([states, base]))
    model = keras.Model(window, Exp()(layers.Average()([inner(window), inner(window)])))
    run = onnx.session(Path("x"), compile_forecaster(model), 1)
    windows = np.random.default_rng(1).uniform(0.2, 1.2, (4, 6, 1)).astype(np.float32)
    assert np.allclose(run(windows)["output"], model(windows), atol=1e-5)


def test_what_has_no_onnx_form_is_named():
    import keras
    from keras import layers

    from training.export.onnx_forecaster import compile_forecaster
    from training.export.onnx_graph import CannotCompile

    window = keras.Input((5, 1))
    refused = {
        "Conv1D": [layers.Conv1D(2, 3), layers.GRU(2), layers.Dense(1)],
        "is not one that the fused operators compute": [layers.LSTM(2, activation="relu"), layers.Dense(1)],
        "resets before its matrix product": [layers.GRU(2, reset_after=False), layers.Dense(1)],
        "has the activation selu": [layers.GRU(2), layers.Dense(1, activation="selu")],
    }
    for reason, stack in refused.items():
        with pytest.raises(CannotCompile, match=reason):
            compile_forecaster(keras.Sequential([keras.Input((5, 1)), *stack]))
    for reason, layer in (("Cropping1D|crops the end", layers.Cropping1D((1, 1))), ("Permute", layers.Permute((2, 1)))):
        with pytest.raises(CannotCompile, match=reason):
            compile_forecaster(keras.Model(window, layer(window)))
