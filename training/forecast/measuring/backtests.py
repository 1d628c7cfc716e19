"""Forecasters on the folds and on the test set: one set of origins, and one definition of the error for all.

Every figure of a run is over the origins that have all steps after them, so all steps count alike.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.interfaces import Array
from training.evaluation import metrics, rolling
from training.evaluation.metrics import Ratio
from training.evaluation.rolling import Method, Predictions, RollingBacktest
from training.forecast.measuring.splits import Split

LEVELS = (80.0, 95.0)
MAX_HISTORY = 4_096  # readings that a forecaster gets at an origin; more are of no use to any
TEST_FITS = 3  # of a statistic on the test set; on each fold there is one, as of a network

Kind = Literal["network", "any_series", "statistic"]
MakeMethod = Callable[[int], Method]  # origins between two fits → the method


@dataclass(frozen=True)
class Measured:
    """One forecaster's forecasts from the origins of the folds and of the test set, and the time that they took."""

    name: str
    kind: Kind
    folds: RollingBacktest
    test: RollingBacktest
    seconds: float

    @property
    def fold_rmse(self) -> float:
        return pooled_rmse(self.folds)


def measure(name: str, kind: Kind, make: MakeMethod, readings: Array, split: Split) -> Measured:
    """Forecast from every origin. Raises what the method raises, and ValueError for a forecast that is no number."""
    start = time.perf_counter()
    parts = [
        rolling_backtest(readings[: split.train_size], fold.origins, split.steps, make(len(fold.origins)))
        for fold in split.folds
    ]
    every = -(-len(split.test_origins) // TEST_FITS)
    test = rolling_backtest(readings, split.test_origins, split.steps, make(every))
    return Measured(name, kind, join(parts), test, time.perf_counter() - start)


def rolling_backtest(readings: Array, origins: Sequence[int], steps: int, method: Method) -> RollingBacktest:
    """Backtest a method that gets the last `MAX_HISTORY` readings before each origin."""

    def recent(histories: list[Array], count: int, levels: Sequence[float]) -> Predictions:
        return method([history[-MAX_HISTORY:] for history in histories], count, levels)

    return rolling.rolling_backtest(readings, origins, steps, LEVELS, recent)


def join(parts: Sequence[RollingBacktest]) -> RollingBacktest:
    """Put the origins of several backtests of one method on one series into one."""
    predicted = [part.predicted for part in parts]
    return RollingBacktest(
        np.concatenate([part.origins for part in parts]),
        np.concatenate([part.actual for part in parts]),
        Predictions(
            np.concatenate([each.point for each in predicted]),
            predicted[0].levels,
            np.concatenate([each.lower for each in predicted], axis=1),
            np.concatenate([each.upper for each in predicted], axis=1),
        ),
        parts[0].readings,
    )


def weights(parts: Sequence[Measured]) -> list[float]:
    """Return the shares of a combined forecast: the inverse of the squared error on the folds (Bates and Granger, 1969)."""
    squared = np.square([part.fold_rmse for part in parts])
    inverse = 1 / np.maximum(squared, max(1e-12 * float(squared.max()), 1e-300))
    shares: list[float] = (inverse / inverse.sum()).tolist()
    return shares


def combine(name: str, parts: Sequence[Measured], shares: Sequence[float]) -> Measured:
    """Return the weighted mean of forecasters with intervals of the same levels, measured on the same origins."""

    def of(backtests: Sequence[RollingBacktest]) -> RollingBacktest:
        first = backtests[0]
        predicted = weighted([backtest.predicted for backtest in backtests], shares)
        return RollingBacktest(first.origins, first.actual, predicted, first.readings)

    folds, test = of([part.folds for part in parts]), of([part.test for part in parts])
    return Measured(name, "statistic", folds, test, sum(part.seconds for part in parts))


def weighted(parts: Sequence[Predictions], shares: Sequence[float]) -> Predictions:
    """Return the weighted mean of forecasts, and of each end of their intervals."""
    point, lower, upper = (
        sum((share * getattr(part, name) for part, share in zip(parts, shares, strict=True)), start=np.zeros(()))
        for name in ("point", "lower", "upper")
    )
    return Predictions(point, parts[0].levels, lower, upper)


def squares(backtest: RollingBacktest) -> Array:
    """Return the squared errors of the origins that have all steps after them: (origins, steps)."""
    part = backtest.part(backtest.actual.shape[1])
    return np.square(part.predicted.point - part.actual)


def rmse_by_step(backtest: RollingBacktest) -> list[float]:
    """Return the RMSE of each step; NaN without origins."""
    errors = squares(backtest)
    rmse: list[float] = (np.sqrt(np.mean(errors, axis=0)) if len(errors) else np.full(errors.shape[1], np.nan)).tolist()
    return rmse


def pooled_rmse(backtest: RollingBacktest) -> float:
    """Return the RMSE of all steps together; NaN without origins."""
    errors = squares(backtest)
    return float(np.sqrt(np.mean(errors))) if errors.size else float("nan")


def ratio(backtest: RollingBacktest, baseline: RollingBacktest, block: int) -> Ratio | None:
    """Return the RMSE over the baseline's with a 90 % interval; None where the baseline makes no error to speak of."""
    own, others = squares(backtest), squares(baseline)
    if np.sqrt(others.mean()) <= 1e-9 * max(float(np.abs(baseline.actual[~np.isnan(baseline.actual)]).max()), 1e-300):
        return None
    found = metrics.ratio(own, others, block, root=True)
    is_finite = found.low is not None and found.high is not None and bool(np.isfinite([found.low, found.high]).all())
    return found if is_finite else Ratio(found.value, None, None, 0)
