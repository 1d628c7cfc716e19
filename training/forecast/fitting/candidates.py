"""The forecasters that may be fitted to a series, and how one is cross-validated inside the training set.

A candidate is trained once per seed and answers with the mean of its seeds: the mean of their forecasts, or of their
weights if one pretrained network is fine-tuned. Fits are cached, so that an ensemble costs nothing beside its members.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import keras
import numpy as np

from service.artifacts.card import ForecastCard
from service.artifacts.scaler import MinMax
from service.forecast.forecaster import Forecaster
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import conformal, served
from training.evaluation.conformal import Unit
from training.evaluation.rolling import RollingBacktest
from training.export.versions import in_memory
from training.forecast.fitting import building, finetuning, recipes, training, tutorial_training
from training.forecast.fitting.recipes import ForecasterConfig, TutorialConfig
from training.forecast.fitting.training import FittedNetwork
from training.forecast.measuring import backtests
from training.forecast.measuring.splits import Fold, Split
from training.networks import averaging, decomposition, tutorial

ENSEMBLE = "ensemble"
VALIDATION_SHARE = 0.2  # of the readings that a tutorial's network is fitted on; it chooses the number of epochs


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that answers; one that reads a context has no scaler."""

    model: keras.Model
    scaler: MinMax | None


@dataclass(frozen=True)
class Candidate:
    """A forecaster by name; `train` fits it to readings (time,) with the given seeds."""

    name: str
    layers: str
    reads: Literal["window", "context"]
    window: int
    steps: int
    train: Callable[[Array, tuple[int, ...]], TrainedNetwork]


def candidate_names(recipe: str) -> tuple[str, ...]:
    """Name every candidate of a recipe, `tuned` or `tutorial`."""
    networks = tuple(tutorial.FORECASTERS)
    return (*networks, ENSEMBLE, finetuning.NAME) if recipe == "tuned" else networks


class CandidatePool:
    """The candidates of one recipe for one series; `on_fit` is called after every fit."""

    def __init__(
        self,
        recipe: str,
        season_length: int,
        steps: int,
        epochs: int,
        pretrained: keras.Model | None,
        on_fit: Callable[[], None],
    ) -> None:
        self._season_length, self._steps, self._epochs = season_length, steps, epochs
        self._pretrained, self._on_fit = pretrained, on_fit
        self._names = candidate_names(recipe)
        self._configs: Mapping[str, ForecasterConfig | TutorialConfig] = (
            recipes.TUNED if recipe == "tuned" else recipes.TUTORIAL
        )
        self._fits: dict[tuple[str, int, int], FittedNetwork] = {}
        self._fine_tuned: dict[tuple[int, int], keras.Model] = {}

    def select(self, names: Sequence[str]) -> list[Candidate]:
        """Return the candidates of these names. Raises DataError for a name that is unknown."""
        return [self._candidate(name) for name in names]

    def _candidate(self, name: str) -> Candidate:
        if name == finetuning.NAME and self._pretrained is not None:
            window = decomposition.window_of(self._season_length)
            return Candidate(name, finetuning.LAYERS, "context", window, self._steps, self._fine_tune)
        if name == ENSEMBLE and name in self._names:
            members = [self._configs[member] for member in recipes.ENSEMBLE]
            layers = "the mean of " + "; ".join(f"{member.name}: {member.layers}" for member in members)
            return self._window_candidate(name, layers, members)
        if name in self._configs:
            return self._window_candidate(name, self._configs[name].layers, [self._configs[name]])
        raise DataError(f"no forecaster is named '{name}'; there are {', '.join(self._names)}")

    def _window_candidate(
        self, name: str, layers: str, members: Sequence[ForecasterConfig | TutorialConfig]
    ) -> Candidate:
        """A candidate that answers with the mean of all seeds of all members."""
        is_tutorial = isinstance(members[0], TutorialConfig)
        window = recipes.TUTORIAL_WINDOW if is_tutorial else decomposition.window_of(self._season_length)
        steps = 1 if is_tutorial and name != "lstm14" else self._steps

        def train(readings: Array, seeds: tuple[int, ...]) -> TrainedNetwork:
            fits = [self._fit(member, readings, seed) for member in members for seed in seeds]
            model = fits[0].model if len(fits) == 1 else building.ensemble([fit.model for fit in fits])
            return TrainedNetwork(model, fits[0].scaler)

        return Candidate(name, layers, "window", window, steps, train)

    def _fine_tune(self, readings: Array, seeds: tuple[int, ...]) -> TrainedNetwork:
        keys = [(len(readings), seed) for seed in seeds]
        for key, seed in zip(keys, seeds, strict=True):
            if key not in self._fine_tuned:
                self._fine_tuned[key] = finetuning.fine_tune(
                    self._pretrained, readings, self._season_length, self._steps, seed
                )
                self._on_fit()
        return TrainedNetwork(averaging.average([self._fine_tuned[key] for key in keys]), None)

    def _fit(self, config: ForecasterConfig | TutorialConfig, readings: Array, seed: int) -> FittedNetwork:
        key = (config.name, len(readings), seed)
        if key not in self._fits:
            if isinstance(config, TutorialConfig):
                self._fits[key] = self._fit_tutorial(config, readings, seed)
            else:
                self._fits[key] = training.fit(config, readings, self._season_length, self._steps, seed)
            self._on_fit()
        return self._fits[key]

    def _fit_tutorial(self, config: TutorialConfig, readings: Array, seed: int) -> FittedNetwork:
        """Choose the number of epochs on the last fifth of the readings, then fit on all of them."""
        validation_size = round(VALIDATION_SHARE * len(readings))
        longest = replace(config, epochs=self._epochs)
        losses = tutorial_training.fit_tutorial(longest, readings, self._steps, seed, validation_size).validation_losses
        best = replace(config, epochs=int(np.argmin(losses)) + 1)
        return tutorial_training.fit_tutorial(best, readings, self._steps, seed)


