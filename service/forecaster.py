"""A network of one series: readings in, the next readings out, with intervals and what its recent errors say.

Where more readings are sent than the network's window holds, it forecasts from earlier origins too, in the same
model call. Its errors there correct the forecast, widen the intervals, and are its skill on these very readings.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service import correction, intervals
from service.answers import Warned, pieces
from service.bundle import Bundle
from service.card import ForecastCard
from service.errors import Fault, HorizonTooLong, InvalidRequest, ModelFault, TooFewReadings, UnsupportedLevel
from service.history import LEAST_ORIGINS, Walk, complete, walk
from service.scaling import Array

DEFAULT_LEVELS = (80.0, 95.0)
MAX_SCALED = 1e9  # far outside any training range, and safe in float32
UNLIKE_FACTOR = 2.0
BROKEN_FACTOR = 0.5
ORIGINS = 48  # earlier origins, at most
ROWS_PER_CALL = 64  # more would hardly be faster for each, and keep the first waiting for the last
POOR_COVERAGE = 60.0  # percent of own errors within the 80 % interval; less is worth a warning


class Window(NamedTuple):
    """The last readings of a series, complete, in original units; `cost` is the rows of all model calls it takes.

    `readings` has those before the network's window too, from which earlier origins look. `familiar`: they look like
    the series that the model learnt.
    """

    readings: list[float]
    horizon: int
    cost: int
    familiar: bool
    warnings: list[Warned]
    levels: tuple[float, ...] = ()
    seen: list[bool] | None = None
    season: int = 1


class Interval(NamedTuple):
    level: float
    lower: list[float]
    upper: list[float]


class Forecast(NamedTuple):
    """One answer, original units. `skill` is of the readings sent, or None where they were too few."""

    values: list[float]
    intervals: list[Interval]
    skill: dict[str, Any] | None
    warnings: list[Warned]

    def numbers(self) -> list[float]:
        """All that golden answers hold: the forecast, then each interval's lower and upper bounds."""
        bounds = [bound for interval in self.intervals for side in interval[1:] for bound in side]
        return self.values + bounds


