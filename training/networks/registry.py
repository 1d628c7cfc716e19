"""How layers of ours are registered with Keras, and the steps in which the sentiment network reads a text."""

from typing import Any

import keras

STRIDE = 2  # words per step
WIDTH = 3  # words that the convolution reads at a step


def serializable(name: str | None = None) -> Any:
    """Register a layer with Keras. Pass `name` where saved versions know the layer by another name than its class's."""
    return keras.saving.register_keras_serializable("gatecast", name)
