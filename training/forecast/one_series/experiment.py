"""One series with its split, and what is measured on it: statistics, the forecaster of any series, and networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import ForecastCard, SeedStatistics
from service.interfaces import Array
from training.data.series import Series
from training.evaluation import baselines, metrics
from training.evaluation.conformal import calibrate_intervals
from training.evaluation.rolling import RollingBacktest
from training.export.versions import in_memory
from training.forecast.fitting import candidates
from training.forecast.fitting.candidates import Candidate, FoldResult, TrainedNetwork
from training.forecast.measuring import backtests, statistical
from training.forecast.measuring.backtests import Measured
from training.forecast.measuring.splits import Split
from training.forecast.options import TrainOptions
from training.forecast.ranking import recommendation
from training.forecast.ranking.comparison import AnySeries
from training.forecast.version import card as cards
from training.networks import universal

WIDTH_ORIGINS = 20  # of the folds, from which the width of a network's intervals is looked at


@dataclass(frozen=True)
class Validation:
    """A candidate after cross-validation, and its network fitted on the whole training set."""

    candidate: Candidate
    draft: ForecastCard
    folds: FoldResult
    trained: TrainedNetwork
    barred: str | None


@dataclass(frozen=True)
class Evaluation(Validation):
    """The same candidate after the test set."""

    test: RollingBacktest
    seed_statistics: list[SeedStatistics]

    def measured(self, seconds: float) -> Measured:
        """Return it for the ranking."""
        return Measured(self.candidate.name, "network", self.folds.backtest, self.test, seconds)


@dataclass(frozen=True)
class Experiment:
    """A series and its split; `any_series` is measured beside the others, None if there is none or it cannot be."""

    series: Series
    split: Split
    remarks: list[str]
    options: TrainOptions
    any_series: AnySeries | None

    @property
    def training_set(self) -> Array:
        return self.series.readings[: self.split.train_size]

    @property
    def baseline(self) -> str:
        return baselines.naive_name(self.series.season_length)

    @property
    def block(self) -> int:
        """The origins of a bootstrap block on the folds."""
        return metrics.block_length(self.series.season_length, self.split.steps, self.split.fold_every)

    def measure_statistic(self, name: str) -> Measured:
        """Measure a statistic or the baseline. Raises what its package raises."""
        make = partial(statistical.method, name, self.series.season_length)
        return backtests.measure(name, "statistic", make, self.series.readings, self.split)

    def measure_any_series(self) -> Measured | None:
        """Measure `universal` as it is; None where there is none."""
        if self.any_series is None:
            return None
        try:
            method = self.any_series.method(self.series.season_length)
        except bundle.BundleError as error:
            self.remarks.append(f"'{universal.NAME}' is left out: {error}")
            return None
        return backtests.measure(universal.NAME, "any_series", lambda _: method, self.series.readings, self.split)

    def cross_validate(self, candidate: Candidate) -> Validation:
        """Fit a candidate on the folds, then on the training set."""
        seeds = self.options.seeds
        draft = cards.draft(candidate, self.series, self.split, self.options, self.remarks)
        folds = candidates.cross_validate(
            candidate, draft, self.training_set, self.series.season_length, seeds, self.split
        )
        calibration = calibrate_intervals(
            folds.scores, folds.unit, "rolling origins of the folds inside the training part"
        )
        draft = draft.model_copy(update={"corrected": folds.corrected, "calibration": calibration})
        trained = candidate.train(self.training_set, seeds)
        return Validation(candidate, draft, folds, trained, self._too_wide(draft, trained))

    def evaluate(self, validation: Validation) -> Evaluation:
        """Measure a candidate on the test set: as the service would answer with it, and each seed alone."""
        candidate, draft = validation.candidate, validation.draft
        backtest = self._backtest_test_set(draft, validation.trained)
        by_seed = [backtest] if len(self.options.seeds) == 1 else self._by_seed(validation)
        statistics = [
            summary for steps in dict.fromkeys((1, draft.horizon)) for summary in _seed_statistics(by_seed, steps)
        ]
        return Evaluation(
            candidate, draft, validation.folds, validation.trained, validation.barred, backtest, statistics
        )

    def _by_seed(self, validation: Validation) -> list[RollingBacktest]:
        fits = (validation.candidate.train(self.training_set, (seed,)) for seed in self.options.seeds)
        return [self._backtest_test_set(validation.draft, trained) for trained in fits]

    def _too_wide(self, draft: ForecastCard, trained: TrainedNetwork) -> str | None:
        """Whether intervals that are calibrated on the folds say nothing; no reading that is forecast is looked at."""
        origins = self.split.folds[-1].origins[-WIDTH_ORIGINS:]
        forecaster = in_memory(draft, trained.scaler, trained.model)
        widths = candidates.backtest(forecaster, self.training_set, origins, self.series.season_length)
        return recommendation.too_wide(widths, self.training_set)

    def _backtest_test_set(self, card: ForecastCard, trained: TrainedNetwork) -> RollingBacktest:
        forecaster = in_memory(card, trained.scaler, trained.model)
        return candidates.backtest(forecaster, self.series.readings, self.split.test_origins, self.series.season_length)


def pooled_metrics(backtest: RollingBacktest, steps: int) -> dict[str, float]:
    """Pool the metrics of steps 1 to `steps` over the origins that have all steps after them."""
    part = backtest.part(backtest.actual.shape[1])
    predicted = part.predicted.select(np.ones(len(part.origins), bool), steps)
    return metrics.metrics(metrics.losses(part.actual[:, :steps], predicted), 0.0)


def step_range(steps: int) -> str:
    """Return what a score of these steps is named after."""
    return "1" if steps == 1 else f"1-{steps}"


def _seed_statistics(by_seed: Sequence[RollingBacktest], steps: int) -> list[SeedStatistics]:
    """Summarize RMSE, MAE and MAPE of steps 1 to `steps` over the seeds; MAPE may be left out."""
    seed_metrics = [pooled_metrics(backtest, steps) for backtest in by_seed]
    return [
        metrics.seed_statistics(name, "test", [values[name] for values in seed_metrics], step_range(steps))
        for name in ("rmse", "mae", "mape")
        if name in seed_metrics[0]
    ]
