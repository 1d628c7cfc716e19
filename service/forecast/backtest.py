"""The readings that were sent, made complete, and what a walk over them says of a forecaster."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from service.interfaces import Array

LEAST_ORIGINS = 3  # before a walk says something of a forecaster


class Backtest(NamedTuple):
    """Forecasts from earlier origins beside what came: both (origins, steps), NaN where it was not seen or not yet.

    Origins are in time's order, the last one just before the present.
    """

    actual: Array
    forecast: Array
    naive: Array

    @property
    def errors(self) -> Array:
        return self.actual - self.forecast

    def skill(self, steps: int) -> dict[str, Any] | None:
        """RMSE over that of the seasonal naive forecast, steps 1 to `steps`; None where too few origins tell."""
        known = ~(np.isnan(self.actual[:, :steps]) | np.isnan(self.naive[:, :steps]))
        origins = int(known[:, 0].sum())
        if origins < LEAST_ORIGINS:
            return None
        ours = float(np.square(self.errors[:, :steps][known]).mean())
        theirs = float(np.square((self.actual - self.naive)[:, :steps][known]).mean())
        return {
            "baseline": "seasonal_naive",
            "metric": "rmse",
            "ratio": round(float(np.sqrt(ours / theirs)), 4) if theirs > 0 else None,
            "steps": min(steps, self.actual.shape[1]),
            "measured_on": "readings",
            "origins": origins,
        }


def rolling_backtest(
    values: Array, seen: Sequence[bool] | None, ends: Sequence[int], forecasts: Array, season: int
) -> Backtest:
    """What came after each origin: `ends` are the counts of readings known there, `forecasts` (origins, steps)."""
    steps = forecasts.shape[1]
    known = values if seen is None else np.where(np.array(seen), values, np.nan)
    padded = np.concatenate([known, np.full(steps, np.nan)])
    places = np.array(ends, dtype=np.int64)[:, None] + np.arange(steps)
    back = np.array(ends, dtype=np.int64)[:, None] - season + np.arange(steps) % season
    naive = np.where(back >= 0, values[np.maximum(back, 0)], np.nan)
    return Backtest(padded[places], forecasts, naive)
