"""Classical seasonal decomposition: a centred moving average is the trend, the means of the rest are the season."""

from typing import NamedTuple

import numpy as np

from ..interfaces import Array

SHORTEST_SEASON = 4
CRITICAL = 1.6448536269514722  # the 95 % quantile of the normal distribution
LEAST_FACTOR = 0.01  # a smaller multiplicative season would blow readings up


class Decomposition(NamedTuple):
    """The season of readings: terms or factors (season_length,), by the position of the first reading after them."""

    season: Array
    is_multiplicative: bool

    def ahead(self, steps: int) -> Array:
        """Return the season of the next readings."""
        return self.season[np.arange(steps) % len(self.season)]

    def adjust(self, values: Array) -> Array:
        """Return the readings without the season."""
        season = self.season[np.arange(-len(values), 0) % len(self.season)]
        return values / season if self.is_multiplicative else values - season

    def restore(self, values: Array) -> Array:
        """Return adjusted next readings with the season."""
        season = self.ahead(len(values))
        return values * season if self.is_multiplicative else values + season


def decompose(values: Array, season_length: int) -> Decomposition | None:
    """Return the season of readings (time,) without gaps, or None if they do not show it.

    It is multiplicative where every reading is positive, unless a factor comes too close to 0.
    """
    if not has_season(values, season_length):
        return None
    is_multiplicative = bool(values.min() > 0)
    season = seasonal_indices(values, season_length, is_multiplicative)
    if is_multiplicative and (season < LEAST_FACTOR).any():
        is_multiplicative, season = False, seasonal_indices(values, season_length, False)
    return Decomposition(season, is_multiplicative)


def has_season(values: Array, season_length: int) -> bool:
    """Whether the autocorrelation at the season is significant, given those before it (Fiorucci et al., 2016)."""
    if season_length < SHORTEST_SEASON or len(values) < 2 * season_length:
        return False
    centred = values - values.mean()
    centred = centred / max(float(np.abs(centred).max()), 1e-300)
    variance = float(centred @ centred)
    if variance == 0:
        return False
    lags = range(1, season_length + 1)
    correlations = np.array([float(centred[lag:] @ centred[:-lag]) for lag in lags]) / variance
    limit = CRITICAL * np.sqrt((1 + 2 * np.sum(correlations[:-1] ** 2)) / len(values))
    return bool(abs(correlations[-1]) > limit)


def seasonal_indices(values: Array, season_length: int, is_multiplicative: bool) -> Array:
    """Return the mean deviation from the trend, or ratio to it, of each position: the first one follows the readings.

    The terms have mean 0, the factors 1.
    """
    weights = np.ones(season_length + 1 - season_length % 2)
    if season_length % 2 == 0:
        weights[[0, -1]] = 0.5
    trend = np.convolve(values, weights / season_length, mode="valid")
    half = len(weights) // 2
    inner = values[half : half + len(trend)]
    rest = inner / trend if is_multiplicative else inner - trend
    position = (np.arange(half, half + len(trend)) - len(values)) % season_length
    means: Array = np.bincount(position, rest, season_length) / np.bincount(position, minlength=season_length)
    season: Array = means / means.mean() if is_multiplicative else means - means.mean()
    return season
