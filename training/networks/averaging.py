"""The mean of several networks' weights."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from training.networks import averaging


def mean_weights(networks: Sequence[keras.Model]) -> list[Any]:
    """The means of the weights of networks of one shape; of use where all began at the same (Wortsman et al., 2022)."""
    return [np.mean(weights, axis=0) for weights in zip(*(n.get_weights() for n in networks), strict=True)]


def average(models: Sequence[keras.Model]) -> keras.Model:
    """One network whose weights are the means of the models'."""
    found = keras.models.clone_model(models[0])
    found.set_weights(averaging.mean_weights(models))
    return found
