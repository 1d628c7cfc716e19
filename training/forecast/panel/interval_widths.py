"""The widths of a panel network's intervals: the service widens them by recent errors, and the folds say by how much too far."""

from collections.abc import Sequence

import numpy as np

from service.artifacts.card import SeasonWidths
from service.interfaces import Array
from training.evaluation.rolling import Predictions
from training.forecast.panel.questions import Questions

WIDEST = 2.0
MEASURED_ON = "the folds of all series, forecast as the service does"


def measure_widths(
    season_length: int, questions: Sequence[Questions], answers: Sequence[Predictions]
) -> dict[str, SeasonWidths]:
    """Return the factors with which the intervals of 80 and 95 % hold what they state; the answers have these levels."""
    low, high = (
        _width(
            np.concatenate([_ratios(asked, given, number) for asked, given in zip(questions, answers, strict=True)]),
            level,
        )
        for number, level in enumerate(answers[0].levels)
    )
    return {str(season_length): SeasonWidths(percent_80=low, percent_95=high, measured_on=MEASURED_ON)}


def _width(ratios: Array, level: float) -> float:
    return round(min(max(float(np.quantile(ratios, level / 100)), 1 / WIDEST), WIDEST), 3)


def _ratios(questions: Questions, given: Predictions, number: int) -> Array:
    """Each error over the distance of the interval's bound on its side."""
    error = questions.actual - given.point
    distance = np.where(error > 0, given.upper[number] - given.point, given.point - given.lower[number])
    known = ~np.isnan(error)
    ratios: Array = np.abs(error[known]) / np.maximum(distance[known], 1e-300)
    return ratios
