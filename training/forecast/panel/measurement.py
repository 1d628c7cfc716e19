"""The forecasts of every candidate on the folds and the test part of a panel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard, SeasonWidths
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import baselines, served
from training.evaluation.conformal import calibrate_intervals
from training.evaluation.rolling import Method, Predictions
from training.export.versions import in_memory
from training.forecast.fitting import finetuning
from training.forecast.measuring.backtests import LEVELS
from training.forecast.panel import questions as asked
from training.forecast.panel import statistics
from training.forecast.panel.candidates import SHARES, Finetuned
from training.forecast.panel.interval_widths import measure_widths
from training.forecast.panel.parts import FOLDS, Plan
from training.forecast.panel.questions import Questions
from training.forecast.panel.ranking import NAIVE, Measured
from training.forecast.panel.scores import rmse_by_series
from training.forecast.ranking.comparison import AnySeries
from training.forecast.ranking.recommendation import MEAN
from training.networks import universal

LEAST_ERROR = 1e-6  # of the range; a smaller one counts as much
ON_FOLDS = "rolling origins of the folds of all series, each in units of the forecast's own spread"
ON_ALL = "rolling origins of the folds and of the test part of all series, each forecast by a network fitted before it"


@dataclass(frozen=True)
class Network:
    """A network of a panel, fitted before each part: its scores (questions, steps) there, and the widths of its intervals.

    share: how much of what was learnt is kept beside the pretrained network; the folds chose it.
    """

    share: float
    scores: list[Array]
    widths: dict[str, SeasonWidths]


class Measurement:
    """The questions of every part, and what each candidate answers. Parts are the folds, and then the test part."""

    def __init__(self, plan: Plan, season_length: int) -> None:
        self.plan, self.season_length = plan, season_length
        self.questions = [asked.questions_of(plan.measured, part, plan.steps) for part in range(FOLDS + 1)]
        self.scale = np.array([float(np.ptp(member.readings)) for member in plan.measured])
        self.answers: list[dict[str, Predictions]] = [{} for _ in self.questions]

    def add_naive(self) -> None:
        """Answer by the seasonal naive forecast."""
        self._add(NAIVE, [self.answer_naively(questions) for questions in self.questions])

    def add_universal(self, version: Path) -> None:
        """Answer by a version of the forecaster of any series."""
        self._add(universal.NAME, [self.answer_by(version, questions) for questions in self.questions])

    def add_statistics(self, names: Sequence[str]) -> None:
        """Answer by statistical methods; a fit serves all origins of a series in a part."""
        if not names:
            return
        answers = statistics.answer_parts(names, self.questions, LEVELS)
        for name in names:
            self._add(name, [answer[name] for answer in answers])

    def add_mean(self, names: Sequence[str]) -> None:
        """Answer by the equal mean of what others answered, and of their intervals' ends."""
        self._add(MEAN, [baselines.mean([known[name] for name in names]) for known in self.answers])

    def add_network(self, finetuned: Finetuned, draft: ForecastCard) -> Network:
        """Answer by a network that is fitted before each part, with intervals calibrated on the folds."""
        fitted = [finetuned.fit(part) for part in range(FOLDS + 1)]
        share = min(
            SHARES, key=lambda each: self._fold_error([finetuned.blend(m, each) for m in fitted[:FOLDS]], draft)
        )
        models = [finetuned.blend(model, share) for model in fitted]
        scores = [spread_scores(model, asked_for) for model, asked_for in zip(models, self.questions, strict=True)]
        calibration = calibrate_intervals(np.concatenate(scores[:FOLDS]), "spread", ON_FOLDS)
        card = draft.model_copy(update={"calibration": calibration})
        folds = self._answers(models[:FOLDS], card, LEVELS)
        widths = measure_widths(self.season_length, self.questions[:FOLDS], folds) if folds[0].levels == LEVELS else {}
        card = draft.model_copy(update={"calibration": calibration.model_copy(update={"widths": widths})})
        self._add(finetuning.NAME, self._answers(models, card, LEVELS))
        return Network(share, scores, widths)

    def _fold_error(self, models: Sequence[keras.Model], card: ForecastCard) -> float:
        """The geometric mean over the series of the RMSE on the folds, in units of the series' range."""
        answers = self._answers(models, card, ())
        errors = [q.actual - a.point for q, a in zip(self.questions, answers, strict=False)]
        rows = np.concatenate([questions.rows for questions in self.questions[:FOLDS]])
        rmse = rmse_by_series(np.concatenate(errors), rows, len(self.plan.measured))
        return float(np.log(np.maximum(rmse / self.scale, LEAST_ERROR)).mean())

    def _answers(self, models: Sequence[keras.Model], card: ForecastCard, levels: Sequence[float]) -> list[Predictions]:
        """The answers to the first parts, a model each, as the service would give them."""
        answers = []
        for model, asked_for in zip(models, self.questions, strict=False):
            forecaster = in_memory(card, None, model)
            seasons = {
                int(season): served.as_method(forecaster, int(season)) for season in np.unique(asked_for.seasons)
            }
            answers.append(asked.answer(seasons, asked_for, levels))
        return answers

    def answer_by(self, version: Path, questions: Questions) -> Predictions:
        """Answer by a version, as the service would."""
        forecaster = served.load(version)
        return self._by_season(questions, lambda season: served.as_method(forecaster, season))

    def answer_naively(self, questions: Questions) -> Predictions:
        """Answer by the seasonal naive forecast."""
        return self._by_season(questions, lambda season: baselines.method(NAIVE, season))

    def folds(self) -> list[Measured]:
        return self._measured()[:FOLDS]

    def test(self) -> Measured:
        return self._measured()[FOLDS]

    def _measured(self) -> list[Measured]:
        return [Measured(questions, answers) for questions, answers in zip(self.questions, self.answers, strict=True)]

    def _by_season(self, questions: Questions, method: Callable[[int], Method]) -> Predictions:
        methods = {int(season): method(int(season)) for season in np.unique(questions.seasons)}
        return asked.answer(methods, questions, LEVELS)

    def _add(self, name: str, answers: Sequence[Predictions]) -> None:
        for known, predicted in zip(self.answers, answers, strict=True):
            known[name] = predicted


def loadable(any_series: AnySeries | None) -> Path | None:
    """Return the version of the forecaster of any series, if there is one and it loads."""
    if any_series is None:
        return None
    try:
        served.load(any_series.path)
    except bundle.BundleError:
        return None
    return any_series.path


def pretrained_of(models_dir: Path) -> tuple[keras.Model | None, str | None]:
    """Return the network to train further; or None, and a remark that says why."""
    try:
        return finetuning.restore_pretrained(models_dir), None
    except DataError as error:
        return None, f"'{finetuning.NAME}' is left out: {error}"


def spread_scores(model: keras.Model, questions: Questions) -> Array:
    """Return how far each reading is from its forecast, in units of the forecast's spread: (questions, steps)."""
    scores = np.empty_like(questions.actual)
    for season in np.unique(questions.seasons):
        rows = np.flatnonzero(questions.seasons == season)
        histories = [questions.histories[row] for row in rows]
        scores[rows] = finetuning.quantile_scores(model, histories, questions.actual[rows], int(season))
    return scores
