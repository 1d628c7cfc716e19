"""The export of a network that has learnt a panel."""

from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import Comparison, ForecastCard, StepErrors
from training.evaluation.conformal import calibrate_intervals
from training.export.versions import in_memory, save_forecaster
from training.forecast import finetuning
from training.forecast.panel import card as cards
from training.forecast.panel import scores
from training.forecast.panel.measuring import ON_ALL, Measurement, Network
from training.forecast.panel.ranking import NAIVE, Measured, PanelRanking, relative
from training.networks import universal

MEASURED_ON = (
    "rolling origins of the folds, RMSE in units of each series' seasonal naive RMSE; steps share a factor, so that all "
    "together are the geometric mean over the series"
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
    folds = measurement.folds()
    return Comparison(
        any_series=f"{universal.NAME}/{any_series.name}",
        measured_on=MEASURED_ON,
        origins=sum(len(part.questions.rows) for part in folds),
        baseline=NAIVE,
        model_rmse=_by_step(folds, finetuning.NAME, ranking, "folds_together"),
        any_series_rmse=_by_step(folds, universal.NAME, ranking, "folds_together"),
        baseline_rmse=_by_step(folds, NAIVE, ranking, "folds_together"),
    )


def step_errors(measurement: Measurement, ranking: PanelRanking) -> StepErrors:
    """The network beside the seasonal naive forecast on the test part."""
    test = [measurement.test()]
    return StepErrors(
        baseline=NAIVE,
        split="test",
        model_rmse=_by_step(test, finetuning.NAME, ranking, "test_together"),
        baseline_rmse=_by_step(test, NAIVE, ranking, "test_together"),
    )


def _by_step(parts: list[Measured], name: str, ranking: PanelRanking, together: str) -> list[float]:
    naive_rmse = np.where(ranking.is_compared, relative(parts, ranking.scale).naive_rmse, np.nan)
    errors = np.concatenate([part.errors(name) for part in parts])
    rows = np.concatenate([part.questions.rows for part in parts])
    row = ranking.row(name)
    assert row is not None
    return scores.scaled_by_step(errors, rows, naive_rmse, getattr(row, together).value)
