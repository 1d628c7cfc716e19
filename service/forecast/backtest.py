"""Rolling-origin backtest on the caller's own readings: forecasts from earlier origins beside what followed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..interfaces import Array, Mask

MIN_ERRORS = 3  # fewer say nothing about a forecaster
NO_ERROR, FLOAT_NOISE = 1e-12, 1e-24  # of the squares of the range and of the largest reading: less is no error


def baseline_name(season_length: int) -> str:
    """Return what the seasonal naive forecast is called: without a season it repeats the last value."""
    return "seasonal_naive" if season_length > 1 else "last_value"


class Backtest(NamedTuple):
    """Readings, forecasts and seasonal naive forecasts from earlier origins: each (origins, steps), original units.

    The origins are in order of time, the last one is just before the present. NaN marks a reading that is missing or not
    known yet, and a naive forecast from before the first reading.
    """

    actual: Array
    forecast: Array
    naive: Array
    season_length: int

    @property
    def errors(self) -> Array:
        return self.actual - self.forecast

    def skill(self, steps: int) -> dict[str, Any] | None:
        """Return the RMSE over the seasonal naive forecast's for steps 1 to `steps`; None with too few errors."""
        actual, naive, forecast = (each[None, :, :steps] for each in (self.actual, self.naive, self.forecast))
        return Backtests(actual, naive, forecast, [self.season_length]).skills()[0]


class Backtests(NamedTuple):
    """The same of many series: each (series, origins, steps)."""

    actual: Array
    naive: Array
    forecast: Array
    season_lengths: Sequence[int]

    @property
    def errors(self) -> Array:
        return self.actual - self.forecast

    def skills(self) -> list[dict[str, Any] | None]:
        """Return the skill of each series."""
        naive_errors = self.actual - self.naive
        is_known = ~np.isnan(naive_errors)
        counts, origins = is_known.sum(axis=(1, 2)), is_known.any(axis=2).sum(axis=1)
        is_shown = np.flatnonzero(counts >= MIN_ERRORS)
        skills: list[dict[str, Any] | None] = [None] * len(counts)
        squares, naive_squares = (_squares(each, is_known) for each in (self.errors, naive_errors))
        has_errors = naive_squares / np.maximum(counts, 1) > self._least(is_known)
        ratios = np.sqrt(squares / np.where(has_errors, naive_squares, 1.0)).tolist()
        for index in is_shown.tolist():
            skills[index] = {
                "baseline": baseline_name(self.season_lengths[index]),
                "metric": "rmse",
                "ratio": round(ratios[index], 4) if has_errors[index] else None,
                "steps": self.actual.shape[2],
                "measured_on": "readings",
                "origins": int(origins[index]),
            }
        return skills

    def _least(self, is_known: Mask) -> Array:
        """The mean square of the naive forecast's errors that is none, of each series."""
        low = np.where(is_known, self.actual, np.inf).min(axis=(1, 2))
        high = np.where(is_known, self.actual, -np.inf).max(axis=(1, 2))
        least: Array = np.maximum(NO_ERROR * np.square(high - low), FLOAT_NOISE * np.square(np.maximum(-low, high)))
        return least


def _squares(errors: Array, is_known: Mask) -> Array:
    """The sum of the squares of known errors, of each series."""
    known = np.where(is_known, errors, 0.0)
    sums: Array = np.square(known).sum(axis=(1, 2))
    return sums


def rolling_backtest(
    readings: Array,
    observed_mask: Sequence[bool] | Mask | None,
    origins: Sequence[int],
    forecasts: Array,
    season_length: int,
) -> Backtest:
    """Put what followed beside the forecasts of each origin.

    readings: (time,) without gaps; origins: how many readings were known at each; forecasts: (origins, steps).
    """
    steps = forecasts.shape[1]
    observed = readings if observed_mask is None else np.where(np.array(observed_mask), readings, np.nan)
    padded = np.concatenate([observed, np.full(steps, np.nan)])
    starts = np.array(origins, dtype=np.int64)[:, None]
    naive_index = starts - season_length + np.arange(steps) % season_length
    naive = np.where(naive_index >= 0, readings[np.maximum(naive_index, 0)], np.nan)
    return Backtest(padded[starts + np.arange(steps)], forecasts, naive, season_length)
