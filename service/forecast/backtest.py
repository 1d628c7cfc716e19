"""Rolling-origin backtest on the caller's own readings: forecasts from earlier origins beside what followed."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from service.interfaces import Array

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
        naive_errors = (self.actual - self.naive)[:, :steps]
        is_known = ~np.isnan(naive_errors)
        errors, naive_errors = self.errors[:, :steps][is_known], naive_errors[is_known]
        if len(errors) < MIN_ERRORS:
            return None
        squares, naive_squares = float(errors @ errors), float(naive_errors @ naive_errors)
        known = self.actual[:, :steps][is_known]
        least = max(NO_ERROR * float(np.ptp(known)) ** 2, FLOAT_NOISE * float(np.abs(known).max()) ** 2)
        has_errors = naive_squares / len(errors) > least
        return {
            "baseline": baseline_name(self.season_length),
            "metric": "rmse",
            "ratio": round(math.sqrt(squares / naive_squares), 4) if has_errors else None,
            "steps": min(steps, self.actual.shape[1]),
            "measured_on": "readings",
            "origins": int(is_known.any(axis=1).sum()),
        }


def rolling_backtest(
    readings: Array, observed_mask: Sequence[bool] | None, origins: Sequence[int], forecasts: Array, season_length: int
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
