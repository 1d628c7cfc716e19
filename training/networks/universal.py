"""The network for any series: an encoder over the readings, a decoder over the steps, nine quantiles.

The encoder reads blocks of the history, oldest first. The decoder reads what simple forecasts give for each step. Its
head adds them up with weights that it chooses for every step (a learnt combination of forecasts, Bates and Granger,
1969), and adds quantiles of its own, times a width.
"""

from typing import Any

import keras
import numpy as np
from keras import layers

from service.forecast.features.context_features import QUANTILES, READING_FEATURES, SIMPLE_FORECASTS, STEP_FEATURES

NAME = "universal"
UNITS = 112
MIXING_UNITS = 128
LAYERS = (
    "GRU(112) → GRU(112) over blocks of the readings; GRU(112) over simple forecasts of the steps → Dense(128, relu) → "
    "weights of the simple forecasts, and 9 quantiles"
)
MAX_ARCSINH = 6.0  # of a simple forecast, about 200 units of the scale
MAX_LOG_WIDTH = 4.0


def network(units: int = UNITS) -> keras.Model:
    """Build the network: `readings` (batch, blocks, 10) and `steps` (batch, steps, 41) → (batch, steps, 9)."""
    readings = keras.Input((None, READING_FEATURES), name="readings")
    steps = keras.Input((None, STEP_FEATURES), name="steps")
    hidden = layers.GRU(units, return_sequences=True, use_cudnn=False, name="encoder_1")(readings)
    state = layers.GRU(units, use_cudnn=False, name="encoder_2")(hidden)
    decoded = layers.GRU(units, return_sequences=True, use_cudnn=False, name="decoder")(steps, initial_state=state)
    decoded = layers.Concatenate(name="beside")([decoded, steps])
    decoded = layers.Dense(MIXING_UNITS, activation="relu", name="mixing")(decoded)
    gates = layers.Dense(SIMPLE_FORECASTS, activation="tanh", kernel_initializer="zeros", name="gates")(decoded)
    width = layers.Dense(1, kernel_initializer="zeros", name="width")(decoded)
    own = layers.Dense(len(QUANTILES), kernel_initializer="zeros", name="quantiles")(decoded)
    output = Combination(name="combination")([steps, gates, width, own])
    return keras.Model([readings, steps], output, name="universal")


@keras.saving.register_keras_serializable("gatecast")
class Combination(layers.Layer):  # type: ignore[misc]
    """Simple forecasts weighted by gates, plus quantiles times the exponential of a width.

    Takes `steps` (…, 41), whose first `SIMPLE_FORECASTS` features are hyperbolic arcsines of simple forecasts, `gates`
    (…, 21), `width` (…, 1) and `own` (…, 9), and gives (…, 9).
    """

    def call(self, inputs: Any) -> Any:
        steps, gates, width, own = inputs
        ops = keras.ops
        simple = ops.sinh(ops.clip(steps[..., :SIMPLE_FORECASTS], -MAX_ARCSINH, MAX_ARCSINH))
        point = ops.sum(gates * simple, axis=-1, keepdims=True)
        return point + ops.exp(ops.clip(width, -MAX_LOG_WIDTH, MAX_LOG_WIDTH)) * own


@keras.saving.register_keras_serializable("gatecast")  # type: ignore[untyped-decorator]
def pinball(target: object, output: object) -> object:
    """Twice the mean pinball loss (Koenker and Bassett, 1978), so that at the median it is the absolute error.

    `target` is (batch, steps), `output` (batch, steps, 9) and the loss (batch, steps).
    """
    ops = keras.ops
    levels = ops.convert_to_tensor(np.array(QUANTILES, np.float32))
    error = ops.expand_dims(target, -1) - output
    return 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)
