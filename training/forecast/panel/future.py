"""The forecasts of what follows every series, by the recommended forecaster or the next one that is at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.evaluation import baselines
from training.evaluation.rolling import Predictions
from training.forecast.fitting import finetuning
from training.forecast.measuring.backtests import LEVELS
from training.forecast.panel import statistics
from training.forecast.panel.measurement import Measurement
from training.forecast.panel.questions import Questions, future_of
from training.forecast.panel.ranking import NAIVE, PanelRanking
from training.forecast.ranking.recommendation import MEAN
from training.networks import universal


@dataclass(frozen=True)
class Forecasting:
    """What can forecast: versions, and statistical methods with the seconds of a fit, as far as the `budget` goes."""

    measurement: Measurement
    seconds: Mapping[str, float]
    budget: float
    any_series: Path | None
    exported: Path | None

    def forecast_all(self, ranking: PanelRanking) -> tuple[str, Predictions]:
        """Return the name of the forecaster, and its forecasts of all series."""
        plan = self.measurement.plan
        asked_for = future_of(plan.members, plan.steps)
        for row in [ranking.recommended, *ranking.rows]:
            predicted = self._forecast(row.name, asked_for)
            if predicted is not None:
                return row.name, predicted
        raise AssertionError("the seasonal naive forecast is always at hand")

    def _forecast(self, name: str, asked_for: Questions) -> Predictions | None:
        version = {finetuning.NAME: self.exported, universal.NAME: self.any_series}.get(name)
        if version is not None:
            return self.measurement.answer_by(version, asked_for)
        if name == NAIVE:
            return self.measurement.answer_naively(asked_for)
        names = tuple(self.seconds) if name == MEAN else (name,)
        if not set(names) <= set(self.seconds) or not self._has_time(names):
            return None
        answers = statistics.answer(names, asked_for, LEVELS)
        if name != MEAN:
            return answers[name]
        parts = list(answers.values())
        return baselines.mean(
            parts if self.any_series is None else [*parts, self.measurement.answer_by(self.any_series, asked_for)]
        )

    def _has_time(self, names: tuple[str, ...]) -> bool:
        """Whether each method can be fitted to all series in the time that it is allowed."""
        fits = len(self.measurement.plan.members) / statistics.JOBS
        return all(self.seconds[name] * fits <= self.budget for name in names)
