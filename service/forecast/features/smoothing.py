"""Exponential smoothing with many parameters at once, weighted by how well each would have forecast the row so far.

Simple smoothing is the level of the theta method (Hyndman and Billah, 2003); Holt's smoothing with a damped trend is of
Gardner and McKenzie (1985). Each is a linear filter, so that all one-step errors are the product of the readings and a
matrix.
"""

import functools
from typing import NamedTuple

import numpy as np

from ...interfaces import Array, Inputs, Labels, Mask

WINDOW = 128  # readings that are smoothed
SIMPLE = (0.06, 0.13, 0.27, 0.5, 0.75, 1.0)  # rates of the level
DAMPED = ((0.25, 0.1, 0.95), (0.55, 0.15, 0.9), (0.95, 0.4, 0.85))  # rates of level and trend, damping
LINEAR = ((0.15, 0.05, 1.0), (0.4, 0.1, 1.0), (0.8, 0.2, 1.0))
FILTERS = (*((rate, 0.0, 1.0) for rate in SIMPLE), *DAMPED, *LINEAR)  # as many with a trend as without
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
_RATES = np.array(SIMPLE)[:, None]
ROWS_AT_ONCE = 4  # of so few, the product is fast and the errors fit into the cache


class Smoothed(NamedTuple):
    """What smoothing says of rows at their end.

    level: (rows, 1) of simple smoothing; levels: (rows, 3) of fixed rates; slopes: (rows, 4) per step, by weighted least
    squares, the last one of all readings; errors: (rows, 2) mean absolute one-step errors of the best simple and the best
    trended filters, in units of the scale; rate: (rows, 1) of the level; autocorrelation: (rows, 1) of first differences;
    damped, trended: weights of these filters; ends, trends: (rows, filters).
    """

    level: Array
    levels: Array
    slopes: Array
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


class _Evidence(NamedTuple):
    """By how many readings a row has in the window: what its one-step errors count, (…, WINDOW), adding up to 1.

    `total` is how many errors count, at most MAX_EVIDENCE.
    """

    weights: Array
    total: Array


