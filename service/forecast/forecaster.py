"""What every forecaster does with a request: readings in, forecasts with intervals out, and what earlier errors say.

Networks of one series are in window_forecaster.py, the networks of any series in context_forecaster.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from ..artifacts.bundle import Bundle
from ..artifacts.card import MAX_HORIZON, Comparison, ForecastCard
from ..errors import Fault, InvalidRequest, TooFewReadings, UnsupportedLevel
from ..interfaces import Array, Mask, Notice
from . import intervals
from .backtest import Backtest
from .bounds import NO_BOUNDS, Bounds
from .imputation import ImputedReadings, impute
from .intervals import Interval
from .learnt_panel import LearntPanel
from .learnt_series import LearntSeriesCheck
from .ood import OutOfDistributionCheck

DEFAULT_LEVELS = (80.0, 95.0)
COVERAGE_LEVEL = 80.0
MIN_COVERED = 6  # forecasts from earlier origins; fewer say nothing about intervals
POOR_COVERAGE = 60.0  # percent of the backtest's readings within the 80 % intervals; less is worth a warning
MAX_SEASON = 10_000  # readings in a season, if the caller says how many


class SeriesFacts(NamedTuple):
    """What a caller says of a series beside its readings: how many make a season, and what they can be."""

    season: int | None = None
    bounds: Bounds = NO_BOUNDS


NO_FACTS = SeriesFacts()


class PreparedSeries(NamedTuple):
    """The last readings of one series, without gaps, in original units; an item for `predict`.

    `readings` has those before the network's window too: backtests start there. `observed_mask` is None if all were
    observed, and False where a reading is interpolated. `cost` is the number of rows of all model calls.
    `in_distribution`: the readings look like the series that the model learnt. `pattern`: what comes next, again and again,
    if the readings repeat exactly. With `origins`, one step is forecast from each of them (how many readings are known
    there), and nothing else.
    """

    readings: list[float] | Array
    horizon: int
    cost: int
    in_distribution: bool
    warnings: list[Notice]
    levels: tuple[float, ...] = ()
    observed_mask: list[bool] | Mask | None = None
    season_length: int = 1
    pattern: list[float] | None = None
    bounds: Bounds = NO_BOUNDS
    origins: tuple[int, ...] = ()


class Forecast(NamedTuple):
    """One forecast in original units. `skill` is measured on the readings, or None if they are too few."""

    values: list[float]
    intervals: list[Interval]
    skill: dict[str, Any] | None
    warnings: list[Notice]

    def numbers(self) -> list[float]:
        """Return what golden answers hold: the values, then the lower and the upper bounds of each interval."""
        bounds = [bound for interval in self.intervals for side in interval[1:] for bound in side]
        return self.values + bounds


class Forecaster(ABC):
    """A model version that reads one series and forecasts its next readings, in the series' own units."""

    def __init__(self, bundle: Bundle) -> None:
        if not isinstance(bundle.card, ForecastCard):
            raise TypeError("a forecaster needs a forecast card")
        self.card = bundle.card
        self.backend = bundle.backend
        self.window = bundle.card.window
        self.season_length = bundle.card.data.season or 1
        self._network = bundle.network
        self._skills: dict[int, dict[str, Any]] = {}
        self._comparisons: dict[int, tuple[float, float] | None] = {}
        calibration = bundle.card.calibration
        self._calibration = intervals.Calibration(calibration.scores) if calibration else None
        self._score_count = self._calibration.count if self._calibration else 0
        self._default_levels = tuple(level for level in DEFAULT_LEVELS if self._supports(level))
        self._checks_coverage = self._supports(COVERAGE_LEVEL)
        limits = bundle.card.readings
        self._ood_check = OutOfDistributionCheck(limits, self.season_length) if limits else None
        learnt = bundle.card.learnt_series
        self.learnt_series = LearntSeriesCheck(learnt) if learnt else None
        self.learnt_panel = LearntPanel(bundle.card.learnt_panel) if bundle.card.learnt_panel else None

    def _supports(self, level: float) -> bool:
        return intervals.is_supported(level, self._score_count)

    def levels(self, levels: Sequence[float] | None) -> tuple[float, ...]:
        """Return interval levels in percent, ascending: those asked for, or the default ones that are supported.

        Raises UnsupportedLevel if the calibration has too few scores for a level that was asked for.
        """
        if levels is None:
            return self._default_levels
        unsupported = [i for i, level in enumerate(levels) if not self._supports(level)]
        if unsupported:
            count = self._score_count
            most = f"levels up to {intervals.highest_level(count):g}" if count else "no levels; send []"
            raise UnsupportedLevel(
                f"model '{self.card.name}' was calibrated on {count} errors a step, which support {most}",
                faults=[
                    Fault(f"/levels/{i}", f"must be at most {intervals.highest_level(count):g}") for i in unsupported
                ],
            )
        return tuple(sorted(set(levels)))

    def skill(self, horizon: int) -> dict[str, Any]:
        """Return the RMSE over the baseline's in the card's backtest, for steps 1 to `horizon` or as many as measured."""
        errors = self.card.step_errors
        steps = min(horizon, len(errors.model_rmse))
        if steps not in self._skills:  # a card never changes
            model_rmse, baseline_rmse = (_pooled(rmse, steps) for rmse in (errors.model_rmse, errors.baseline_rmse))
            ratio = round(model_rmse / baseline_rmse, 4) if baseline_rmse > 0 else None
            self._skills[steps] = {
                "baseline": errors.baseline,
                "metric": "rmse",
                "ratio": ratio,
                "steps": steps,
                "measured_on": "card",
                "origins": None,
            }
        return self._skills[steps]

    def comparison(self, horizon: int) -> tuple[float, float] | None:
        """Return the RMSE of this model and of the forecaster of any series, both over the baseline's.

        On readings that neither had learnt, by the card, for steps 1 to `horizon` or as many as measured. None if they
        were not measured.
        """
        compared = self.card.comparison
        steps = 0 if compared is None else min(horizon, len(compared.model_rmse))
        if steps not in self._comparisons:  # a card never changes
            self._comparisons[steps] = None if compared is None else _ratios(compared, steps)
        return self._comparisons[steps]

    def replay(self, request: dict[str, Any]) -> list[float]:
        """Answer one golden request through the serving path."""
        return self.predict([self.prepare(**request)])[0].numbers()

    def prepare(
        self,
        readings: Sequence[float | None],
        horizon: int | None = None,
        levels: Sequence[float] | None = None,
        season: int | None = None,
        facts: SeriesFacts = NO_FACTS,
    ) -> PreparedSeries:
        """Check the options and one series. None means the model's own horizon and levels, and an unknown season.

        readings: oldest first, None where one is missing. Raises TooFewReadings, MissingReadings, UnsupportedLevel
        or InvalidRequest.
        """
        card = self.card
        horizon = card.horizon if horizon is None else horizon
        if horizon > MAX_HORIZON:
            raise InvalidRequest(
                f"forecasts have up to {MAX_HORIZON:,} steps; {horizon} were asked for", pointer="/horizon"
            )
        return self.read(readings, horizon, self.levels(levels), season, facts)

    def read(
        self,
        readings: Sequence[float | None],
        horizon: int,
        levels: tuple[float, ...],
        season: int | None,
        facts: SeriesFacts = NO_FACTS,
    ) -> PreparedSeries:
        """Check one series, for options that were checked before.

        season: that of the frequency, if it is known. A network of one series knows its own. Raises TooFewReadings,
        MissingReadings or InvalidRequest.
        """
        self._check_count(readings)
        return self._read(readings, horizon, levels, season, facts)

    def _check_count(self, readings: Sequence[float | None]) -> None:
        window = self.window
        if len(readings) < window:
            raise TooFewReadings(
                f"model '{self.card.name}' reads a window of {window} readings; {len(readings)} were sent",
                faults=[Fault("/readings", f"needs at least {window} items")],
            )

    @staticmethod
    def _recent(readings: Sequence[float | None], used: int, needed: int) -> ImputedReadings:
        """The last `used` readings without gaps; see `impute`."""
        recent = readings[-used:]
        if None in recent or readings[0] is None:
            return impute(readings, used, needed)
        return ImputedReadings(list(cast(Sequence[float], recent)), None, [])

    @staticmethod
    def _answer(
        item: PreparedSeries,
        values: list[float],
        intervals: list[Interval],
        skill: dict[str, Any] | None,
        warnings: list[Notice],
    ) -> Forecast:
        """A forecast within the bounds of its series."""
        bounds = item.bounds
        if bounds is NO_BOUNDS or bounds == NO_BOUNDS:
            return Forecast(values, intervals, skill, warnings)
        within = [bounds.clip_interval(interval) for interval in intervals]
        return Forecast(bounds.clip(np.array(values)).tolist(), within, skill, warnings)

    @abstractmethod
    def _read(
        self,
        readings: Sequence[float | None],
        horizon: int,
        levels: tuple[float, ...],
        season: int | None,
        facts: SeriesFacts,
    ) -> PreparedSeries:
        """Check the readings, and take what the network needs from their end."""

    @abstractmethod
    def make_batches(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Return the indices of the items that belong into one model call, call by call."""

    @abstractmethod
    def predict(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecast `horizon` steps of every series, in original units."""

    def _evaluate(
        self, backtest: Backtest, local_scores: Array, horizon: int
    ) -> tuple[dict[str, Any] | None, list[Notice]]:
        """Skill and warnings by the backtest on the caller's readings; `local_scores` are (origins, steps)."""
        return backtest.skill(horizon), self._poor_coverage(local_scores)

    def _poor_coverage(self, local_scores: Array) -> list[Notice]:
        """A warning if the calibrated 80 % intervals would have held far fewer of the caller's own readings."""
        if self._calibration is None or not self._checks_coverage:
            return []
        return poor_coverage(*self._calibration.empirical_coverage(local_scores, COVERAGE_LEVEL))


def poor_coverage(coverage: float, count: int) -> list[Notice]:
    """Return a warning if the 80 % intervals hold far too small a percentage of `count` readings."""
    if count < MIN_COVERED or coverage >= POOR_COVERAGE:
        return []
    return [
        Notice(
            "poor_coverage",
            f"from earlier origins the model's {COVERAGE_LEVEL:g} % intervals would have held {coverage:.0f} % of "
            f"{count} forecasts of these readings; the intervals are widened accordingly",
        )
    ]


def _pooled(rmse: Sequence[float], steps: int) -> float:
    """The RMSE of steps 1 to `steps` together."""
    return float(np.sqrt(np.mean(np.square(rmse[:steps]))))


def _ratios(compared: Comparison, steps: int) -> tuple[float, float] | None:
    model, any_series, baseline = (
        _pooled(rmse, steps) for rmse in (compared.model_rmse, compared.any_series_rmse, compared.baseline_rmse)
    )
    return (round(model / baseline, 4), round(any_series / baseline, 4)) if baseline > 0 else None
