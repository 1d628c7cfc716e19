"""The tables of the report of one series, all from the ranking; each function returns a header and rows."""

from collections.abc import Mapping, Sequence

import numpy as np

from service.interfaces import Array
from training.evaluation import metrics
from training.evaluation.metrics import Ratio
from training.evaluation.rolling import RollingBacktest
from training.forecast.measuring.backtests import Kind, pooled_rmse, rmse_by_step
from training.forecast.ranking.rows import Future, Ranked, Ranking
from training.reporting.figures import column, dates, decimals, fixed, percent, seconds
from training.reporting.tables import MISSING, Row, drop_empty_columns

MAX_DECIMALS = 6  # of errors
MAX_STEPS = 60  # rows of the table by step
KINDS: Mapping[Kind, str] = {
    "network": "network of this series",
    "any_series": "network of any series",
    "statistic": "statistic",
}


def step_range(steps: int) -> str:
    """Return what the figures are of: step 1, or steps 1–n."""
    return "step 1" if steps == 1 else f"steps 1–{steps}"


def losses(backtest: RollingBacktest, steps: int) -> dict[str, Array]:
    """Return every loss on the origins that have all steps after them: all figures and pictures of the test set are of these."""
    part = backtest.part(steps)
    return metrics.losses(part.actual, part.predicted)


def pooled(backtest: RollingBacktest, steps: int) -> dict[str, float]:
    """Return the metrics of those losses, of all steps together."""
    return metrics.metrics(losses(backtest, steps), 0.0)


def kind(row: Ranked, ranking: Ranking) -> str:
    """Return what a forecaster is, in words."""
    return "baseline" if row is ranking.baseline else KINDS[row.kind]


def ranking_rows(ranking: Ranking, steps: int) -> tuple[Row, list[Row]]:
    """The order by the folds, with the error of the test set beside it."""
    span, rows = step_range(steps), ranking.rows
    header: Row = (
        "forecaster",
        f"folds: RMSE, {span}",
        "ratio to the naive, 90 % interval",
        f"probability that {ranking.recommended.name} is better",
        f"test: RMSE, {span}",
        "time",
        "kind",
    )
    folds = errors(ranking, [row.fold_rmse for row in rows])
    tests = errors(ranking, [pooled_rmse(row.test) for row in rows])
    cells = [
        (
            row.name + ("" if row.barred is None else " *"),
            fold,
            "1" if row is ranking.baseline else ratio(row.ratio),
            percent(row.wins, 0),
            test,
            seconds(row.seconds),
            kind(row, ranking),
        )
        for row, fold, test in zip(rows, folds, tests, strict=True)
    ]
    return drop_empty_columns(header, cells)


def errors(ranking: Ranking, values: Sequence[float]) -> list[str]:
    """Return errors as text: everywhere on the page with the same decimals, so that the same number looks the same."""
    least = [ranking.recommended.fold_rmse, pooled_rmse(ranking.recommended.test)]
    places = min(MAX_DECIMALS, decimals([min(least)]) if min(least) > 0 else decimals(values))
    return [fixed(value, places) for value in values]


def ratio(value: Ratio | None) -> str:
    """Return a ratio with its interval; a dash if there is none."""
    if value is None or not np.isfinite(value.value):
        return MISSING
    has_interval = value.low is not None and value.high is not None and np.isfinite([value.low, value.high]).all()
    return f"{value.value:.3f}" + (f" [{value.low:.2f}, {value.high:.2f}]" if has_interval else "")


def test_rows(ranking: Ranking, steps: int, season_length: int) -> tuple[Row, list[Row]]:
    """What each forecaster did on the test set, in the order of the folds."""
    levels = sorted({level for row in ranking.rows for level in row.test.predicted.levels})
    header: Row = ("forecaster", f"RMSE, {step_range(steps)}", "ratio to the naive, 90 % interval", "MAE", "bias")
    header += tuple(f"{level:g} % interval covers" for level in levels)
    header += tuple(f"{level:g} % interval, mean width" for level in levels)
    results = [pooled(row.test, steps) for row in ranking.rows]
    numbers = [errors(ranking, [result[name] for result in results]) for name in ("rmse", "mae", "bias")]
    covers = [[percent(result.get(f"coverage_{level:g}")) for result in results] for level in levels]
    widths = [column([result.get(f"width_{level:g}") for result in results]) for level in levels]
    ratios = [
        "1" if row is ranking.baseline else ratio(_test_ratio(row, ranking.baseline, steps, season_length))
        for row in ranking.rows
    ]
    names = [row.name for row in ranking.rows]
    cells = zip(names, numbers[0], ratios, *numbers[1:], *covers, *widths, strict=True)
    return drop_empty_columns(header, [tuple(row) for row in cells])


