"""The ranking as a table that fits a terminal; the report has the rest."""

from training.forecast.measuring import backtests
from training.forecast.ranking.rows import Ranked, Ranking
from training.reporting.figures import column, seconds
from training.reporting.tables import MISSING, Row


def ranking_table(ranking: Ranking) -> tuple[Row, list[Row]]:
    """Return a row for each forecaster: errors, the ratio to the baseline, and how sure it is that another one is better.

    An arrow marks the recommended one, a star one whose intervals say nothing.
    """
    header: Row = ("", "folds", "/ naive", "90 %", "worse", "test", "time")
    folds = column([row.fold_rmse for row in ranking.rows])
    tests = column([backtests.pooled_rmse(row.test) for row in ranking.rows])
    rows: list[Row] = [
        (_name(row, ranking), fold, *_ratio(row), _wins(row), test, seconds(row.seconds))
        for row, fold, test in zip(ranking.rows, folds, tests, strict=True)
    ]
    return header, rows


def _name(row: Ranked, ranking: Ranking) -> str:
    return ("→ " if row is ranking.recommended else "  ") + row.name + ("*" if row.barred else "")


def _ratio(row: Ranked) -> tuple[str, str]:
    if row.ratio is None:
        return MISSING, MISSING
    has_interval = row.ratio.low is not None and row.ratio.high is not None
    return f"{row.ratio.value:.2f}", f"{row.ratio.low:.2f}–{row.ratio.high:.2f}" if has_interval else MISSING


def _wins(row: Ranked) -> str:
    return MISSING if row.wins is None else f"{row.wins:.0%}"