@functools.cache
def _evidence() -> _Evidence:
    """The first errors of a row do not count: a filter still settles there."""
    lengths = np.arange(WINDOW + 1)
    skipped = np.minimum(12, np.maximum(1, lengths // 4))
    weights = _DECAYS * (np.arange(WINDOW) >= (WINDOW - lengths + skipped)[:, None])
    total = np.maximum(weights.sum(axis=1), 1e-9)
    return _Evidence(weights / total[:, None], np.minimum(total, MAX_EVIDENCE))


class _Fits(NamedTuple):
    """Weights by age, (time, 11), of the levels, of the slopes, and of the slopes × position.

    `factors`, (time + 1, 11), are by the length of a row: what makes levels and slopes of the three weighted sums.
    """

    weights: Array
    factors: Array


@functools.lru_cache(64)
def _fits(time: int) -> _Fits:
    age = np.arange(time - 1, -1, -1.0)[:, None]
    position = -age / time
    levels = (1 - np.minimum(LEVEL_RATES, 1 - 1e-9)) ** age
    slopes = (1 - np.array(SLOPE_RATES)) ** age
    moments = np.concatenate([levels, slopes, slopes * position, slopes * position**2], axis=1)
    of_length = np.concatenate([np.zeros((1, moments.shape[1])), np.cumsum(moments[::-1], axis=0)])
    total, w, wx, wxx = np.split(of_length, np.cumsum([len(LEVEL_RATES), len(SLOPE_RATES), len(SLOPE_RATES)]), axis=1)
    determinant = w * wxx - wx * wx
    inverse = (determinant > 1e-9) / np.maximum(determinant, 1e-9) / time
    factors = [1 / np.maximum(total, 1e-300), -wx * inverse, w * inverse]
    return _Fits(moments[:, : -len(SLOPE_RATES)].copy(), np.concatenate(factors, axis=1))


def smooth(values: Array, is_filled: Mask, lengths: Labels, scale: Array) -> Smoothed:
    """Smooth rows (rows, time), right-aligned; `scale` (rows, 1) is a unit in which they are of moderate size."""
    count = len(values)
    known = np.minimum(lengths, WINDOW)
    first, centred = _centred(values, is_filled, known, scale)
    mean = _mean_errors(centred, known)
    logs = -_evidence().total.take(known)[:, None] * np.log(mean)
    shares = _likelihoods(logs.reshape(count, 2, -1))  # of simple filters, and of trended ones
    state = centred @ _responses()[1]
    state *= scale
    ends, trends = first + state[:, : len(FILTERS)], state[:, len(FILTERS) :]
    level = first + np.vecdot(shares[:, 0], state[:, _SIMPLE])[:, None]
    levels, slopes = _levels_and_slopes(values, is_filled, lengths)
    return Smoothed(
        level,
        levels,
        slopes,
        np.vecdot(shares, mean.reshape(count, 2, -1)),
        shares[:, 0] @ _RATES,
        _autocorrelation(centred),
        _likelihoods(logs[:, _DAMPED]),
        shares[:, 1],
        ends,
        trends,
    )


def trend_forecasts(smoothed: Smoothed, steps: int) -> Array:
    """Return the weighted forecasts of the damped and of all trended filters: (rows, 2, steps)."""
    weights = np.zeros((len(smoothed.level), 2, len(FILTERS) - len(SIMPLE)))
    weights[:, 0, : len(DAMPED)], weights[:, 1] = smoothed.damped, smoothed.trended
    ends = np.vecdot(weights, smoothed.ends[:, None, _TRENDED])
    trends = weights * smoothed.trends[:, None, _TRENDED]
    forecasts: Array = ends[:, :, None] + trends @ _GROWTH[_TRENDED, :steps]
    return forecasts


def _centred(values: Array, is_filled: Mask, known: Labels, scale: Array) -> tuple[Array, Array]:
    """The first of the last readings, (rows, 1), and these less it, (rows, WINDOW), in units of the scale."""
    count, used = len(values), min(values.shape[1], WINDOW)
    recent = values[:, -used:]
    first = recent[np.arange(count), used - known][:, None]
    centred = np.zeros((count, WINDOW))
    np.subtract(recent, first, out=centred[:, -used:])
    centred /= scale
    centred[:, -used:] *= is_filled[:, -used:]
    return first, centred


def _mean_errors(centred: Array, known: Labels) -> Array:
    """Weighted mean absolute one-step errors of every filter: (rows, filters)."""
    to_errors, weights = _responses()[0], _evidence().weights
    mean = np.empty((len(centred), len(FILTERS), 1))
    for start in range(0, len(centred), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        errors = centred[rows].astype(np.float32) @ to_errors
        np.abs(errors, out=errors)
        np.matmul(
            errors.reshape(-1, len(FILTERS), WINDOW), weights.take(known[rows], axis=0)[:, :, None], out=mean[rows]
        )
    least: Array = np.maximum(mean[:, :, 0], MIN_ERROR)
    return least


def _likelihoods(logs: Array) -> Array:
    """Weights of filters by their logarithmic likelihoods, (…, filters), those of Laplace errors; they add up to 1."""
    weights: Array = np.exp(logs - logs.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def _levels_and_slopes(values: Array, is_filled: Mask, lengths: Labels) -> tuple[Array, Array]:
    """Exponentially weighted means (rows, 3), and slopes per step by weighted least squares (rows, 4)."""
    rates = len(LEVEL_RATES)
    weights, factors = _fits(values.shape[1])
    last = values[:, -1:]
    centred = values - last
    centred *= is_filled
    sums = centred @ weights
    sums *= factors.take(lengths, axis=0)
    return last + sums[:, :rates], sums[:, rates : rates + len(SLOPE_RATES)] + sums[:, rates + len(SLOPE_RATES) :]


def _autocorrelation(values: Array) -> Array:
    """The correlation of first differences with the ones before, (rows, 1); `values` are 0 up to the first reading."""
    differences = values[:, 1:] - values[:, :-1]
    products = np.vecdot(differences[:, 1:], differences[:, :-1])
    correlation: Array = products / np.maximum(np.vecdot(differences, differences), 1e-300)
    return correlation[:, None]