@dataclass(frozen=True)
class FoldResult:
    """What the folds inside the training set say of a candidate.

    `backtest` has the forecasts from the folds' origins, and `scores` how far each reading is from them, both (origins,
    steps), NaN where there is no reading in the training set. `unit` is that of the scores.
    """

    backtest: RollingBacktest
    corrected: bool
    scores: Array
    unit: Unit

    @property
    def rmse(self) -> float:
        return backtests.pooled_rmse(self.backtest)


class _Fold(NamedTuple):
    """Forecasts from a fold's origins, and scores in the unit `spread`, if that is the candidate's."""

    backtest: RollingBacktest
    scores: Array | None


def cross_validate(
    candidate: Candidate, draft: ForecastCard, readings: Array, season_length: int, seeds: tuple[int, ...], split: Split
) -> FoldResult:
    """Fit a candidate on the beginning of the training set `readings` of each fold, and forecast what comes after.

    A candidate that reads a window is measured with and without the correction by recent errors; the better one counts.
    """
    folds = [_evaluate_fold(candidate, draft, readings, fold, season_length, seeds) for fold in split.folds]
    pooled = {corrected: backtests.join([fold[corrected].backtest for fold in folds]) for corrected in folds[0]}
    corrected = min(pooled, key=lambda key: backtests.pooled_rmse(pooled[key]))  # without correction if both are equal
    spreads = [fold[corrected].scores for fold in folds]
    known = [scores for scores in spreads if scores is not None]
    if known:
        return FoldResult(pooled[corrected], corrected, np.concatenate(known), "spread")
    parts = [(fold[corrected].backtest.actual, fold[corrected].backtest.predicted.point) for fold in folds]
    unit: Unit = conformal.narrower_unit(parts) if training.is_positive(readings) else "readings"
    scores = np.concatenate([conformal.scores(unit, actual, point) for actual, point in parts])
    return FoldResult(pooled[corrected], corrected, scores, unit)


def _evaluate_fold(
    candidate: Candidate, draft: ForecastCard, readings: Array, fold: Fold, season_length: int, seeds: tuple[int, ...]
) -> dict[bool, _Fold]:
    """Fit on readings[:cut] and measure without (False) and, for a window, with (True) the correction by errors."""
    trained = candidate.train(readings[: fold.cut], seeds)
    folds = {}
    for corrected in (False, True) if candidate.reads == "window" else (False,):
        card = draft.model_copy(update={"corrected": corrected})
        after = backtest(in_memory(card, trained.scaler, trained.model), readings, fold.origins, season_length)
        is_spread = candidate.reads == "context"
        scores = nonconformity_scores("spread", trained.model, after, readings, season_length) if is_spread else None
        folds[corrected] = _Fold(after, scores)
    return folds


def nonconformity_scores(
    unit: Unit, model: keras.Model, backtest: RollingBacktest, readings: Array, season_length: int
) -> Array:
    """Return how far each reading is from its forecast, in the unit of the calibration: (origins, steps)."""
    if unit != "spread":
        return conformal.scores(unit, backtest.actual, backtest.predicted.point)
    histories = [readings[max(0, t - backtests.MAX_HISTORY) : t] for t in backtest.origins]
    return finetuning.quantile_scores(model, histories, backtest.actual, season_length)


def backtest(forecaster: Forecaster, readings: Array, origins: Sequence[int], season_length: int) -> RollingBacktest:
    """Forecast the card's `horizon` steps from each origin, as the service would, with intervals if it has any."""
    method = served.as_method(forecaster, season_length)
    return backtests.rolling_backtest(readings, origins, forecaster.card.horizon, method)
