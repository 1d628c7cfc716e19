"""Every forecaster that may be fitted to a series: fitted on a beginning of it, and asked about what came after.

A contestant is trained by seed; what it answers with is the mean of its seeds (of their forecasts, or of their weights
where one network is trained further). Fits are remembered, so that an ensemble costs nothing beside its members.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import keras
import numpy as np

from service.artifacts.card import ForecastCard, IntervalCalibration
from service.artifacts.scaler import MinMax
from service.forecast.forecaster import Forecaster
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import rolling, served
from training.evaluation.conformal import conformal
from training.evaluation.rolling import RollingBacktest
from training.export.versions import in_memory
from training.forecast import finetuning, recipes
from training.forecast.recipes import FittedNetwork
from training.networks import averaging, decomposition, tutorial

Unit = Literal["readings", "forecast", "spread"]  # of a score, see service/artifacts/card.py
ENSEMBLE = "ensemble"
LEVELS = (80.0, 95.0)
FOLD_ENDS = (0.6, 0.8)  # of the training part: fit before, measure up to the next
WATCHED_SHARE = 0.2  # of the readings that a tutorial network may see, to choose its epochs
LOOKED_BACK = 48  # origins in the readings learnt from, beside those after them


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that answers; one of a context needs no scaler."""

    model: keras.Model
    scaler: MinMax | None


@dataclass(frozen=True)
class Candidate:
    name: str
    layers: str
    reads: Literal["window", "context"]
    window: int
    steps: int
    train: Callable[[Array, tuple[int, ...]], TrainedNetwork]


def names(recipe: str) -> tuple[str, ...]:
    """Every contestant of a recipe, `tuned` or `tutorial`."""
    return (*tutorial.FORECASTERS, ENSEMBLE, finetuning.NAME) if recipe == "tuned" else tuple(tutorial.FORECASTERS)


class CandidatePool:
    """The contestants of one recipe for one series."""

    def __init__(
        self,
        season: int,
        recipe: str,
        steps: int,
        epochs: int,
        start: keras.Model | None,
        tick: Callable[[], None],
    ) -> None:
        self.season, self.steps = season, steps
        self._names = names(recipe)
        self._recipes = recipes.TUNED if recipe == "tuned" else recipes.TUTORIAL
        self._tuned, self._epochs, self._tick, self._pretrained = recipe == "tuned", epochs, tick, start
        self._fits: dict[tuple[str, int, int], FittedNetwork] = {}
        self._tuned_further: dict[tuple[int, int], keras.Model] = {}

    def contestants(self, names: Sequence[str]) -> list[Candidate]:
        return [self._contestant(name) for name in names]

    def _contestant(self, name: str) -> Candidate:
        if name == finetuning.NAME and self._pretrained is not None:
            return Candidate(
                name, finetuning.LAYERS, "context", decomposition.window_of(self.season), self.steps, self._further
            )
        if name == ENSEMBLE:
            members = [self._recipes[member] for member in recipes.ENSEMBLE]
            layers = "the mean of " + "; ".join(f"{m.name}: {m.layers}" for m in members)
        elif name in self._recipes:
            members = [self._recipes[name]]
            layers = members[0].layers
        else:
            raise DataError(f"no forecaster is named '{name}'; there are {', '.join(self._names)}")
        steps = self.steps if self._tuned or name == "lstm14" else 1
        window = recipes.window_of(members[0], self.season)

        def train(readings: Array, seeds: tuple[int, ...]) -> TrainedNetwork:
            fits = tuple(self._fit(member, readings, seed) for member in members for seed in seeds)
            if len(fits) == 1:
                return TrainedNetwork(fits[0].model, fits[0].scaler)
            return TrainedNetwork(recipes.ensemble([fit.model for fit in fits]), fits[0].scaler)

        return Candidate(name, layers, "window", window, steps, train)

    def _further(self, readings: Array, seeds: tuple[int, ...]) -> TrainedNetwork:
        assert self._pretrained is not None
        for seed in seeds:
            if (len(readings), seed) not in self._tuned_further:
                made = finetuning.fine_tune(self._pretrained, readings, self.season, self.steps, seed)
                self._tuned_further[len(readings), seed] = made
                self._tick()
        return TrainedNetwork(averaging.average([self._tuned_further[len(readings), seed] for seed in seeds]), None)

    def _fit(self, recipe: recipes.ForecasterConfig, readings: Array, seed: int) -> FittedNetwork:
        key = (recipe.name, len(readings), seed)
        if key not in self._fits:
            if recipe.core is None:
                self._fits[key] = self._tutorial(recipe, readings, seed)
            else:
                self._fits[key] = recipes.fit(recipe, readings, self.season, self.steps, seed)
            self._tick()
        return self._fits[key]

    def _tutorial(self, recipe: recipes.ForecasterConfig, readings: Array, seed: int) -> FittedNetwork:
        """Watch the last fifth to learn how many epochs are enough, then fit on everything for so many."""
        watched = round(WATCHED_SHARE * len(readings))
        most = replace(recipe, epochs=self._epochs)
        first = recipes.fit(most, readings, self.season, self.steps, seed, watched)
        enough = replace(recipe, epochs=int(np.argmin(first.validation)) + 1)
        final = recipes.fit(enough, readings, self.season, self.steps, seed)
        return replace(final, validation=first.validation)


