"""Grades as probabilities of negative, neutral and positive.

- The mean of many ratings from -4 to 4: the share of a normal distribution around it below -0.5, within, and above 0.5. Its
  deviation of 0.5 lies between that of single raters, about 1, and that of the mean of 20 of them, about 0.2.
- Five levels (SST) and stars: the tables below, between which whole and half levels are interpolated.
- Everything else: 1 for the label. Labels are not smoothed here; the `quality` of a set says how much they could be.
"""

from math import sqrt
from typing import Final

import numpy as np
from scipy.special import erf

from service.interfaces import Array, Inputs, Labels

RATING_LIMIT = 0.5  # nearer to 0 is neutral
RATING_DEVIATION = 0.5
LEVELS: Final = np.array(
    [[0.95, 0.05, 0.0], [0.75, 0.23, 0.02], [0.1, 0.8, 0.1], [0.02, 0.23, 0.75], [0.0, 0.05, 0.95]]
)
STARS: Final = np.array([[0.95, 0.05, 0.0], [0.8, 0.17, 0.03], [0.2, 0.6, 0.2], [0.03, 0.17, 0.8], [0.0, 0.05, 0.95]])


def from_labels(labels: Labels) -> Inputs:
    """Return 1 for the class of each label, 0 for the others: (texts, 3)."""
    return np.eye(3, dtype=np.float32)[labels]


def from_ratings(means: Array) -> Inputs:
    """Return targets (texts, 3) of mean ratings from -4 to 4."""
    below, up_to = (_normal((limit - means) / RATING_DEVIATION) for limit in (-RATING_LIMIT, RATING_LIMIT))
    return np.stack([below, up_to - below, 1 - up_to], axis=1).astype(np.float32)


def from_levels(levels: Array) -> Inputs:
    """Return targets (texts, 3) of levels from 0, very negative, to 4, very positive."""
    return _interpolate(levels, LEVELS)


def from_stars(stars: Array) -> Inputs:
    """Return targets (texts, 3) of 1 to 5 stars."""
    return _interpolate(stars - 1, STARS)


def _interpolate(levels: Array, table: Array) -> Inputs:
    columns = [np.interp(levels, np.arange(len(table)), column) for column in table.T]
    return np.stack(columns, axis=1).astype(np.float32)


def _normal(values: Array) -> Array:
    """The distribution function of the standard normal distribution."""
    return np.asarray(0.5 * (1 + erf(values / sqrt(2))), np.float64)
