"""What every forecaster does with a request: readings in, the next readings out, intervals, and what its errors say.

Networks of a fixed window are in window_forecaster.py, those of any series in universal.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from service.artifacts.bundle import Bundle
from service.artifacts.card import ForecastCard
from service.errors import Fault, HorizonTooLong, TooFewReadings, UnsupportedLevel
from service.forecast import intervals
from service.forecast.backtest import LEAST_ORIGINS, Backtest
from service.forecast.intervals import Interval
from service.forecast.ood import OutOfDistributionCheck
from service.interfaces import Array, Notice

DEFAULT_LEVELS = (80.0, 95.0)
COVERAGE_LEVEL = 80.0
POOR_COVERAGE = 60.0  # percent of own errors within the 80 % interval; less is worth a warning


class PreparedSeries(NamedTuple):
    """The last readings of a series, complete, in original units; `cost` is the rows of all model calls it takes.

    `readings` has those before the network's window too, from which earlier origins look. `familiar`: they look like
    the series that the model learnt.
    """

    readings: list[float]
    horizon: int
    cost: int
    familiar: bool
    warnings: list[Notice]
    levels: tuple[float, ...] = ()
    seen: list[bool] | None = None
    season: int = 1


class Forecast(NamedTuple):
    """One answer, original units. `skill` is of the readings sent, or None where they were too few."""

    values: list[float]
    intervals: list[Interval]
    skill: dict[str, Any] | None
    warnings: list[Notice]

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
        limits = bundle.card.readings
        self._familiarity = OutOfDistributionCheck(limits, self.season) if limits else None

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

    def prepare(
        self,
        readings: Sequence[float | None],
        horizon: int | None = None,
        levels: Sequence[float] | None = None,
        season: int | None = None,
    ) -> PreparedSeries:
        """Check one series and cut what is read from its end; a network of one series knows its `season`.

        Raises TooFewReadings, MissingReadings, HorizonTooLong, UnsupportedLevel or InvalidRequest.
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
        return self._prepared(readings, horizon, self.levels(levels), season)

    @abstractmethod
    def _prepared(
        self, readings: Sequence[float | None], horizon: int, levels: tuple[float, ...], season: int | None
    ) -> PreparedSeries:
        """What is read of one series, checked; `horizon` and `levels` are those to answer."""

    @abstractmethod
    def cut(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Places of the windows that belong into one call."""

    @abstractmethod
    def predict(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecasts of `horizon` steps for each window, original units."""

    def _judged(self, walked: Backtest, own: Array, horizon: int) -> tuple[dict[str, Any] | None, list[Notice]]:
        """Skill and warnings by earlier origins; `own` are the forecasts' scores there, (origins, steps)."""
        return walked.skill(horizon), self._poor_coverage(own)

    def _poor_coverage(self, own: Array) -> list[Notice]:
        """A warning where the calibrated 80 % interval held far fewer of the caller's own readings."""
        if self._calibration is None or not intervals.supported(COVERAGE_LEVEL, self._calibration.count):
            return []
        held, origins = self._calibration.held(own, COVERAGE_LEVEL)
        if origins < LEAST_ORIGINS or held >= POOR_COVERAGE:
            return []
        return [
            Notice(
                "poor_coverage",
                f"from {origins} earlier origins in these readings the model's {COVERAGE_LEVEL:g} % intervals would "
                f"have held {held:.0f} %; the intervals are widened accordingly",
            )
        ]
