"""The rows of one series: put in order, without rows that stand twice, and on through the changes of a local clock."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from service.interfaces import Array
from training.data.errors import DataError
from training.data.series import clock_changes
from training.data.series.candidates import Moments
from training.data.tables import Table

MOSTLY = 0.9  # of the rows that are earlier than the row before: then the newest is first


@dataclass(frozen=True)
class Rows:
    """The rows of a series: their numbers in the table, their dates and values (NaN: missing). `notes` says what was done."""

    table: Table
    name: str
    numbers: npt.NDArray[np.intp]
    dates: Moments
    values: Array
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def of(self) -> str:
        """What error messages begin with."""
        return f"{self.table.path}: " + (f"series '{self.name}': " if self.name else "")

    def where(self, is_wrong: npt.NDArray[np.bool_]) -> str:
        """Number the rows as the file counts them: "rows 3, 7"."""
        wrong = np.zeros(len(self.table.frame), dtype=bool)
        wrong[self.numbers[is_wrong]] = True
        return self.table.where(wrong)

    def at(self, dates: Moments) -> "Rows":
        """Return the rows at other dates."""
        return replace(self, dates=dates)

    def select(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice, **notes: str) -> "Rows":
        """Return some rows, in this order."""
        parts = (self.numbers[index], self.dates[index], self.values[index])
        return Rows(self.table, self.name, *parts, self.notes | notes)


def put_in_order(rows: Rows, alternatives: str) -> Rows:
    """Return the rows with the oldest first and one of each date. Raises DataError for two readings of one date.

    alternatives: what to do about them, for the message.
    """
    rows = _oldest_first(rows)
    dates, sentence = clock_changes.straighten(rows.dates, rows.where)
    if sentence:
        return rows.select(slice(None), clock=sentence).at(dates)
    steps = np.diff(rows.dates.astype(np.int64))
    if (steps < 0).any():
        count = int((steps < 0).sum())
        order = np.argsort(rows.dates, kind="stable")
        rows = rows.select(
            order, order=f"the rows were not in order ({count} earlier than the one before) and were sorted by date"
        )
    return _without_repeated(rows, alternatives)


def _oldest_first(rows: Rows) -> Rows:
    steps = np.diff(rows.dates.astype(np.int64))
    if len(steps) and (steps < 0).mean() > MOSTLY:
        return rows.select(slice(None, None, -1), order="the newest row was first; the rows were turned round")
    return rows


def _without_repeated(rows: Rows, alternatives: str) -> Rows:
    is_same_date = np.diff(rows.dates.astype(np.int64)) == 0
    if not is_same_date.any():
        return rows
    same_value = (rows.values[1:] == rows.values[:-1]) | (np.isnan(rows.values[1:]) & np.isnan(rows.values[:-1]))
    is_other = is_same_date & ~same_value
    if is_other.any():
        first = int(np.argmax(is_other))
        if clock_changes.looks_like_autumn(rows.dates[1:][is_other]):
            alternatives = "this is the hour that a local clock has twice in autumn: write times in UTC, or with their offset from it"
        repeated = np.zeros(len(rows.dates), dtype=bool)
        repeated[first : first + 2] = True
        raise DataError(
            f"{rows.of}the same date is in {rows.where(repeated)} with different values ({rows.values[first]:g} and "
            f"{rows.values[first + 1]:g}), {int(is_other.sum())} times in all; a series has one reading per date; {alternatives}"
        )
    is_repeated = np.concatenate([[False], is_same_date])
    note = f"{int(is_repeated.sum())} rows that repeat another one (date and value) were left out: {rows.where(is_repeated)}"
    return rows.select(~is_repeated, repeated=note)