class Forecaster(ABC):
    """Readings in, the next readings out, in the series' own units."""

    def __init__(self, bundle: Bundle) -> None:
        if not isinstance(bundle.card, ForecastCard):
            raise TypeError("a forecaster needs a forecast card")
        self.card = bundle.card
        self.engine = bundle.engine
        self.window = bundle.card.window
        self.season = bundle.card.data.season or 1
        self._run = bundle.run
        self._skills: dict[int, dict[str, Any]] = {}
        found = bundle.card.calibration
        self._calibration = intervals.Calibration(found.scores) if found else None

    def asked(self, horizon: int | None, levels: Sequence[float] | None, sent: int) -> tuple[int, tuple[float, ...]]:
        """The horizon and the levels to answer; raises HorizonTooLong, TooFewReadings or UnsupportedLevel."""
        card = self.card
        horizon = card.horizon if horizon is None else horizon
        if horizon > card.max_horizon:
            raise HorizonTooLong(
                f"model '{card.name}' forecasts up to {card.max_horizon} steps; {horizon} were asked for",
                pointer="/horizon",
            )
        if sent < card.window:
            raise TooFewReadings(
                f"model '{card.name}' reads a window of {card.window} readings; {sent} were sent",
                faults=[Fault("/readings", f"needs at least {card.window} items")],
            )
        return horizon, self.levels(levels)

    def levels(self, levels: Sequence[float] | None) -> tuple[float, ...]:
        """Those asked for, or those of the default that the calibration supports, ascending; or UnsupportedLevel."""
        count = self._calibration.count if self._calibration else 0
        if levels is None:
            return tuple(level for level in DEFAULT_LEVELS if intervals.supported(level, count))
        wrong = [i for i, level in enumerate(levels) if not intervals.supported(level, count)]
        if wrong:
            most = f"levels up to {intervals.highest(count):g}" if count else "no levels; send []"
            raise UnsupportedLevel(
                f"model '{self.card.name}' was calibrated on {count} errors a step, which support {most}",
                faults=[Fault(f"/levels/{i}", f"must be at most {intervals.highest(count):g}") for i in wrong],
            )
        return tuple(sorted(set(levels)))

    def skill(self, horizon: int) -> dict[str, Any]:
        """RMSE over the baseline's in the card's backtest, steps 1 to `horizon` (or as many as measured)."""
        errors = self.card.step_errors
        steps = min(horizon, len(errors.model_rmse))
        if steps not in self._skills:  # a card never changes
            ours, theirs = (
                float(np.sqrt(np.mean(np.square(rmse[:steps])))) for rmse in (errors.model_rmse, errors.baseline_rmse)
            )
            ratio = round(ours / theirs, 4) if theirs > 0 else None
            self._skills[steps] = {
                "baseline": errors.baseline,
                "metric": "rmse",
                "ratio": ratio,
                "steps": steps,
                "measured_on": "card",
                "origins": None,
            }
        return self._skills[steps]

    def replay(self, request: dict[str, Any]) -> list[float]:
        """Answer one golden request through the serving path."""
        return self.predict([self.prepare(**request)])[0].numbers()

    @abstractmethod
    def prepare(
        self,
        readings: Sequence[float | None],
        horizon: int | None = None,
        levels: Sequence[float] | None = None,
        season: int | None = None,
    ) -> Window:
        """Check one series and cut what is read from its end."""

    @abstractmethod
    def cut(self, items: Sequence[Window]) -> list[list[int]]:
        """Places of the windows that belong into one call."""

    @abstractmethod
    def predict(self, batch: Sequence[Window]) -> list[Forecast]:
        """Forecasts of `horizon` steps for each window, original units."""

    def banded(
        self, values: Array, below: Array, above: Array, levels: Sequence[float], own: Array | None
    ) -> list[Interval]:
        """Intervals about `values` (horizon,), whose spreads on either side are `below` and `above`.

        They never get narrower with the step, and a higher level's holds every lower one's. `own` are the scores of
        earlier origins.
        """
        found: list[Interval] = []
        for level in levels:
            assert self._calibration is not None
            wide = self._multipliers(level, len(values))
            if own is not None:
                wide = wide * self._calibration.widening(own, level, self.least_widening)
            lower = values - np.maximum.accumulate(below * wide)
            upper = values + np.maximum.accumulate(above * wide)
            if found:
                lower, upper = np.minimum(lower, found[-1].lower), np.maximum(upper, found[-1].upper)
            found.append(Interval(level, lower.tolist(), upper.tolist()))
        return found

    least_widening = 1.0

    def _multipliers(self, level: float, horizon: int) -> Array:
        """Of each step; those after the calibrated ones grow as a random walk's."""
        assert self._calibration is not None
        known, steps = self._calibration.multipliers(level), self._calibration.steps
        if horizon <= steps:
            return known[:horizon]
        further = known[-1] * np.sqrt(np.arange(steps + 1, horizon + 1) / steps)
        return np.concatenate([known, further])

    def poor_coverage(self, own: Array) -> Warned | None:
        """A warning where the calibrated 80 % interval held far fewer of the caller's own readings."""
        if self._calibration is None or not intervals.supported(80, self._calibration.count):
            return None
        steps = min(own.shape[1], self._calibration.steps)
        within = own[:, :steps] <= self._calibration.multipliers(80)[:steps]
        known = ~np.isnan(own[:, :steps])
        origins = int(known[:, 0].sum())
        held = 100 * float(within[known].mean()) if known.any() else 100.0
        if origins < LEAST_ORIGINS or held >= POOR_COVERAGE:
            return None
        return Warned(
            "poor_coverage",
            f"from {origins} earlier origins in these readings the model's 80 % intervals would have held "
            f"{held:.0f} %; the intervals are widened accordingly",
        )


