"""The network of any series: an encoder over the readings, a decoder over the steps, nine quantiles."""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from service.forecast.context_features import QUANTILES, READING_FEATURES, STEP_FEATURES
from service.interfaces import Inputs

NAME = "universal"
UNITS = 128


class Batch(NamedTuple):
    """`readings` (128, time, 7), `steps` (128, steps, 18), `target` (128, steps) in units of the scale."""

    readings: Inputs
    steps: Inputs
    target: Inputs


def network(units: int = UNITS) -> keras.Model:
    """(batch, time, 7) and (batch, steps, 18) → (batch, steps, 9)."""
    readings = keras.Input((None, READING_FEATURES), name="readings")
    steps = keras.Input((None, STEP_FEATURES), name="steps")
    hidden = layers.GRU(units, return_sequences=True, use_cudnn=False, name="encoder_1")(readings)
    state = layers.GRU(units, use_cudnn=False, name="encoder_2")(hidden)
    ahead = layers.GRU(units, return_sequences=True, use_cudnn=False, name="decoder")(steps, initial_state=state)
    ahead = layers.Concatenate(name="beside")([ahead, steps])
    ahead = layers.Dense(units, activation="relu", name="mixing")(ahead)
    output = layers.Dense(len(QUANTILES), kernel_initializer="zeros", name="quantiles")(ahead)
    return keras.Model([readings, steps], output, name="universal")


@keras.saving.register_keras_serializable("gatecast")  # type: ignore[untyped-decorator]
def pinball(target: object, output: object) -> object:
    """Mean pinball loss (Koenker and Bassett, 1978), twice, so that at the median it is the absolute error."""
    ops = keras.ops
    levels = ops.convert_to_tensor(np.array(QUANTILES, np.float32))
    error = ops.expand_dims(target, -1) - output
    return 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)
