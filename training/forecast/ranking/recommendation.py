"""Which forecaster is recommended: by the folds alone, among networks, `universal` as it is, and statistics.

It is the `mean` of `universal` and the statistics, unless another one has an error on the folds that is at least 15 % less,
with a bootstrap probability of 90 %. The folds of one series are few, and what ranks first on them is partly lucky. A mean of
several is not: on twenty real series (validation; names a to m) the error after the folds, over that of the best of ETS, ARIMA,
theta and `universal` in hindsight, was 1.04 by this rule and by the mean alone (geometric means), 1.06 for the first on the folds,
1.07 for `universal` and 1.10 for ARIMA, the best of the statistics.
Without a mean, the least error is recommended. Forecasters whose intervals say nothing are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from service.interfaces import Array
from training.evaluation import metrics
from training.evaluation.rolling import RollingBacktest
from training.forecast.measuring import backtests
from training.forecast.measuring.backtests import Kind, Measured
from training.forecast.ranking.rows import Ranked, Ranking

MEAN = "mean"
CLEAR = 0.85  # another one's error on the folds must be below so much of the mean's …
SURE = 0.9  # … with this probability of being less at all
MAX_SPAN = {80: 1.0, 95: 3.0}  # the widest sensible interval of a level, in units of the readings' range
KINDS: Mapping[Kind, str] = {
    "network": "a network of this series",
    "any_series": "the network of any series, as it is",
    "statistic": "a statistical method",
}


def rank(measured: Sequence[Measured], baseline: str, barred: Mapping[str, str], block: int) -> Ranking:
    """Rank everything that was measured and recommend one; `block` is that of the bootstrap over the folds' origins.

    what_to_call and unasked are left empty.
    """
    ordered = sorted(measured, key=lambda each: each.fold_rmse)
    naive = next(each for each in ordered if each.name == baseline)
    rows = [_row(each, naive, barred.get(each.name), block) for each in ordered]
    by_name = {each.name: each for each in measured}
    best = choose(rows, {name: backtests.squares(each.folds) for name, each in by_name.items()}, block)
    squares = backtests.squares(by_name[best.name].folds)
    rows = [
        row
        if row is best
        else replace(row, wins=metrics.wins(squares, backtests.squares(by_name[row.name].folds), block))
        for row in rows
    ]
    base = next(row for row in rows if row.name == baseline)
    origins = len(squares)
    return Ranking(rows, best, base, reason(best, rows, base), "", fold_origins=origins)


def choose(rows: Sequence[Ranked], squares: Mapping[str, Array], block: int) -> Ranked:
    """Return the recommended row; the simpler one if two are equal, and the first if all are barred.

    squares: the squared errors on the folds by name.
    """
    allowed = [row for row in rows if row.barred is None] or list(rows)
    order: list[Kind] = ["statistic", "any_series", "network"]
    first = min(allowed, key=lambda row: (row.fold_rmse, row.name == MEAN, order.index(row.kind)))
    mean = next((row for row in allowed if row.name == MEAN), None)
    if mean is None or first.fold_rmse == mean.fold_rmse:
        return first
    probability = metrics.wins(squares[first.name], squares[MEAN], block)
    return first if beats_mean(first.fold_rmse, mean.fold_rmse, probability) else mean


def beats_mean(error: float, of_mean: float, probability: float | None) -> bool:
    """Whether an error on the folds is clearly less than that of `mean`, and surely: with this bootstrap `probability`, if known."""
    return error < CLEAR * of_mean and (probability is None or probability >= SURE)


def _row(each: Measured, naive: Measured, barred: str | None, block: int) -> Ranked:
    return Ranked(
        name=each.name,
        kind=each.kind,
        folds=backtests.rmse_by_step(each.folds),
        fold_rmse=each.fold_rmse,
        ratio=backtests.ratio(each.folds, naive.folds, block),
        wins=None,
        test=each.test,
        seconds=each.seconds,
        barred=barred,
    )


def reason(best: Ranked, rows: Sequence[Ranked], baseline: Ranked) -> str:
    """Say which forecaster to use, what it is, why, and whether the test set agrees."""
    return f"Use {best.name}, {_what(best, baseline)}: {_why(best, rows, baseline)}. {_test(best, baseline)}."


def _what(best: Ranked, baseline: Ranked) -> str:
    if best is baseline or best.name == baseline.name:
        return "the naive forecast"
    if best.name == MEAN:
        return "the weighted mean of universal and the statistics"
    return KINDS[best.kind]


def _why(best: Ranked, rows: Sequence[Ranked], baseline: Ranked) -> str:
    span = "step 1" if len(best.folds) == 1 else f"steps 1–{len(best.folds)}"
    figure = f"its RMSE of {span} on the folds is {best.fold_rmse:.4g}"
    first = next((row for row in rows if row.barred is None), rows[0])
    if first.name != best.name:
        cause = f"{first.name} has {first.fold_rmse:.4g}, not clearly and surely less; a mean is less a matter of luck"
    else:
        cause = "the least of all" if first is rows[0] else "the least of those with usable intervals"
    return f"{figure}{_times(best.ratio, baseline) if best.name != baseline.name else ''}; {cause}"


def _times(ratio: metrics.Ratio | None, baseline: Ranked) -> str:
    name = baseline.name.replace("_", " ")
    return f", {ratio.value:.2f} times the {name}'s" if ratio else f" (the {name} forecast makes no error there)"


def _test(best: Ranked, baseline: Ranked) -> str:
    rmse, naive = (backtests.pooled_rmse(row.test) for row in (best, baseline))
    if best.name == baseline.name or naive <= 0 or rmse / naive > 1e6:
        return f"On the test set its RMSE is {rmse:.4g}"
    agreement = (
        "better than the baseline there, too" if rmse < naive else "no better than the baseline there, so take care"
    )
    return f"On the test set its RMSE is {rmse:.4g}, {rmse / naive:.2f} times: {agreement}"


def too_wide(backtest: RollingBacktest, readings: Array) -> str | None:
    """Return why intervals say nothing, if at some step the usual one spans more than the readings ever did.

    No reading that is forecast is looked at, only how wide the intervals are.
    """
    span = float(np.ptp(readings))
    predicted = backtest.predicted
    for level, lower, upper in zip(predicted.levels, predicted.lower, predicted.upper, strict=True):
        widths = np.median(upper - lower, axis=0)
        limit = MAX_SPAN.get(round(level), np.inf) * span
        step = int(np.argmax(widths > limit))
        if widths[step] > limit > 0:
            return (
                f"its {level:g} % interval of step {step + 1} is {widths[step]:.4g} wide, the readings never spanned more "
                f"than {span:.4g}"
            )
    return None
