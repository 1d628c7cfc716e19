"""Exponential smoothing with many parameters at once, weighted by how well each would have forecast the row so far.

Simple smoothing is the level of the theta method (Hyndman and Billah, 2003); Holt's smoothing with a damped trend is of
Gardner and McKenzie (1985). Each is a linear filter, so that all one-step errors are the product of the readings and a
matrix.
"""

import functools
from typing import NamedTuple

import numpy as np

from service.interfaces import Array, Inputs, Mask

WINDOW = 128  # readings that are smoothed
SIMPLE = (0.06, 0.13, 0.27, 0.5, 0.75, 1.0)  # rates of the level
DAMPED = ((0.25, 0.1, 0.95), (0.55, 0.15, 0.9), (0.95, 0.4, 0.85))  # rates of level and trend, damping
LINEAR = ((0.15, 0.05, 1.0), (0.4, 0.1, 1.0), (0.8, 0.2, 1.0))
FILTERS = (*((rate, 0.0, 1.0) for rate in SIMPLE), *DAMPED, *LINEAR)
_SIMPLE, _DAMPED = slice(0, len(SIMPLE)), slice(len(SIMPLE), len(SIMPLE) + len(DAMPED))
_TRENDED = slice(len(SIMPLE), len(FILTERS))
ERROR_DECAY = 0.985  # the weight of a one-step error over the weight of the next one
_DECAYS = ERROR_DECAY ** np.arange(WINDOW - 1, -1, -1.0)
MIN_ERROR = 1e-4  # of a filter, in units of the scale: smaller ones are rounding
MAX_EVIDENCE = 40.0  # one-step errors that count, at most, where filters are weighted
MAX_STEPS = 64
_GROWTH = np.cumsum(np.array([phi for _, _, phi in FILTERS])[:, None] ** np.arange(1, MAX_STEPS + 1), axis=1)
LEVEL_RATES = (0.05, 0.5, 1.0)
SLOPE_RATES = (0.3, 0.1, 0.02, 0.0)


class Smoothed(NamedTuple):
    """What smoothing says of rows at their end.

    level: (rows, 1) of simple smoothing; levels: (rows, 3) of fixed rates; slopes: (rows, 4) per step, by weighted least
    squares; drift: (rows, 1), half the slope of all readings, as in the theta method; errors: (rows, 2) mean absolute
    one-step errors of the best simple and the best trended filters; rate: (rows, 1) of the level; autocorrelation: (rows,
    1) of first differences; damped, trended: weights of these filters; ends, trends: (rows, filters).
    """

    level: Array
    levels: Array
    slopes: Array
    drift: Array
    errors: Array
    rate: Array
    autocorrelation: Array
    damped: Array
    trended: Array
    ends: Array
    trends: Array


@functools.cache
def _responses() -> tuple[Inputs, Array]:
    """What turns `WINDOW` readings into one-step errors, and into level and trend at the end.

    The first is (WINDOW, filters × WINDOW), the second (WINDOW, 2 × filters).
    """
    alpha, beta, phi = np.array(FILTERS).T
    level, trend = alpha, beta * alpha
    levels, trends = np.empty((WINDOW, len(alpha))), np.empty((WINDOW, len(alpha)))  # by age of a reading
    for age in range(WINDOW):
        levels[age], trends[age] = level, trend
        forecast = level + phi * trend
        next_level = (1 - alpha) * forecast
        trend = beta * (next_level - level) + (1 - beta) * phi * trend
        level = next_level
    forecasts = levels + phi * trends
    errors = np.zeros((WINDOW, len(alpha), WINDOW), np.float32)
    for reading in range(WINDOW):
        errors[reading, :, reading] = 1
        errors[reading, :, reading + 1 :] = -forecasts[: WINDOW - 1 - reading].T
    return errors.reshape(WINDOW, -1), np.concatenate([levels, trends], axis=1)[::-1]


@functools.lru_cache(64)
def _fit_weights(time: int) -> tuple[Array, Array]:
    """Weights by age of the levels, (time, rates), and of the slopes, (3 × rates, time)."""
    age = np.arange(time - 1, -1, -1.0)
    levels = (1 - np.minimum(LEVEL_RATES, 1 - 1e-9)) ** age[:, None]
    slopes = (1 - np.array(SLOPE_RATES))[:, None] ** age
    position = -age / time
    return levels, np.concatenate([slopes, slopes * position, slopes * position**2])