@dataclass(frozen=True)
class FoldResult:
    """What the folds inside the training part say of a contestant."""

    rmse: float  # steps 1 to n, from every origin of the folds
    corrected: bool
    optimism: float
    scores: Array  # (origins, steps), NaN where no target was known
    unit: Unit


def cross_validate(
    contestant: Candidate, draft: ForecastCard, readings: Array, season: int, seeds: tuple[int, ...]
) -> FoldResult:
    """Fit on two beginnings of the training part's `readings`, forecast what comes after each."""
    parts = fold_ends(len(readings), contestant.window, draft.horizon)
    unit: Unit = "forecast" if recipes.is_positive(readings) else "readings"
    if contestant.reads == "context":
        unit = "spread"
    found = [_fold(contestant, draft, readings[:end], cut, season, seeds, unit) for cut, end in parts]
    errors = {kind: np.concatenate([fold[kind] for fold in found]) for kind in found[0]}
    corrected = contestant.reads == "window" and _rmse(errors["corrected"]) < _rmse(errors["plain"])
    kind = "corrected" if corrected else "plain"
    inside = _rmse(errors[f"{kind}_inside"])
    return FoldResult(
        rmse=_rmse(errors[kind]),
        corrected=corrected,
        optimism=max(1.0, _rmse(errors[kind]) / inside) if inside > 0 else 1.0,
        scores=errors[f"{kind}_scores"],
        unit=unit,
    )


def fold_ends(count: int, window: int, steps: int) -> list[tuple[int, int]]:
    """(readings fitted on, readings known in the end) of each fold; DataError where there is no room."""
    cuts = [round(share * count) for share in FOLD_ENDS]
    if cuts[0] < window + 2 * steps or count - cuts[-1] < steps + 1:
        least = round(max((window + 2 * steps) / FOLD_ENDS[0], (steps + 1) / (1 - FOLD_ENDS[-1]))) + 1
        raise DataError(
            f"{count} readings for training are too few: windows of {window} readings with {steps} steps need {least}; "
            "the model 'universal' answers series of any length without training"
        )
    return list(zip(cuts, [*cuts[1:], count], strict=True))


def _fold(
    contestant: Candidate,
    draft: ForecastCard,
    readings: Array,
    cut: int,
    season: int,
    seeds: tuple[int, ...],
    unit: Unit,
) -> dict[str, Array]:
    """Errors by kind, (origins, steps): after the cut, their `_scores`, and `_inside` what was learnt from."""
    trained = contestant.train(readings[:cut], seeds)
    outside = range(cut, len(readings))
    inside = range(max(contestant.window, cut - LOOKED_BACK), cut - draft.horizon + 1)
    found: dict[str, Array] = {}
    for kind in ("plain", "corrected") if contestant.reads == "window" else ("plain",):
        card = draft.model_copy(update={"corrected": kind == "corrected"})
        forecaster = in_memory(card, trained.scaler, trained.model)
        walked, own = (backtest(forecaster, readings, origins, season) for origins in (outside, inside))
        found[kind] = walked.actual - walked.predicted.point
        found[f"{kind}_scores"] = scores(unit, trained.model, walked, readings, season)
        found[f"{kind}_inside"] = own.actual - own.predicted.point
    return found


def scores(unit: Unit, model: keras.Model, walked: RollingBacktest, readings: Array, season: int) -> Array:
    """How far each reading lay from its forecast, in the unit of the calibration: (origins, steps)."""
    if unit == "spread":
        return finetuning.scores(model, [readings[:t] for t in walked.origins], walked.actual, season)
    error: Array = np.abs(walked.actual - walked.predicted.point)
    return error / np.maximum(np.abs(walked.predicted.point), 1e-12) if unit == "forecast" else error


def backtest(forecaster: Forecaster, readings: Array, origins: Sequence[int], season: int) -> RollingBacktest:
    """What the service would answer from each origin, `horizon` steps of the card, with the levels that it can give."""
    return rolling.rolling_backtest(
        readings, origins, forecaster.card.horizon, LEVELS, served.as_method(forecaster, season)
    )


def interval_calibration(judged: FoldResult, more: Sequence[Array], measured_on: str) -> IntervalCalibration:
    """Of the folds' scores, and `more` that are out of sample too."""
    return conformal(np.concatenate([judged.scores, *more]), judged.unit, measured_on)


def _rmse(errors: Array) -> float:
    return float(np.sqrt(np.nanmean(np.square(errors))))
