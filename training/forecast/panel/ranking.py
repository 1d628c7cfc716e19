"""The ranking of a panel: every forecaster on every series, and all series together.

Each figure is an RMSE over the seasonal naive forecast's on the same series; together it is their geometric mean. The
order and the recommendation are by the folds alone; the test part is looked at once, beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.interfaces import Array, Mask
from training.data.tables import DataError
from training.evaluation.baselines import BASELINE
from training.evaluation.rolling import Predictions
from training.forecast.measuring.backtests import Kind
from training.forecast.panel import scores
from training.forecast.panel.questions import Questions
from training.forecast.panel.scores import Together
from training.forecast.ranking.recommendation import MEAN

NAIVE = BASELINE
KINDS: dict[str, Kind] = {"universal": "any_series", "finetuned": "network"}
MEAN_FACTOR = 0.9  # another one's error must be below so much of the mean's,
SURE = 0.9  # or below the mean's with this probability, and on every fold
CLEAR = 1.02  # a gain of so much over all folds is no chance
_EFFORT: dict[Kind, int] = {"any_series": 0, "statistic": 1, "network": 2}
IN_WORDS: dict[Kind, str] = {"network": "trained", "any_series": "untrained", "statistic": "statistic"}


@dataclass(frozen=True)
class PanelRow:
    """One forecaster. `folds` and `test` are RMSEs over the naive forecast's (series,), NaN where that makes no error;
    `folds` is the geometric mean over the folds.

    `by_fold` are the geometric means of the folds, each alone.

    `wins` is the bootstrap probability that the recommended forecaster is better on the folds; None for itself, and where
    there are few series. `best_on` counts the series on which no other is better on the folds.
    """

    name: str
    kind: Kind
    folds: Array
    test: Array
    by_fold: list[float]
    folds_together: Together
    test_together: Together
    best_on: int
    wins: float | None = None
    coverage: Mapping[float, float] | None = None


@dataclass(frozen=True)
class PanelRanking:
    """All rows, the least geometric mean on the folds first.

    `ids`, `scale` (the range of the readings) and `is_compared` are of the series, in the order of the rows' arrays.
    """

    ids: list[str]
    scale: Array
    is_compared: Mask
    rows: list[PanelRow]
    recommended: PanelRow

    def row(self, name: str) -> PanelRow | None:
        return next((row for row in self.rows if row.name == name), None)


@dataclass(frozen=True)
class Measured:
    """The forecasts of one part, by name; the seasonal naive's are among them."""

    questions: Questions
    predictions: Mapping[str, Predictions]

    def errors(self, name: str) -> Array:
        return self.questions.actual - self.predictions[name].point


@dataclass(frozen=True)
class Relative:
    """RMSE over the naive forecast's of every forecaster, name → (series,); and the naive RMSE itself, (series,)."""

    ratios: Mapping[str, Array]
    naive_rmse: Array


def relative(part: Measured, scale: Array) -> Relative:
    """Compare on every series of a part; NaN where the naive forecast makes no error."""
    rows = part.questions.rows
    naive = scores.rmse_by_series(part.errors(NAIVE), rows, len(scale))
    naive = np.where(scores.has_naive_error(naive, scale), naive, np.nan)
    ratios = {
        name: scores.ratios(scores.rmse_by_series(part.errors(name), rows, len(scale)), naive)
        for name in part.predictions
    }
    return Relative(ratios, naive)


def rank(ids: list[str], scale: Array, folds: Sequence[Measured], test: Measured) -> PanelRanking:
    """Rank by the folds. scale: the range of every series' readings, (series,).

    Raises DataError where the seasonal naive forecast is exact on every series.
    """
    by_fold, of_test = [relative(fold, scale) for fold in folds], relative(test, scale)
    errs = [~np.isnan(each.naive_rmse) for each in (*by_fold, of_test)]
    is_compared: Mask = np.logical_and.reduce(errs)
    if not is_compared.any():
        raise DataError(
            "every series repeats its season exactly: the seasonal naive forecast makes no error, and there is nothing to "
            "learn"
        )
    of_folds = {
        name: np.exp(np.mean([np.log(fold.ratios[name]) for fold in by_fold], axis=0)) for name in of_test.ratios
    }
    stacked = np.stack([ratio[is_compared] for ratio in of_folds.values()])
    best_on = dict(zip(of_folds, np.bincount(stacked.argmin(axis=0), minlength=len(stacked)), strict=True))
    rows = [
        PanelRow(
            name,
            KINDS.get(name, "statistic"),
            ratio,
            of_test.ratios[name],
            [scores.geometric_mean(fold.ratios[name][is_compared]) for fold in by_fold],
            scores.together(ratio[is_compared]),
            scores.together(of_test.ratios[name][is_compared]),
            int(best_on[name]),
            None,
            _coverage(test, name),
        )
        for name, ratio in of_folds.items()
    ]
    rows.sort(key=lambda row: row.folds_together.value)
    best = recommend(rows, is_compared)
    rows = [
        row if row is best else replace(row, wins=scores.wins(best.folds[is_compared], row.folds[is_compared]))
        for row in rows
    ]
    return PanelRanking(ids, scale, is_compared, rows, best)


def recommend(rows: Sequence[PanelRow], is_compared: Mask) -> PanelRow:
    """Return the row of least error on the folds, or the simplest of those that it does not clearly beat.

    The mean is recommended unless another's error is a tenth less, or surely less: a mean of several is less a matter of luck.
    Many series tell more than one, so less is asked than in ranking/recommendation.py.
    """
    mean = next((row for row in rows if row.name == MEAN), None)
    best = rows[0]
    if mean is not None and not _beats_mean(best, mean, is_compared):
        return mean
    return min([row for row in rows if row is best or not _beats(best, row)], key=lambda row: _EFFORT[row.kind])


def _beats_mean(best: PanelRow, mean: PanelRow, is_compared: Mask) -> bool:
    """Whether a forecaster is better than the mean by enough, or on every fold with a sufficient bootstrap probability."""
    if best.folds_together.value < MEAN_FACTOR * mean.folds_together.value:
        return True
    probability = scores.wins(best.folds[is_compared], mean.folds[is_compared])
    return _is_better_on_all(best, mean) and probability is not None and probability >= SURE


def _beats(best: PanelRow, other: PanelRow) -> bool:
    """Whether one forecaster was better on every fold. Beside others than `universal` a clear gain over all is enough.

    Series of one time share its shocks, so a gain on one fold alone may be chance however many series there are.
    """
    gain = other.folds_together.value > CLEAR * best.folds_together.value and other.kind != "any_series"
    return gain or _is_better_on_all(best, other)


def _is_better_on_all(best: PanelRow, other: PanelRow) -> bool:
    return all(mine < its for mine, its in zip(best.by_fold, other.by_fold, strict=True))


def _coverage(test: Measured, name: str) -> dict[float, float]:
    """The share of the test part's readings inside the intervals of each level."""
    predicted, actual = test.predictions[name], test.questions.actual
    is_known = ~np.isnan(actual)
    return {
        level: float(np.mean(((lower <= actual) & (actual <= upper))[is_known]))
        for level, lower, upper in zip(predicted.levels, predicted.lower, predicted.upper, strict=True)
    }


def chosen_per_series(ranking: PanelRanking) -> Together:
    """The geometric mean on the test part of choosing for every series what was best on its folds."""
    folds, test = (np.stack([getattr(row, part) for row in ranking.rows]) for part in ("folds", "test"))
    compared = np.flatnonzero(ranking.is_compared)
    return scores.together(test[folds[:, compared].argmin(axis=0), compared])
