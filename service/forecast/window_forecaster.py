"""A network of one series: a window of readings in, the next readings out.

Where more readings are sent than the network's window holds, it forecasts from earlier origins too, in the same
model call. Its errors there correct the forecast, widen the intervals, and are its skill on these very readings.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.artifacts.bundle import Bundle
from service.errors import Fault, InvalidRequest, ModelFault
from service.forecast import bias_correction
from service.forecast.backtest import Backtest, rolling_backtest
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries
from service.forecast.imputation import impute
from service.interfaces import Array, Notice, chunks

MAX_SCALED = 1e9  # far outside any training range, and safe in float32
ORIGINS = 48  # earlier origins, at most
ROWS_PER_CALL = 64  # more would hardly be faster for each, and keep the first waiting for the last
LEAST_WIDENING = 1.0


class WindowForecaster(Forecaster):
    """A network of a fixed window, in the units of the one series that it learnt."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        if bundle.scaler is None or self._familiarity is None:
            raise TypeError("a forecaster of one series needs a scaler and the limits of its readings")
        self._known = self._familiarity
        self._scaler = bundle.scaler
        self._lowest, self._highest = bundle.scaler.inverse(-MAX_SCALED), bundle.scaler.inverse(MAX_SCALED)

    def _prepared(
        self, readings: Sequence[float | None], horizon: int, levels: tuple[float, ...], season: int | None
    ) -> PreparedSeries:
        del season  # the card's is known
        card = self.card
        values, seen, warnings = impute(readings, card.window + ORIGINS, card.window)
        if not (self._lowest < min(values) and max(values) < self._highest):
            raise self._too_large(values, offset=len(readings) - len(values))
        familiar, remarks = self._known.check(values[-card.window :])
        warnings += remarks
        if horizon > card.steps:
            warnings.append(self._fed_back(horizon))
        cost = len(values) - card.window + -(-horizon // card.steps)
        return PreparedSeries(values, horizon, cost, familiar, warnings, levels, seen, self.season)

    def cut(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Windows that take as many rows go together, the quickest first."""
        by_cost: dict[int, list[int]] = {}
        for place, window in enumerate(items):
            by_cost.setdefault(window.cost, []).append(place)
        return [group for cost in sorted(by_cost) for group in chunks(by_cost[cost], max(1, ROWS_PER_CALL // cost))]

    def predict(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecasts of `horizon` steps for each window, original units.

        A model of fewer steps is fed its own predictions until the longest horizon is reached.
        """
        card = self.card
        rows = [sliding_window_view(np.array(item.readings), card.window) for item in batch]
        seen = self._scaler.transform(np.concatenate(rows) if len(rows) > 1 else rows[0])
        first = self._step(seen)
        last = np.cumsum([len(r) for r in rows]) - 1
        steps, seen = [first[last]], seen[last]
        for _ in range(1, max([-(-item.horizon // card.steps) for item in batch])):
            seen = np.concatenate([seen, steps[-1]], axis=1)[:, -card.window :]
            steps.append(self._step(seen))
        future = self._scaler.inverse(np.concatenate(steps, axis=1) if len(steps) > 1 else steps[0])
        if not math.isfinite(float(future.sum())):
            raise ModelFault(f"model '{card.name}' gave a forecast that is not a number")
        past = self._scaler.inverse(first) if len(first) > len(batch) else first
        return [
            self._finished(item, path[: item.horizon], past[end + 1 - len(own) : end])
            for item, path, own, end in zip(batch, future, rows, last, strict=True)
        ]

    def _finished(self, item: PreparedSeries, values: Array, past: Array) -> Forecast:
        """Corrected, with intervals and skill; `past` are forecasts from the origins before, (origins, steps)."""
        own, skill, warnings = None, None, list[Notice]()
        if len(past):
            ends = range(self.window, self.window + len(past))
            walked = rolling_backtest(np.array(item.readings), item.seen, ends, past, self.season)
            if self.card.corrected:
                walked, values = self._corrected(walked, values)
            own = np.abs(walked.errors) / self._spread(walked.forecast)
            skill, warnings = self._judged(walked, own, item.horizon)
        bands = []
        if self._calibration is not None and item.levels:
            spread = self._spread(values)
            bands = self._calibration.bands(values, spread, spread, item.levels, own, LEAST_WIDENING)
        return Forecast(values.tolist(), bands, skill, warnings)

    def _corrected(self, walked: Backtest, values: Array) -> tuple[Backtest, Array]:
        """The forecast shifted by the errors known now, and each earlier one by those known then."""
        shifts = bias_correction.residual_correction(walked.errors)
        past = walked.forecast + shifts[:-1]
        shift = shifts[-1]
        whole = np.concatenate([shift, np.full(max(0, len(values) - len(shift)), shift[-1])])
        return walked._replace(forecast=past), values + whole[: len(values)]

    def _spread(self, forecasts: Array) -> Array:
        """What one unit of a score is worth."""
        calibration = self.card.calibration
        if calibration is not None and calibration.unit == "forecast":
            return np.maximum(np.abs(forecasts), 1e-12)
        return np.ones_like(forecasts)

    def _step(self, scaled: Array) -> Array:
        """One model call: (batch, window) → (batch, steps), scaled units."""
        outputs = self._run(scaled[:, :, np.newaxis].astype(np.float32))
        (predicted,) = outputs.values()
        if predicted.ndim == 3:  # a prediction at every position: the last one is the future
            predicted = predicted[:, -1]
        if predicted.shape != (len(scaled), self.card.steps):
            raise ModelFault(
                f"the network gives {predicted.shape} for {len(scaled)} windows of {self.card.steps} steps"
            )
        return predicted.astype(np.float64)

    def _too_large(self, values: list[float], offset: int) -> InvalidRequest:
        """The refusal of readings so far out that float32 could not carry them."""
        far = [i for i, value in enumerate(values) if not self._lowest < value < self._highest]
        return InvalidRequest(
            "readings are too large for this model's scale; send them in the units of its "
            f"training data, which ran from {self._known.minimum:g} to {self._known.maximum:g}",
            faults=[Fault(f"/readings/{i + offset}", "is too large") for i in far],
        )

    def _fed_back(self, horizon: int) -> Notice:
        steps, measured = self.card.steps, len(self.card.step_errors.model_rmse)
        detail = (
            f"the model predicts {steps} {'step' if steps == 1 else 'steps'} at once; "
            f"steps {steps + 1} to {horizon} are made from its own predictions"
        )
        if horizon > measured:
            detail += f", and steps after {measured} were not measured in the backtest"
        return Notice("recursive_horizon", detail)
