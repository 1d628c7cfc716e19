"""The forecasts of every candidate on the folds and the test part of a panel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import baselines, served
from training.evaluation.conformal import calibrate_intervals
from training.evaluation.rolling import Method, Predictions
from training.export.versions import in_memory
from training.forecast import finetuning
from training.forecast.panel import questions as asked
from training.forecast.panel import statistics
from training.forecast.panel.candidates import Finetuned
from training.forecast.panel.parts import FOLDS, Plan
from training.forecast.panel.questions import Questions
from training.forecast.panel.ranking import NAIVE, Measured
from training.networks import universal

LEVELS = (80.0, 95.0)
ON_FOLDS = "rolling origins of the folds of all series, each in units of the forecast's own spread"
ON_ALL = "rolling origins of the folds and of the test part of all series, each forecast by a network fitted before it"


@dataclass(frozen=True)
class Network:
    """A network of a panel, fitted before each part: the models, and their scores (questions, steps) on each part."""

    models: list[keras.Model]
    scores: list[Array]


class Measurement:
    """The questions of every part, and what each candidate answers. Parts are the folds, and then the test part."""

    def __init__(self, plan: Plan, season_length: int) -> None:
        self.plan, self.season_length = plan, season_length
        self.questions = [asked.questions_of(plan.measured, part, plan.steps) for part in range(FOLDS + 1)]
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
        answers = [statistics.answer(names, questions, LEVELS) for questions in self.questions]
        for name in names:
            self._add(name, [answer[name] for answer in answers])

    def add_network(self, finetuned: Finetuned, draft: ForecastCard) -> Network:
        """Answer by a network that is fitted before each part, with intervals calibrated on the folds."""
        models, scores = [], []
        for part, questions in enumerate(self.questions):
            models.append(finetuned.fit(part))
            scores.append(spread_scores(models[-1], questions))
        calibration = calibrate_intervals(np.concatenate(scores[:FOLDS]), "spread", ON_FOLDS)
        card = draft.model_copy(update={"calibration": calibration})
        answers = []
        for model, questions in zip(models, self.questions, strict=True):
            forecaster = in_memory(card, None, model)
            answers.append(self._by_season(questions, lambda s, f=forecaster: served.as_method(f, s)))  # type: ignore[misc]
        self._add(finetuning.NAME, answers)
        return Network(models, scores)

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


def newest_universal(models_dir: Path) -> Path | None:
    """Return the newest version of the forecaster of any series, if there is one that loads."""
    versions = bundle.versions(models_dir / universal.NAME)
    try:
        served.load(versions[-1])
    except (IndexError, bundle.BundleError):
        return None
    return versions[-1]


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
