"""What the report of one series is written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from training.data.series import Series
from training.forecast.ranking.rows import Future, Ranking
from training.forecast.report import tables
from training.reporting.tables import Row


@dataclass(frozen=True)
class Page:
    """The results of a run on one series.

    The first `train_size` readings are the training set, of which those from `fold_start` on were the folds. `steps` is
    the horizon that everything was measured at. `understood` says how the file was read, `settings` what the run was
    asked for, both as label → sentence. `exported` names what was written, as name/version.
    """

    series: Series
    ranking: Ranking
    steps: int
    train_size: int
    fold_start: int
    future: Future | None = None
    remarks: Sequence[str] = ()
    understood: Mapping[str, str] = field(default_factory=dict)
    exported: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> tuple[Row, list[Row]]:
        """Return the ranking for the terminal: the columns of the report's first table."""
        return tables.ranking_rows(self.ranking, self.steps)
