"""Forecasts from rolling origins: a method is given what was known at each, and nothing after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.interfaces import Array

Forecast = Callable[[list[Array], int], Array]  # (histories, steps) → (histories, steps)


@dataclass(frozen=True)
class Predictions:
    """Forecasts of one method in the readings' units.

    `point` is (origins, steps); `lower` and `upper` are (levels, origins, steps), `levels` in percent, ascending.
    A method without intervals has no levels.
    """

    point: Array
    levels: tuple[float, ...]
    lower: Array
    upper: Array

    def cut(self, rows: npt.NDArray[np.bool_], steps: int) -> "Predictions":
        """The chosen origins, and the first `steps` steps."""
        lower, upper = (bound[:, rows, :steps] for bound in (self.lower, self.upper))
        return Predictions(self.point[rows, :steps], self.levels, lower, upper)


Method = Callable[[list[Array], int, Sequence[float]], Predictions]  # (histories, steps, levels in percent)


@dataclass(frozen=True)
class RollingBacktest:
    """What one method said at each origin, beside what came: `actual` is (origins, steps)."""

    origins: npt.NDArray[np.int64]
    actual: Array
    predicted: Predictions
    readings: int

    def part(self, steps: int) -> "RollingBacktest":
        """Steps 1 to `steps`, from the origins that have so many readings after them."""
        rows = self.origins + steps <= self.readings
        return RollingBacktest(
            self.origins[rows], self.actual[rows, :steps], self.predicted.cut(rows, steps), self.readings
        )


def without_intervals(point: Array) -> Predictions:
    """Point forecasts (origins, steps) of a method that says nothing of its uncertainty."""
    nothing = np.empty((0, *point.shape))
    return Predictions(point, (), nothing, nothing)


def rolling_backtest(
    readings: Array, origins: Sequence[int], steps: int, levels: Sequence[float], method: Method
) -> RollingBacktest:
    """Forecast at every origin; at origin t the method is given a copy of readings[:t] and nothing after."""
    predicted = method([readings[:t].copy() for t in origins], steps, levels)
    expected = (len(origins), steps)
    if predicted.point.shape != expected:
        raise ValueError(f"forecasts have shape {predicted.point.shape}, expected {expected}")
    bands = (len(predicted.levels), *expected)
    if not predicted.lower.shape == predicted.upper.shape == bands:
        raise ValueError(f"intervals have shape {predicted.lower.shape}, expected {bands}")
    if not np.isfinite(predicted.point).all():
        raise ValueError("a forecast is not a finite number")
    padded = np.concatenate([readings, np.full(steps, np.nan)])
    actual = np.stack([padded[t : t + steps] for t in origins])
    return RollingBacktest(np.array(origins, dtype=np.int64), actual, predicted, len(readings))


def point_backtest(series: Array, origins: Sequence[int], steps: int, forecast: Forecast) -> tuple[Array, Array]:
    """Actual and forecast readings of shape (origins, steps).

    At origin t `forecast` is given series[:t] and nothing after; it answers for all origins at once.
    """
    found = rolling_backtest(
        series, origins, steps, (), lambda histories, ahead, _: without_intervals(forecast(histories, ahead))
    )
    return found.actual, found.predicted.point


def last_value(histories: list[Array], steps: int) -> Array:
    """The last reading, repeated; (origins, steps)."""
    return np.stack([np.repeat(history[-1], steps) for history in histories])


def seasonal_naive(season: int) -> Forecast:
    """The last known reading of the same season (same month last year); (origins, steps).

    Step h of a season s repeats the reading s·⌈h/s⌉ − h before the origin's last one: what is not
    known yet is never used.
    """

    def forecast(histories: list[Array], steps: int) -> Array:
        positions = np.arange(steps) % season - season
        return np.stack([history[positions] for history in histories])

    return forecast
