"""The ranking of everything that was measured on one series: networks, the network of any series, statistics.

The order is by the folds alone. The test set is looked at once, beside it, and changes nothing.
"""

from dataclasses import dataclass

import pandas as pd

from service.interfaces import Array
from training.evaluation.metrics import Ratio
from training.evaluation.rolling import RollingBacktest
from training.forecast.measuring.backtests import Kind


@dataclass(frozen=True)
class Ranked:
    """One forecaster of the ranking.

    `folds` is the RMSE of each step on the origins of the folds, `fold_rmse` pools them. `ratio` is `fold_rmse` over that
    of the baseline (the seasonal naive forecast, or the last value where there is no season), with a 90 % block-bootstrap
    interval; None where the baseline makes no error. `wins` is the bootstrap probability that the recommended forecaster
    is better on the folds; None for the recommended one, and where origins are too few. `seconds` is the time of all its
    fits and forecasts. `barred` says why it is not recommended although it may rank first.
    """

    name: str
    kind: Kind
    folds: list[float]
    fold_rmse: float
    ratio: Ratio | None
    wins: float | None
    test: RollingBacktest
    seconds: float
    barred: str | None = None


@dataclass(frozen=True)
class Ranking:
    """All rows, least error on the folds first; the baseline is among them.

    `baseline` is the row that the ratios are of: named seasonal_naive, or last_value for a season of 1. `reason` and
    `unasked` are plain sentences: why the recommended forecaster is, and whether the exported network answers requests
    that name no model. `what_to_call` is the exact request or call of the recommended one.
    """

    rows: list[Ranked]
    recommended: Ranked
    baseline: Ranked
    reason: str
    what_to_call: str
    exported: str | None = None
    unasked: str = ""
    fold_origins: int = 0


@dataclass(frozen=True)
class Future:
    """The recommended forecaster's forecast of what follows the last reading: point (steps,), bounds (levels, steps)."""

    name: str
    dates: pd.DatetimeIndex
    point: Array
    levels: tuple[float, ...]
    lower: Array
    upper: Array