def _test_ratio(row: Ranked, baseline: Ranked, steps: int, season_length: int) -> Ratio:
    block = metrics.block_length(season_length, steps, 1)
    squares = [losses(each.test, steps)["square"] for each in (row, baseline)]
    return metrics.ratio(squares[0], squares[1], block, root=True)


def step_rows(ranking: Ranking, steps: int) -> tuple[Row, list[Row]]:
    """The RMSE on the test set of every step, or of MAX_STEPS spread over them; a column for each forecaster."""
    shown = np.unique(np.round(np.linspace(1, steps, min(steps, MAX_STEPS))).astype(int))
    columns = [errors(ranking, np.array(rmse_by_step(row.test))[shown - 1].tolist()) for row in ranking.rows]
    cells = zip(map(str, shown.tolist()), *columns, strict=True)
    return ("step", *(row.name for row in ranking.rows)), [tuple(row) for row in cells]


def kind_rows(ranking: Ranking) -> tuple[Row, list[Row]]:
    """The best of each kind, and the time of all of that kind."""
    groups = by_kind(ranking)
    bests = [group[0] for group in groups.values()]
    folds = errors(ranking, [best.fold_rmse for best in bests])
    tests = errors(ranking, [pooled_rmse(best.test) for best in bests])
    header: Row = (
        "kind",
        "how many",
        "the best on the folds",
        "folds: RMSE",
        "ratio to the naive",
        "test: RMSE",
        "time",
    )
    rows = [
        (name, str(len(group)), group[0].name, fold, ratio(group[0].ratio), test, seconds(total(group)))
        for (name, group), fold, test in zip(groups.items(), folds, tests, strict=True)
    ]
    return drop_empty_columns(header, rows)


def by_kind(ranking: Ranking) -> dict[str, list[Ranked]]:
    """Return the rows of each kind, the best first; the baseline is a kind of its own."""
    groups: dict[str, list[Ranked]] = {}
    for row in ranking.rows:
        groups.setdefault(kind(row, ranking), []).append(row)
    return groups


def total(rows: Sequence[Ranked]) -> float:
    """Return the seconds of all rows."""
    return sum(row.seconds for row in rows)


def future_rows(future: Future) -> tuple[Row, list[Row]]:
    """The forecast of what follows: a row for each date."""
    header: Row = ("date", "forecast")
    places = decimals(future.point.tolist())
    columns = [dates(future.dates), [fixed(value, places) for value in future.point]]
    for level, lower, upper in zip(future.levels, future.lower, future.upper, strict=True):
        header += (f"{level:g} % interval from", "to")
        columns += [[fixed(value, places) for value in ends] for ends in (lower, upper)]
    return header, [tuple(row) for row in zip(*columns, strict=True)]


def future_csv(future: Future) -> str:
    """Return the same as a CSV: timestamp, forecast, and the ends of each interval."""
    names = ["timestamp", "forecast", *(f"{end}_{level:g}" for level in future.levels for end in ("lower", "upper"))]
    ends = [end for pair in zip(future.lower, future.upper, strict=True) for end in pair]
    lines = [",".join(names)]
    for date, *values in zip(dates(future.dates), future.point, *ends, strict=True):
        lines.append(",".join([date, *(f"{value:.9g}" for value in values)]))
    return "\n".join(lines) + "\n"


def recommended_errors(ranking: Ranking) -> tuple[str, str]:
    """Return the recommended forecaster's RMSE on the folds and on the test set, as they stand in the tables."""
    best = ranking.recommended
    fold, test = errors(ranking, [best.fold_rmse, pooled_rmse(best.test)])
    return fold, test
