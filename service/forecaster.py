"""Readings in, the next readings out: prepare one series, predict a batch of them."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from service.answers import Warned, pieces
from service.bundle import Bundle
from service.card import ForecastCard
from service.errors import Fault, HorizonTooLong, InvalidRequest, MissingReadings, ModelFault, TooFewReadings
from service.scaling import Array

MAX_MISSING_SHARE = 0.2
MAX_SCALED = 1e9  # far outside any training range, and safe in float32
UNLIKE_FACTOR = 2.0
WINDOWS_PER_CALL = 32  # more would hardly be faster for each, and keep the first waiting for the last


class Window(NamedTuple):
    """The last readings of a series, complete, in original units; `cost` is the model calls it takes.

    `familiar`: they look like the series that the model learnt.
    """

    readings: list[float]
    horizon: int
    cost: int
    familiar: bool
    warnings: list[Warned]


class Forecaster:
    """Readings in, the next readings out, in the series' own units."""

    def __init__(self, bundle: Bundle) -> None:
        if not isinstance(bundle.card, ForecastCard) or bundle.scaler is None:
            raise TypeError("a forecaster needs a forecast card and a scaler")
        self.card = bundle.card
        self.engine = bundle.engine
        self.window = bundle.card.window
        self._scaler = bundle.scaler
        self._run = bundle.run
        self._skills: dict[int, dict[str, Any]] = {}
        self._lowest, self._highest = bundle.scaler.inverse(-MAX_SCALED), bundle.scaler.inverse(MAX_SCALED)
        # of the card, as plain numbers: every request is compared with them
        limits = bundle.card.readings
        self._minimum, self._maximum = limits.minimum, limits.maximum
        self._least_spread = limits.window_std_minimum / UNLIKE_FACTOR
        self._most_spread = limits.window_std_maximum * UNLIKE_FACTOR

    def prepare(self, readings: Sequence[float | None], horizon: int | None = None) -> Window:
        """Check one series and cut the model's window from its end.

        Raises TooFewReadings, MissingReadings, HorizonTooLong or InvalidRequest.
        """
        card = self.card
        horizon = card.horizon if horizon is None else horizon
        if horizon > card.max_horizon:
            raise HorizonTooLong(
                f"model '{card.name}' forecasts up to {card.max_horizon} steps; {horizon} were asked for",
                pointer="/horizon",
            )
        if len(readings) < card.window:
            raise TooFewReadings(
                f"model '{card.name}' reads a window of {card.window} readings; {len(readings)} were sent",
                faults=[Fault("/readings", f"needs at least {card.window} items")],
            )
        values, warnings = self._complete(readings)
        least, most = min(values), max(values)
        if not (self._lowest < least and most < self._highest):
            raise self._too_large(values, offset=len(readings) - card.window)
        if least < self._minimum or most > self._maximum:
            warnings.append(self._outside(values))
        unlike = self._unlike(values)
        if unlike:
            warnings.append(unlike)
        if horizon > card.steps:
            warnings.append(self._fed_back(horizon))
        return Window(values, horizon, -(-horizon // card.steps), unlike is None, warnings)

    def cut(self, items: Sequence[Window]) -> list[list[int]]:
        """Windows that take as many model calls go together, the quickest first."""
        by_cost: dict[int, list[int]] = {}
        for place, window in enumerate(items):
            by_cost.setdefault(window.cost, []).append(place)
        return [group for cost in sorted(by_cost) for group in pieces(by_cost[cost], WINDOWS_PER_CALL)]

    def predict(self, batch: Sequence[Window]) -> list[list[float]]:
        """Forecasts of `horizon` steps for each window, original units.

        A model of fewer steps is fed its own predictions until the longest horizon is reached.
        """
        card = self.card
        seen = self._scaler.transform(np.array([window.readings for window in batch]))
        steps = [self._step(seen)]
        for _ in range(1, max([window.cost for window in batch])):
            seen = np.concatenate([seen, steps[-1]], axis=1)[:, -card.window :]
            steps.append(self._step(seen))
        future = self._scaler.inverse(np.concatenate(steps, axis=1) if len(steps) > 1 else steps[0]).tolist()
        forecasts = [row[: window.horizon] for row, window in zip(future, batch, strict=True)]
        if not math.isfinite(sum(map(sum, forecasts))):
            raise ModelFault(f"model '{card.name}' gave a forecast that is not a number")
        return forecasts

    def replay(self, request: dict[str, Any]) -> list[float]:
        """Answer one golden request through the serving path."""
        return self.predict([self.prepare(**request)])[0]

    def skill(self, horizon: int) -> dict[str, Any]:
        """RMSE over the baseline's in the backtest, steps 1 to `horizon` (or as many as measured)."""
        errors = self.card.step_errors
        steps = min(horizon, len(errors.model_rmse))
        if steps not in self._skills:  # a card never changes
            self._skills[steps] = self._measured_skill(steps)
        return self._skills[steps]

    def _measured_skill(self, steps: int) -> dict[str, Any]:
        errors = self.card.step_errors
        ours, theirs = (
            float(np.sqrt(np.mean(np.square(rmse[:steps])))) for rmse in (errors.model_rmse, errors.baseline_rmse)
        )
        ratio = round(ours / theirs, 4) if theirs > 0 else None
        return {"baseline": errors.baseline, "metric": "rmse", "ratio": ratio, "steps": steps}

    def error(self, horizon: int) -> float:
        """Root mean squared error in the backtest over steps 1 to `horizon`, in scaled units."""
        rmse = self.card.step_errors.model_rmse[:horizon]
        limits = self.card.readings
        return float(np.sqrt(np.mean(np.square(rmse)))) / (limits.maximum - limits.minimum)

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

    def _complete(self, readings: Sequence[float | None]) -> tuple[list[float], list[Warned]]:
        """The window with its missing readings interpolated, or MissingReadings.

        The last reading, and the first of all that were sent, must be there. A gap at the window's begin is
        interpolated from before it, up to one window back.
        """
        window = self.window
        recent = readings[-window:]
        if None not in recent and readings[0] is not None:
            return list(cast(Sequence[float], recent)), []
        if readings[0] is None or readings[-1] is None:
            end = 0 if readings[0] is None else len(readings) - 1
            raise MissingReadings(
                "the first and the last reading must be there: nothing lies beyond to interpolate from",
                faults=[Fault(f"/readings/{end}", "must be a number")],
            )
        near = readings[-2 * window :]
        values = np.array([np.nan if r is None else r for r in near], dtype=np.float64)
        gaps = np.isnan(values)
        missing = np.flatnonzero(gaps[-window:]) + len(readings) - window
        if missing.size > MAX_MISSING_SHARE * window:
            raise MissingReadings(
                f"{missing.size} of the last {window} readings are missing; "
                f"at most {int(MAX_MISSING_SHARE * window)} can be interpolated",
                faults=[Fault(f"/readings/{i}", "must be a number") for i in missing],
            )
        if gaps[-window] and gaps[:-window].all():
            raise MissingReadings(
                f"the first of the last {window} readings is missing, and so is every one of the {window} before it",
                faults=[Fault(f"/readings/{missing[0]}", "must be a number")],
            )
        positions = np.arange(len(values))
        values[gaps] = np.interp(positions[gaps], positions[~gaps], values[~gaps])
        was, indices = ("was", "index") if missing.size == 1 else ("were", "indices")
        detail = (
            f"{missing.size} of the {window} readings used {was} missing and interpolated "
            f"({indices} {', '.join(map(str, missing))})"
        )
        return values[-window:].tolist(), [Warned("missing_readings", detail)]

    def _too_large(self, values: list[float], offset: int) -> InvalidRequest:
        """The refusal of readings so far out that float32 could not carry them."""
        far = [i for i, value in enumerate(values) if not self._lowest < value < self._highest]
        return InvalidRequest(
            "readings are too large for this model's scale; send them in the units of its "
            f"training data, which ran from {self._minimum:g} to {self._maximum:g}",
            faults=[Fault(f"/readings/{i + offset}", "is too large") for i in far],
        )

    def _outside(self, values: list[float]) -> Warned:
        outside = sum([not self._minimum <= value <= self._maximum for value in values])
        return Warned(
            "outside_training_range",
            f"{outside} of the {len(values)} readings used lie outside the range of the "
            f"training data ({self._minimum:g} to {self._maximum:g})",
        )

    def _unlike(self, values: list[float]) -> Warned | None:
        """Compare the level and the spread of a window with those of the training readings."""
        span = self._maximum - self._minimum
        level = sum(values) / len(values)
        spread = math.dist(values, [level] * len(values)) / math.sqrt(len(values))
        if not self._minimum - span <= level <= self._maximum + span:
            found = f"their mean is {level:g}, the training data ran from {self._minimum:g} to {self._maximum:g}"
        elif not self._least_spread <= spread <= self._most_spread:
            limits = self.card.readings
            found = (
                f"their standard deviation is {spread:g}, in training windows it was "
                f"{limits.window_std_minimum:g} to {limits.window_std_maximum:g}"
            )
        else:
            return None
        return Warned("unlike_training_data", f"the readings do not look like the series this model learnt: {found}")

    def _fed_back(self, horizon: int) -> Warned:
        steps, measured = self.card.steps, len(self.card.step_errors.model_rmse)
        detail = (
            f"the model predicts {steps} {'step' if steps == 1 else 'steps'} at once; "
            f"steps {steps + 1} to {horizon} are made from its own predictions"
        )
        if horizon > measured:
            detail += f", and steps after {measured} were not measured in the backtest"
        return Warned("recursive_horizon", detail)
