"""The network for any series: an encoder over the readings, a decoder over the steps, nine quantiles."""

import keras
import numpy as np
from keras import layers

from service.forecast.context_features import QUANTILES, READING_FEATURES, STEP_FEATURES

NAME = "universal"
UNITS = 128


def network(units: int = UNITS) -> keras.Model:
    """Build the network: `readings` (batch, time, 7) and `steps` (batch, steps, 18) → (batch, steps, 9)."""
    readings = keras.Input((None, READING_FEATURES), name="readings")
    steps = keras.Input((None, STEP_FEATURES), name="steps")
    hidden = layers.GRU(units, return_sequences=True, use_cudnn=False, name="encoder_1")(readings)
    state = layers.GRU(units, use_cudnn=False, name="encoder_2")(hidden)
    decoded = layers.GRU(units, return_sequences=True, use_cudnn=False, name="decoder")(steps, initial_state=state)
    decoded = layers.Concatenate(name="beside")([decoded, steps])
    decoded = layers.Dense(units, activation="relu", name="mixing")(decoded)
    output = layers.Dense(len(QUANTILES), kernel_initializer="zeros", name="quantiles")(decoded)
    return keras.Model([readings, steps], output, name="universal")


@keras.saving.register_keras_serializable("gatecast")  # type: ignore[untyped-decorator]
def pinball(target: object, output: object) -> object:
    """Twice the mean pinball loss (Koenker and Bassett, 1978), so that at the median it is the absolute error.

    `target` is (batch, steps), `output` (batch, steps, 9) and the loss (batch, steps).
    """
    ops = keras.ops
    levels = ops.convert_to_tensor(np.array(QUANTILES, np.float32))
    error = ops.expand_dims(target, -1) - output
    return 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)
