"""The mean of several networks' weights (Wortsman et al., 2022, arXiv 2203.05482)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


def mean_weights(networks: Sequence[keras.Model]) -> list[Any]:
    """Return the mean of each weight over networks of one architecture; useful where all had the same start."""
    return [np.mean(weights, axis=0) for weights in zip(*(n.get_weights() for n in networks), strict=True)]


def average(networks: Sequence[keras.Model]) -> keras.Model:
    """Return a new network whose weights are the means of the networks' weights."""
    averaged = keras.models.clone_model(networks[0])
    averaged.set_weights(mean_weights(networks))
    return averaged
