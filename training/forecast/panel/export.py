"""The export of a network that has learnt a panel."""

from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import Comparison, ForecastCard, StepErrors
from training.evaluation.conformal import calibrate_intervals
from training.export.versions import in_memory, save_forecaster
from training.forecast.fitting import finetuning
from training.forecast.panel import card as cards
from training.forecast.panel import scores
from training.forecast.panel.measurement import ON_ALL, Measurement, Network
from training.forecast.panel.ranking import NAIVE, Measured, PanelRanking, PanelRow, relative
from training.networks import universal

MEASURED_ON = (
    "rolling origins of all series in the fold on which the network did worse beside the forecaster of any series; RMSE in "
    "units of each series' seasonal naive RMSE; steps share a factor, so that together they are the geometric mean over series"
)


def export(
    models_dir: Path,
    draft: ForecastCard,
    model: keras.Model,
    measurement: Measurement,
    network: Network,
    ranking: PanelRanking,
    any_series: Path | None,
) -> tuple[Path, ForecastCard]:
    """Write a network that was fitted to all readings as a new version; return its directory and its card.

    Raises BundleError if the version does not give the golden answers.
    """
    calibration = calibrate_intervals(np.concatenate(network.scores), "spread", ON_ALL)
    calibration = calibration.model_copy(update={"widths": network.widths})
    card = draft.model_copy(update={"version": bundle.next_version(models_dir, draft.name)})
    comparison = compare(measurement, ranking, any_series)
    card = cards.with_results(
        card, model, ranking, calibration, network.share, comparison, step_errors(measurement, ranking)
    )
    golden = cards.golden_answers(in_memory(card, None, model), measurement.plan.learnt)
    path, _ = save_forecaster(models_dir, card, golden, model)
    return path, card


def compare(measurement: Measurement, ranking: PanelRanking, any_series: Path | None) -> Comparison | None:
    """The network beside the forecaster of any series on the folds; None without one."""
    if any_series is None:
        return None
    number, fold = _harder_fold(measurement, ranking)
    return Comparison(
        any_series=f"{universal.NAME}/{any_series.name}",
        measured_on=MEASURED_ON,
        origins=len(fold.questions.rows),
        baseline=NAIVE,
        model_rmse=_by_step(fold, finetuning.NAME, ranking, _row(ranking, finetuning.NAME).by_fold[number]),
        any_series_rmse=_by_step(fold, universal.NAME, ranking, _row(ranking, universal.NAME).by_fold[number]),
        baseline_rmse=_by_step(fold, NAIVE, ranking, 1.0),
    )


def _harder_fold(measurement: Measurement, ranking: PanelRanking) -> tuple[int, Measured]:
    """The fold on which the network is worse beside the forecaster of any series: it answers if it is better there, too."""
    network, other = _row(ranking, finetuning.NAME).by_fold, _row(ranking, universal.NAME).by_fold
    number = int(np.argmax(np.array(network) / np.array(other)))
    return number, measurement.folds()[number]


def step_errors(measurement: Measurement, ranking: PanelRanking) -> StepErrors:
    """The network beside the seasonal naive forecast on the test part."""
    test = measurement.test()
    return StepErrors(
        baseline=NAIVE,
        split="test",
        model_rmse=_by_step(test, finetuning.NAME, ranking, _row(ranking, finetuning.NAME).test_together.value),
        baseline_rmse=_by_step(test, NAIVE, ranking, 1.0),
    )


def _by_step(part: Measured, name: str, ranking: PanelRanking, mean_ratio: float) -> list[float]:
    naive_rmse = np.where(ranking.is_compared, relative(part, ranking.scale).naive_rmse, np.nan)
    return scores.scaled_by_step(part.errors(name), part.questions.rows, naive_rmse, mean_ratio)


def _row(ranking: PanelRanking, name: str) -> PanelRow:
    return next(row for row in ranking.rows if row.name == name)