class SeriesForecaster(Forecaster):
    """A network of a fixed window, in the units of the one series that it learnt."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        limits = self.card.readings
        if bundle.scaler is None or limits is None:
            raise TypeError("a forecaster of one series needs a scaler and the limits of its readings")
        self._scaler = bundle.scaler
        self._lowest, self._highest = bundle.scaler.inverse(-MAX_SCALED), bundle.scaler.inverse(MAX_SCALED)
        # of the card, as plain numbers: every request is compared with them
        self._minimum, self._maximum = limits.minimum, limits.maximum
        self._least_spread = limits.window_std_minimum / UNLIKE_FACTOR
        self._most_spread = limits.window_std_maximum * UNLIKE_FACTOR
        self._least_correlation = (limits.season_correlation_minimum or 0.0) * BROKEN_FACTOR

    def prepare(
        self,
        readings: Sequence[float | None],
        horizon: int | None = None,
        levels: Sequence[float] | None = None,
        season: int | None = None,  # noqa: ARG002 - the card's is known
    ) -> Window:
        """Check one series and cut what is read from its end; the season is the card's.

        Raises TooFewReadings, MissingReadings, HorizonTooLong, UnsupportedLevel or InvalidRequest.
        """
        card = self.card
        horizon, wanted = self.asked(horizon, levels, len(readings))
        values, seen, warnings = complete(readings, card.window + ORIGINS, card.window)
        if not (self._lowest < min(values) and max(values) < self._highest):
            raise self._too_large(values, offset=len(readings) - len(values))
        recent = values[-card.window :]
        if min(recent) < self._minimum or max(recent) > self._maximum:
            warnings.append(self._outside(recent))
        unlike = self._unlike(recent)
        if unlike:
            warnings.append(unlike)
        elif self._is_broken(recent):
            warnings.append(
                Warned("broken_season", f"the last {self.season} readings do not repeat the {self.season} before them")
            )
        if horizon > card.steps:
            warnings.append(self._fed_back(horizon))
        cost = len(values) - card.window + -(-horizon // card.steps)
        return Window(values, horizon, cost, unlike is None, warnings, wanted, seen, self.season)

    def cut(self, items: Sequence[Window]) -> list[list[int]]:
        """Windows that take as many rows go together, the quickest first."""
        by_cost: dict[int, list[int]] = {}
        for place, window in enumerate(items):
            by_cost.setdefault(window.cost, []).append(place)
        return [group for cost in sorted(by_cost) for group in pieces(by_cost[cost], max(1, ROWS_PER_CALL // cost))]

    def predict(self, batch: Sequence[Window]) -> list[Forecast]:
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

    def _finished(self, item: Window, values: Array, past: Array) -> Forecast:
        """Corrected, with intervals and skill; `past` are forecasts from the origins before, (origins, steps)."""
        own, skill, warnings = None, None, []
        if len(past):
            ends = range(self.window, self.window + len(past))
            walked = walk(np.array(item.readings), item.seen, ends, past, self.season)
            if self.card.corrected:
                walked, values = self._corrected(walked, values)
            own = np.abs(walked.errors) / self._spread(walked.forecast)
            skill = walked.skill(item.horizon)
            poor = self.poor_coverage(own)
            warnings = [poor] if poor else []
        if not item.levels:
            return Forecast(values.tolist(), [], skill, warnings)
        spread = self._spread(values)
        bands = self.banded(values, spread, spread, item.levels, own)
        return Forecast(values.tolist(), bands, skill, warnings)

    def _corrected(self, walked: Walk, values: Array) -> tuple[Walk, Array]:
        """The forecast shifted by the errors known now, and each earlier one by those known then."""
        shifts = correction.shifts(walked.errors)
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
            found = (
                f"their standard deviation is {spread:g}, in training windows it was "
                f"{self._least_spread * UNLIKE_FACTOR:g} to {self._most_spread / UNLIKE_FACTOR:g}"
            )
        else:
            return None
        return Warned("unlike_training_data", f"the readings do not look like the series this model learnt: {found}")

    def _is_broken(self, values: list[float]) -> bool:
        """Whether the last season is unlike the one before it, where those of the training windows were alike."""
        season = self.season
        if self._least_correlation <= 0 or len(values) < 2 * season:
            return False
        return season_correlation(np.array(values), season) < self._least_correlation

    def _fed_back(self, horizon: int) -> Warned:
        steps, measured = self.card.steps, len(self.card.step_errors.model_rmse)
        detail = (
            f"the model predicts {steps} {'step' if steps == 1 else 'steps'} at once; "
            f"steps {steps + 1} to {horizon} are made from its own predictions"
        )
        if horizon > measured:
            detail += f", and steps after {measured} were not measured in the backtest"
        return Warned("recursive_horizon", detail)


def season_correlation(values: Array, season: int) -> float:
    """Correlation of the last season with the one before; values (time,) of at least two seasons."""
    last, before = values[-season:], values[-2 * season : -season]
    last, before = last - last.mean(), before - before.mean()
    size = float(np.sqrt((last @ last) * (before @ before)))
    return float(last @ before) / size if size > 0 else 0.0
