"""Errors of a panel: over the seasonal naive forecast's for every series, and their geometric mean over all series.

A series counts as much as any other, whatever its units and its number of origins.
"""

from dataclasses import dataclass

import numpy as np

from service.interfaces import Array, Labels, Mask

LEAST_RATIO, GREATEST_RATIO = 0.01, 100.0  # a ratio beyond them counts as this much: one series is not to decide alone
DRAWS = 2000
INTERVAL = (5, 95)  # percentiles of the bootstrap: 90 % lie between
MIN_SERIES = 8  # with fewer there is no interval


@dataclass(frozen=True)
class Together:
    """The geometric mean over the series, with a 90 % bootstrap interval over them; None where they are too few."""

    value: float
    low: float | None
    high: float | None


def rmse_by_series(errors: Array, rows: Labels, count: int) -> Array:
    """Return the root mean square of the errors (questions, steps) of each series; NaN in errors counts nowhere."""
    is_known = ~np.isnan(errors)
    squares = np.bincount(rows, np.where(is_known, np.square(errors), 0).sum(axis=1), count)
    return np.asarray(np.sqrt(squares / np.maximum(np.bincount(rows, is_known.sum(axis=1), count), 1)))


def has_naive_error(naive_rmse: Array, scale: Array) -> Mask:
    """Where the seasonal naive forecast errs at all; a ratio to what is exact says nothing."""
    return np.asarray(naive_rmse > 1e-9 * np.maximum(scale, 1e-300))


def ratios(rmse: Array, naive_rmse: Array) -> Array:
    """Return the RMSE over the seasonal naive's, within limits."""
    return np.clip(rmse / naive_rmse, LEAST_RATIO, GREATEST_RATIO)


def geometric_mean(ratios_of_series: Array) -> float:
    """Return the geometric mean of positive ratios (series,)."""
    return float(np.exp(np.log(ratios_of_series).mean()))


def together(ratios_of_series: Array) -> Together:
    """Return the geometric mean of the ratios (series,)."""
    logarithms = np.log(ratios_of_series)
    value = float(np.exp(logarithms.mean()))
    if len(logarithms) < MIN_SERIES:
        return Together(value, None, None)
    low, high = np.percentile(np.exp(_resampled(logarithms)), INTERVAL)
    return Together(value, float(low), float(high))


def wins(ratios_of_series: Array, others: Array) -> float | None:
    """Return the bootstrap probability that the first geometric mean is less than the others'; None with few series."""
    if len(others) < MIN_SERIES:
        return None
    differences = _resampled(np.log(ratios_of_series) - np.log(others))
    return float(np.mean(differences < 0) + np.mean(differences == 0) / 2)


def _resampled(values: Array) -> Array:
    """Means of samples of the series, drawn with replacement: (draws,); the same series in every call."""
    rng = np.random.default_rng(0)
    return np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)])


def scaled_by_step(errors: Array, rows: Labels, naive_rmse: Array, mean_ratio: float) -> list[float]:
    """Return the RMS of the errors in units of each series' naive RMSE, by step.

    All steps are multiplied by one factor, so that their RMS is the geometric mean of the ranking: what decides in the
    service is what the report shows. Series whose naive RMSE is NaN are left out.
    """
    squares = np.square(errors / naive_rmse[rows, None])
    by_step = np.sqrt(np.nanmean(squares, axis=0))
    total = float(np.sqrt(np.mean(np.square(by_step))))
    scaled: list[float] = (by_step * (mean_ratio / max(total, 1e-300))).tolist()
    return scaled


def listed(values: list[float]) -> str:
    """Return numbers in words."""
    return " and ".join(f"{value:.3f}" for value in values)


def as_text(mean: Together) -> str:
    """Return a geometric mean with its interval."""
    interval = "" if mean.low is None else f" [{mean.low:.3f}, {mean.high:.3f}]"
    return f"{mean.value:.3f}{interval}"
