"""One series with its split, and what happens to a candidate on it: cross-validation, evaluation, export."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import Comparison, ForecastCard, Score, SeedStatistics
from service.interfaces import Array
from training.data import series_audit
from training.data.series import Series, fetch_series, read_series
from training.data.tables import DataError
from training.evaluation import baselines, metrics, rolling
from training.evaluation.conformal import calibrate_intervals
from training.evaluation.rolling import RollingBacktest
from training.export.versions import in_memory, save_forecaster
from training.forecast import candidates
from training.forecast import card as cards
from training.forecast.candidates import Candidate, FoldResult, TrainedNetwork
from training.forecast.comparison import AnySeries, compare, measure_any_series
from training.forecast.learnt import learnt_series
from training.forecast.options import TEST_SHARE, TrainOptions

DEFAULT_TEST_SIZE = 147  # months of the default series
NAIVE = "seasonal_naive"


@dataclass(frozen=True)
class Validation:
    """A candidate after cross-validation, and its network fitted on the whole training set."""

    candidate: Candidate
    draft: ForecastCard
    folds: FoldResult
    trained: TrainedNetwork


@dataclass(frozen=True)
class Evaluation(Validation):
    """The same candidate after the test set."""

    test: RollingBacktest
    seed_statistics: list[SeedStatistics]


@dataclass(frozen=True)
class Experiment:
    """A series whose first `train_size` readings are the training set and the others the test set."""

    series: Series
    train_size: int
    remarks: list[str]
    options: TrainOptions

    @property
    def training_set(self) -> Array:
        return self.series.readings[: self.train_size]

    @property
    def test_origins(self) -> range:
        return range(self.train_size, len(self.series.readings))

    def cross_validate(self, candidate: Candidate) -> Validation:
        """Fit a candidate on the folds, then on the training set. Raises DataError if the folds are too short."""
        seeds = self.options.seeds
        candidates.fold_ends(self.train_size, candidate.window, self.options.steps)
        draft = cards.draft(candidate, self.series, self.train_size, self.options, self.remarks)
        folds = candidates.cross_validate(candidate, draft, self.training_set, self.series.season_length, seeds)
        draft = draft.model_copy(
            update={
                "corrected": folds.corrected,
                "calibration": calibrate_intervals(
                    folds.scores, folds.unit, "rolling origins of the folds inside the training part"
                ),
            }
        )
        return Validation(candidate, draft, folds, candidate.train(self.training_set, seeds))

    def evaluate(self, validation: Validation) -> Evaluation:
        """Measure a candidate on the test set: as the service would answer with it, and each seed alone."""
        candidate, draft = validation.candidate, validation.draft
        backtest = self._backtest_test_set(draft, validation.trained)
        by_seed = [
            self._backtest_test_set(draft, candidate.train(self.training_set, (seed,))) for seed in self.options.seeds
        ]
        statistics = [summary for steps in (1, draft.horizon) for summary in _seed_statistics(by_seed, steps)]
        return Evaluation(candidate, draft, validation.folds, validation.trained, backtest, statistics)

    def export(self, evaluation: Evaluation) -> Path:
        """Fit a candidate on all readings and write it as a new version; return the version's directory.

        Its intervals are calibrated on all errors that are out of sample. Raises BundleError if the version does not
        give the golden answers.
        """
        series, candidate, models_dir = self.series, evaluation.candidate, self.options.models_dir
        trained = candidate.train(series.readings, self.options.seeds)
        name = self.options.name or candidate.name
        card = evaluation.draft.model_copy(
            update={
                "name": name,
                "version": bundle.next_version(models_dir, name),
                "parameters": trained.model.count_params(),
                "readings": cards.reading_limits(series.readings, candidate.window, series.season_length),
                "learnt_series": learnt_series(series.readings, series.season_length),
                "comparison": self.comparison(evaluation),
                "scores": [*_scores(NAIVE, self.naive_test), *_scores("model", evaluation.test)],
                "spread": evaluation.seed_statistics,
                "step_errors": cards.step_errors(
                    evaluation.test, self.naive_test, NAIVE if series.season_length > 1 else "last_value"
                ),
                "calibration": calibrate_intervals(
                    np.concatenate([evaluation.folds.scores, self._test_scores(evaluation)]),
                    evaluation.folds.unit,
                    "rolling origins of the folds and of the test part, each forecast by a network fitted before it",
                ),
            }
        )
        golden = cards.golden_answers(in_memory(card, trained.scaler, trained.model), series.readings)
        path, _ = save_forecaster(models_dir, card, golden, trained.model, scaler=trained.scaler)
        return path

    @cached_property
    def any_series(self) -> AnySeries | None:
        """The errors of the forecaster of any series on the origins of the folds and of the test part, if there is one."""
        folds = candidates.fold_ends(self.train_size, 1, self.options.steps)
        parts = [(cut, end) for cut, end in folds] + [(self.train_size, len(self.series.readings))]
        return measure_any_series(
            self.options.models_dir, self.series.readings, parts, self.options.steps, self.series.season_length
        )

    def comparison(self, evaluation: Evaluation) -> Comparison | None:
        """A candidate beside the forecaster of any series, on the origins of the folds and of the test part."""
        test = evaluation.test
        errors = np.concatenate([evaluation.folds.errors, test.actual - test.predicted.point])
        return None if self.any_series is None else compare(errors, self.any_series)

    @cached_property
    def naive_test(self) -> RollingBacktest:
        """The seasonal naive forecast on the test set."""
        method = baselines.method(NAIVE, self.series.season_length)
        return rolling.rolling_backtest(
            self.series.readings, self.test_origins, self.options.steps, candidates.LEVELS, method
        )

    def naive_fold_rmse(self, window: int) -> float:
        """Return the seasonal naive forecast's RMSE on the folds of a candidate with windows of that length."""
        steps, naive = self.options.steps, rolling.seasonal_naive(self.series.season_length)
        errors = []
        for cut, end in candidates.fold_ends(self.train_size, window, steps):
            actual, predicted = rolling.point_backtest(self.series.readings[:end], range(cut, end), steps, naive)
            errors.append(actual - predicted)
        return metrics.rmse(np.concatenate(errors))

    def _backtest_test_set(self, card: ForecastCard, trained: TrainedNetwork) -> RollingBacktest:
        forecaster = in_memory(card, trained.scaler, trained.model)
        return candidates.backtest(forecaster, self.series.readings, self.test_origins, self.series.season_length)

    def _test_scores(self, evaluation: Evaluation) -> Array:
        return candidates.nonconformity_scores(
            evaluation.folds.unit,
            evaluation.trained.model,
            evaluation.test,
            self.series.readings,
            self.series.season_length,
        )


