"""A network of one series: a window of readings in, the next readings out.

If more readings are sent than the window needs, the network also forecasts from earlier origins, in the same model call.
Its errors there correct the forecast, widen the intervals, and are its skill on these readings.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..artifacts.bundle import Bundle
from ..errors import ModelFault, ReadingsTooLarge
from ..interfaces import Array, Notice, chunks
from . import bias_correction
from .backtest import Backtest, rolling_backtest
from .faults import how_many_are_listed, reading_faults
from .forecaster import Forecast, Forecaster, PreparedSeries, SeriesFacts
from .intervals import Interval
from .series_reading import without_outliers

MAX_SCALED = 1e9  # far outside any training range, and safe in float32
MAX_ORIGINS = 48
ROWS_PER_CALL = 64  # more would hardly make a row cheaper, and the first caller would wait for the last
MIN_WIDENING = 1.0
LEAST_UNIT = np.float64(1e-12)  # of a score


class WindowForecaster(Forecaster):
    """A network of a fixed window, in the units of the one series that it learnt."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        if bundle.scaler is None or self._ood_check is None:
            raise TypeError("a forecaster of one series needs a scaler and the limits of its readings")
        self._check = self._ood_check
        self._scaler = bundle.scaler
        calibration = self.card.calibration
        self._scores_by_forecast = calibration is not None and calibration.unit == "forecast"
        self._lowest, self._highest = bundle.scaler.inverse(-MAX_SCALED), bundle.scaler.inverse(MAX_SCALED)

    def _read(
        self,
        readings: Sequence[float | None],
        horizon: int,
        levels: tuple[float, ...],
        season: int | None,
        facts: SeriesFacts,
    ) -> PreparedSeries:
        del season  # the card's is known
        card = self.card
        recent = self._recent(readings, card.window + MAX_ORIGINS, card.window)
        values, observed_mask, warnings = without_outliers(recent, self.season_length, len(readings))
        if not (self._lowest < min(values) and max(values) < self._highest):
            raise self._too_large(values, offset=len(readings) - len(values))
        in_distribution, notices = self._check.check(values[-card.window :])
        warnings += notices
        if horizon > card.steps:
            warnings.append(self._recursive_notice(horizon))
        cost = len(values) - card.window + -(-horizon // card.steps)
        return PreparedSeries(
            values,
            horizon,
            cost,
            in_distribution,
            warnings,
            levels,
            observed_mask,
            self.season_length,
            bounds=facts.bounds,
        )

    def make_batches(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Series of equal cost share a call, the cheapest first."""
        by_cost: dict[int, list[int]] = {}
        for index, item in enumerate(items):
            by_cost.setdefault(item.cost, []).append(index)
        return [batch for cost in sorted(by_cost) for batch in chunks(by_cost[cost], max(1, ROWS_PER_CALL // cost))]

    def predict(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecast every series. A model of fewer steps is fed its own predictions until the longest horizon."""
        card = self.card
        if all(len(item.readings) == card.window for item in batch):
            return self._predict_windows(batch)
        windows = [sliding_window_view(np.array(item.readings), card.window) for item in batch]
        scaled = self._scaler.transform(np.concatenate(windows) if len(windows) > 1 else windows[0])
        first = self._predict_steps(scaled)
        last_rows = np.cumsum([len(rows) for rows in windows]) - 1
        future = self._future(batch, scaled[last_rows], first[last_rows])
        earlier = self._scaler.inverse(first) if len(first) > len(batch) else first
        return [
            self._finish(item, values[: item.horizon], earlier[end + 1 - len(rows) : end])
            for item, values, rows, end in zip(batch, future, windows, last_rows, strict=True)
        ]

    def _predict_windows(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """The same for series of one window each: what needs no earlier origin is computed for all of them together."""
        scaled = self._scaler.transform(np.array([item.readings for item in batch]))
        future = self._future(batch, scaled, self._predict_steps(scaled))
        return [
            self._answer(item, values[: item.horizon], intervals, None, [])
            for item, values, intervals in zip(
                batch, future.tolist(), self._intervals_of_all(batch, future), strict=True
            )
        ]

    def _future(self, batch: Sequence[PreparedSeries], scaled: Array, first: Array) -> Array:
        """Forecasts of the longest horizon, (batch, horizon), from the last windows and what is known to follow them."""
        card = self.card
        steps = [first]
        for _ in range(card.steps, max([item.horizon for item in batch]), card.steps):
            scaled = np.concatenate([scaled, steps[-1]], axis=1)[:, -card.window :]
            steps.append(self._predict_steps(scaled))
        future = self._scaler.inverse(np.concatenate(steps, axis=1) if len(steps) > 1 else steps[0])
        if not math.isfinite(np.add.reduce(future, axis=None)):  # `sum` does the same and takes twice as long
            raise ModelFault(f"model '{card.name}' gave a forecast that is not a number")
        return future

    def _intervals_of_all(self, batch: Sequence[PreparedSeries], future: Array) -> list[list[Interval]]:
        """The calibrated intervals of each series; those of the same horizon and levels are computed together."""
        found: list[list[Interval]] = [[] for _ in batch]
        if self._calibration is None:
            return found
        alike: dict[tuple[int, tuple[float, ...]], list[int]] = {}
        for index, item in enumerate(batch):
            if item.levels:
                alike.setdefault((item.horizon, item.levels), []).append(index)
        for (horizon, levels), indices in alike.items():
            values = future[:, :horizon] if len(indices) == len(batch) else future[indices, :horizon]
            bounds = self._calibration.plain_bounds(values, self._score_unit(values), levels)
            for index, lower, upper in zip(indices, *(side.tolist() for side in bounds), strict=True):
                found[index] = list(map(Interval, levels, lower, upper))
        return found

    def _finish(self, item: PreparedSeries, values: Array, earlier: Array) -> Forecast:
        """Correct the forecast and add intervals and skill; `earlier` are forecasts of earlier origins, (origins, steps)."""
        local_scores, skill, warnings = None, None, list[Notice]()
        if len(earlier):
            origins = range(self.window, self.window + len(earlier))
            backtest = rolling_backtest(
                np.array(item.readings), item.observed_mask, origins, earlier, self.season_length
            )
            if self.card.corrected:
                backtest, values = self._correct(backtest, values)
            local_scores = np.abs(backtest.errors) / self._score_unit(backtest.forecast)
            skill, warnings = self._evaluate(backtest, local_scores, item.horizon)
        intervals = []
        if self._calibration is not None and item.levels:
            unit = self._score_unit(values)
            intervals = self._calibration.intervals(values, unit, unit, item.levels, local_scores, MIN_WIDENING)
        return self._answer(item, values.tolist(), intervals, skill, warnings)

    def _correct(self, backtest: Backtest, values: Array) -> tuple[Backtest, Array]:
        """Shift the forecast by the errors known now, and each earlier one by the errors known then."""
        corrections = bias_correction.residual_correction(backtest.errors)
        earlier = backtest.forecast + corrections[:-1]
        current = corrections[-1]
        padded = np.concatenate([current, np.full(max(0, len(values) - len(current)), current[-1])])
        return backtest._replace(forecast=earlier), values + padded[: len(values)]

    def _score_unit(self, forecasts: Array) -> Array:
        """The readings' units of a score of 1, for each forecast."""
        if self._scores_by_forecast:
            return np.maximum(np.abs(forecasts), LEAST_UNIT)
        return np.ones_like(forecasts)

    def _predict_steps(self, scaled: Array) -> Array:
        """One model call: (batch, window) → (batch, steps), scaled units."""
        (predictions,) = self._network(scaled.astype(np.float32)[:, :, np.newaxis]).values()
        if predictions.ndim == 3:  # a prediction at every position: the last one is the future
            predictions = predictions[:, -1]
        if predictions.shape != (len(scaled), self.card.steps):
            raise ModelFault(
                f"the network gives {predictions.shape} for {len(scaled)} windows of {self.card.steps} steps"
            )
        return predictions.astype(np.float64)

    def _too_large(self, values: list[float], offset: int) -> ReadingsTooLarge:
        """The refusal of readings that float32 could not hold."""
        indices = [i + offset for i, value in enumerate(values) if not self._lowest < value < self._highest]
        return ReadingsTooLarge(
            f"{len(indices)} readings are too large for this model's scale{how_many_are_listed(len(indices))}; send them in "
            f"the units of its training data, which ran from {self._check.minimum:g} to {self._check.maximum:g}",
            faults=reading_faults(indices, "is too large"),
        )

    def _recursive_notice(self, horizon: int) -> Notice:
        steps, measured = self.card.steps, len(self.card.step_errors.model_rmse)
        detail = (
            f"the model predicts {steps} {'step' if steps == 1 else 'steps'} at once; "
            f"steps {steps + 1} to {horizon} are made from its own predictions"
        )
        if horizon > measured:
            detail += f", and steps after {measured} were not measured in the backtest"
        return Notice("recursive_horizon", detail)
