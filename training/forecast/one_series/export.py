"""The network of a run as a version: fitted on all readings, with everything that was measured in its card."""

from pathlib import Path

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import Comparison, Score
from service.interfaces import Array
from training.evaluation.conformal import calibrate_intervals
from training.evaluation.rolling import RollingBacktest
from training.export.versions import in_memory, save_forecaster
from training.forecast.fitting import candidates
from training.forecast.measuring.backtests import MAX_HISTORY
from training.forecast.one_series.experiment import Evaluation, Experiment, pooled_metrics, step_range
from training.forecast.ranking.comparison import compare
from training.forecast.ranking.rows import Ranked, Ranking
from training.forecast.version import card as cards
from training.forecast.version.golden import golden_answers
from training.forecast.version.learnt import learnt_series
from training.networks import universal

MAX_SHAPED = 20_000  # the last readings, in which the shape of the season is looked for


def export(run: Experiment, evaluation: Evaluation, ranking: Ranking) -> Path:
    """Fit a candidate on all readings and write it as a new version; return the version's directory.

    Its intervals are calibrated on all errors that are out of sample. Raises BundleError if the version does not give the
    golden answers.
    """
    series, candidate, options = run.series, evaluation.candidate, run.options
    trained = candidate.train(series.readings, options.seeds)
    name = options.name or candidate.name
    baseline = ranking.baseline
    limits = [*evaluation.draft.limits, *([] if evaluation.barred is None else [evaluation.barred])]
    card = evaluation.draft.model_copy(
        update={
            "name": name,
            "version": bundle.next_version(options.models_dir, name),
            "parameters": trained.model.count_params(),
            "readings": cards.reading_limits(series.readings, candidate.window, series.season_length),
            "learnt_series": learnt_series(series.readings[-MAX_SHAPED:], series.season_length),
            "comparison": comparison(evaluation, ranking, run),
            "recommended": ranking.reason,
            "limits": limits,
            "scores": [*_scores(baseline.name, baseline.test), *_scores("model", evaluation.test)],
            "spread": evaluation.seed_statistics,
            "step_errors": cards.step_errors(evaluation.test, baseline.test, baseline.name),
            "calibration": calibrate_intervals(
                np.concatenate([evaluation.folds.scores, _test_scores(run, evaluation)]),
                evaluation.folds.unit,
                "rolling origins of the folds and of the test part, each forecast by a network fitted before it",
            ),
        }
    )
    golden = golden_answers(in_memory(card, trained.scaler, trained.model), series.readings[-MAX_HISTORY:])
    path, _ = save_forecaster(options.models_dir, card, golden, trained.model, scaler=trained.scaler)
    return path


def comparison(evaluation: Evaluation, ranking: Ranking, run: Experiment) -> Comparison | None:
    """Return the candidate's errors beside those of `universal` on the folds; None for one that is not to answer unasked."""
    rows: dict[str, Ranked] = {row.name: row for row in ranking.rows}
    if universal.NAME not in rows or run.any_series is None or evaluation.barred is not None:
        return None
    network, any_series = rows[evaluation.candidate.name], rows[universal.NAME]
    return compare(network.folds, any_series.folds, ranking.baseline.folds, run.any_series.name, ranking.fold_origins)


def _test_scores(run: Experiment, evaluation: Evaluation) -> Array:
    return candidates.nonconformity_scores(
        evaluation.folds.unit, evaluation.trained.model, evaluation.test, run.series.readings, run.series.season_length
    )


def _scores(subject: str, backtest: RollingBacktest) -> list[Score]:
    """Return the card's scores of the first step and of all steps, both over the origins that have all steps."""
    horizon = backtest.actual.shape[1]
    return [
        Score(
            split="test",
            subject=subject,
            steps=step_range(steps),
            count=len(backtest.part(horizon).origins),
            metrics={name: value for name, value in pooled_metrics(backtest, steps).items() if np.isfinite(value)},
        )
        for steps in dict.fromkeys((1, horizon))
    ]
