"""Rolling-origin backtests: at each origin a method gets the readings known there, and forecasts what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.interfaces import Array

Forecast = Callable[[list[Array], int], Array]  # (histories, steps) → (histories, steps)


@dataclass(frozen=True)
class Predictions:
    """Forecasts of one method in the readings' units.

    `point` is (origins, steps); `lower` and `upper` are (levels, origins, steps); `levels` are in percent, ascending.
    A method without intervals has no levels.
    """

    point: Array
    levels: tuple[float, ...]
    lower: Array
    upper: Array

    def select(self, rows: npt.NDArray[np.bool_], steps: int) -> "Predictions":
        """Return the origins where `rows` (origins,) is true, and the first `steps` steps."""
        lower, upper = (bound[:, rows, :steps] for bound in (self.lower, self.upper))
        return Predictions(self.point[rows, :steps], self.levels, lower, upper)


Method = Callable[[list[Array], int, Sequence[float]], Predictions]  # (histories, steps, levels in percent)


@dataclass(frozen=True)
class RollingBacktest:
    """Forecasts of one method at each origin, and the actual readings (origins, steps); NaN after the last reading.

    `origins` counts the readings known at each origin; `readings` is the length of the series.
    """

    origins: npt.NDArray[np.int64]
    actual: Array
    predicted: Predictions
    readings: int

    def part(self, steps: int) -> "RollingBacktest":
        """Return steps 1 to `steps`, from the origins that have so many readings after them."""
        rows = self.origins + steps <= self.readings
        return RollingBacktest(
            self.origins[rows], self.actual[rows, :steps], self.predicted.select(rows, steps), self.readings
        )


def rolling_backtest(
    readings: Array, origins: Sequence[int], steps: int, levels: Sequence[float], method: Method
) -> RollingBacktest:
    """Forecast `steps` readings from every origin; at origin t the method gets a copy of readings[:t].

    Raises ValueError where the method returns arrays of other shapes, or a point that is not finite.
    """
    predicted = method([readings[:t].copy() for t in origins], steps, levels)
    shape = (len(origins), steps)
    if predicted.point.shape != shape:
        raise ValueError(f"forecasts have shape {predicted.point.shape}, expected {shape}")
    bounds_shape = (len(predicted.levels), *shape)
    if not predicted.lower.shape == predicted.upper.shape == bounds_shape:
        raise ValueError(f"intervals have shape {predicted.lower.shape}, expected {bounds_shape}")
    if not np.isfinite(predicted.point).all():
        raise ValueError("a forecast is not a finite number")
    padded = np.concatenate([readings, np.full(steps, np.nan)])
    actual = np.stack([padded[t : t + steps] for t in origins])
    return RollingBacktest(np.array(origins, dtype=np.int64), actual, predicted, len(readings))


def seasonal_naive(season_length: int) -> Forecast:
    """Return a forecast that repeats the last known reading of the same season, such as the same month last year.

    For season length s, step h is the reading s·⌈h/s⌉ − h before the last one, so only known readings are used.
    """

    def forecast(histories: list[Array], steps: int) -> Array:
        positions = np.arange(steps) % season_length - season_length
        return np.stack([history[positions] for history in histories])

    return forecast