def load(options: TrainOptions) -> Experiment:
    """Read the series and split it. Raises DataError for a series or options that cannot be used."""
    series = fetch_series() if options.data is None else read_series(options.data, options.series)
    test_size = options.test_size
    if test_size is None:
        test_size = DEFAULT_TEST_SIZE if options.data is None else round(TEST_SHARE * len(series.readings))
    train_size = len(series.readings) - test_size
    _check(series, train_size, test_size, options)
    return Experiment(series, train_size, series_audit.remarks(series), options)


def _check(series: Series, train_size: int, test_size: int, options: TrainOptions) -> None:
    """Raise DataError unless there is something to learn from and something to measure on."""
    if options.steps < 1 or options.epochs < 1 or (options.series.season_length or 1) < 1:
        raise DataError("--steps, --epochs and --season are at least 1")
    if options.name is not None and options.export == "all":
        raise DataError("--name is for one model; leave --export at 'best'")
    least = 2 * series.season_length + options.steps
    if test_size < options.steps or train_size < least:
        raise DataError(
            f"{len(series.readings)} readings split into {train_size} for training and {test_size} for the test set are "
            f"too few: {options.steps} steps need at least {least} and {options.steps} (--test-size, --steps); "
            "the model 'universal' answers series of any length without training"
        )
    if np.ptp(series.readings[:train_size]) == 0:
        raise DataError("every training reading is the same; there is nothing to learn")


def pooled_metrics(backtest: RollingBacktest, steps: int) -> dict[str, float]:
    """Pool the metrics of steps 1 to `steps` over the origins that have as many readings after them."""
    part = backtest.part(steps)
    return metrics.metrics(metrics.losses(part.actual, part.predicted), 0.0)


def _step_range(steps: int) -> str:
    return "1" if steps == 1 else f"1-{steps}"


def _seed_statistics(by_seed: Sequence[RollingBacktest], steps: int) -> list[SeedStatistics]:
    """Summarize RMSE, MAE and MAPE of steps 1 to `steps` over the seeds; MAPE may be left out."""
    seed_metrics = [pooled_metrics(backtest, steps) for backtest in by_seed]
    return [
        metrics.seed_statistics(name, "test", [values[name] for values in seed_metrics], _step_range(steps))
        for name in ("rmse", "mae", "mape")
        if name in seed_metrics[0]
    ]


def _scores(subject: str, backtest: RollingBacktest) -> list[Score]:
    """Return the card's scores of the first step and of all steps."""
    return [
        Score(
            split="test",
            subject=subject,
            steps=_step_range(steps),
            count=len(backtest.part(steps).origins),
            metrics={name: value for name, value in pooled_metrics(backtest, steps).items() if np.isfinite(value)},
        )
        for steps in dict.fromkeys((1, backtest.actual.shape[1]))
    ]