def smooth(values: Array, is_filled: Mask, scale: Array) -> Smoothed:
    """Smooth rows (rows, time), right-aligned; `scale` (rows, 1) is a unit in which they are of moderate size."""
    count, time = values.shape
    used = min(time, WINDOW)
    recent, filled = values[:, -used:], is_filled[:, -used:]
    first = recent[np.arange(count), np.argmax(filled, axis=1)][:, None]
    centred = np.zeros((count, WINDOW))
    centred[:, -used:] = (recent - first) / scale * filled
    to_errors, at_end = _responses()
    errors = np.abs(centred.astype(np.float32) @ to_errors).reshape(count, len(FILTERS), WINDOW)
    evidence = _evidence(filled)
    total = np.maximum(evidence.sum(axis=1), 1e-9)
    mean = np.maximum((errors[:, :, -used:] @ evidence[:, :, None])[:, :, 0] / total[:, None], MIN_ERROR)
    logs = -np.minimum(total, MAX_EVIDENCE)[:, None] * np.log(mean)
    simple, damped, trended = (_likelihoods(logs[:, kind]) for kind in (_SIMPLE, _DAMPED, _TRENDED))
    state = centred @ at_end
    ends, trends = state[:, : len(FILTERS)], state[:, len(FILTERS) :]
    level = (simple * ends[:, _SIMPLE]).sum(axis=1, keepdims=True)
    levels, slopes = _levels_and_slopes(values, is_filled)
    best = np.stack([(simple * mean[:, _SIMPLE]).sum(axis=1), (trended * mean[:, _TRENDED]).sum(axis=1)], axis=1)
    return Smoothed(
        first + scale * level,
        levels,
        slopes,
        slopes[:, -1:] / 2,
        best * scale,
        (simple * np.array(SIMPLE)).sum(axis=1, keepdims=True),
        _autocorrelation(centred[:, -used:], filled),
        damped,
        trended,
        first + scale * ends,
        scale * trends,
    )


def trend_forecasts(smoothed: Smoothed, steps: int) -> Array:
    """Return the weighted forecasts of the damped and of all trended filters: (2, rows, steps)."""
    some, every = smoothed.damped, smoothed.trended
    ends, trends, growth = smoothed.ends, smoothed.trends, _GROWTH[:, :steps]
    return np.stack(
        [
            (some * ends[:, _DAMPED]).sum(axis=1, keepdims=True) + (some * trends[:, _DAMPED]) @ growth[_DAMPED],
            (every * ends[:, _TRENDED]).sum(axis=1, keepdims=True) + (every * trends[:, _TRENDED]) @ growth[_TRENDED],
        ]
    )


def _evidence(filled: Mask) -> Array:
    """Weights of the one-step errors, (rows, time): none for the first ones, in which a filter still settles."""
    used = filled.shape[1]
    rank = np.cumsum(filled, axis=1)
    skipped = np.minimum(12, np.maximum(1, filled.sum(axis=1) // 4))[:, None]
    evidence: Array = _DECAYS[-used:] * (rank > skipped)
    return evidence


def _likelihoods(logs: Array) -> Array:
    """Weights of filters by their logarithmic likelihoods, (rows, filters), those of Laplace errors; they add up to 1."""
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _levels_and_slopes(values: Array, is_filled: Mask) -> tuple[Array, Array]:
    """Exponentially weighted means (rows, 3), and slopes per step by weighted least squares (rows, 4)."""
    time = values.shape[1]
    by_age, moments = _fit_weights(time)
    filled = is_filled.astype(np.float64)
    last = values[:, -1:]
    centred = (values - last) * filled
    levels = last + (centred @ by_age) / np.maximum(filled @ by_age, 1e-300)
    sums, products = filled @ moments.T, centred @ moments[: 2 * len(SLOPE_RATES)].T
    (w, wx, wxx), (y, xy) = np.split(sums, 3, axis=1), np.split(products, 2, axis=1)
    determinant = w * wxx - wx * wx
    slopes = np.where(determinant > 1e-9, (w * xy - wx * y) / np.maximum(determinant, 1e-9), 0.0)
    return levels, slopes / time


def _autocorrelation(values: Array, filled: Mask) -> Array:
    """The correlation of first differences with the ones before: (rows, 1)."""
    differences = np.diff(values, axis=1) * filled[:, :-1]
    products = (differences[:, 1:] * differences[:, :-1]).sum(axis=1)
    correlation: Array = products / np.maximum(np.square(differences).sum(axis=1), 1e-300)
    return correlation[:, None]
