"""A row is a reading: the rows of each series are forecast, and the output has a row for each step."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..tables import Batch, ListTable
from ..writing.columns import output_name
from . import ERROR, Encoder, Part, Scoring, kept_columns, plain_columns
from .dates import DateForm, without_midnights
from .readings import SeriesRows, Times, read_times, read_values, series_of, with_faults

ID, TIME, VALUE = "unique_id", "ds", "y"  # the names that the model's frame has


ROWS_OF_ALL = slice(None)


@dataclass(frozen=True)
class PanelColumns:
    """The columns of the input. Without an id, the file is one series; without times, readings follow each other."""

    id: str | None
    time: str | None
    value: str


@dataclass(frozen=True)
class PanelWork:
    """Forecasts every series of a batch. `keep` are columns whose last value in a series is written beside each step of its forecast."""

    scoring: Scoring
    columns_of: PanelColumns
    encoder: Encoder
    keep: tuple[str, ...] = ()
    decimal: str = "."
    times: Times = "timestamp"
    form: DateForm = field(default_factory=DateForm)
    has_types: bool = False  # dates are written as such, and not as text
    results: tuple[str, ...] = ()  # the model's columns

    def clashes(self, names: list[str]) -> list[str]:  # noqa: ARG002
        kept = [name for name in (self.columns_of.id, *self.keep) if name is not None]
        return [name for name in kept if output_name(name, self.results) != name]

    def check(self) -> None:
        names = [ID, VALUE] if self.columns_of.time is None else [ID, TIME, VALUE]
        self.scoring(pd.DataFrame({name: [] for name in names}, dtype=object))

    def __call__(self, batch: Batch) -> Part:
        series = series_of(batch, self.columns_of.id)
        scored = plain_columns(self.scoring(self._frame(batch, series)))
        results, places = with_faults(scored, scored.pop(ID), series)
        kept = tuple(name for name in dict.fromkeys([self.columns_of.id, *self.keep]) if name is not None)
        beside = kept_columns(batch.rows, kept).take(places) if kept else None
        names, blob = self.encoder(beside, self._renamed(results))
        errors = sum(error is not None for error in results[ERROR])
        return Part(batch.number, len(batch.rows) + batch.left_out, len(places), errors, names, blob, batch.end)

    def _frame(self, batch: Batch, series: list[SeriesRows]) -> pd.DataFrame:
        """The readings of the series that have no fault, as the model reads them. Notes the faults that it finds."""
        values = read_values(batch, self.columns_of.value, self.decimal, series)
        times = None
        if self.columns_of.time is not None:
            times = read_times(batch, self.columns_of.time, self.times, self.form, series)
        good = [number for number, one in enumerate(series) if one.fault is None]
        lengths = [series[number].end - series[number].begin for number in good]
        columns: dict[str, Any] = {ID: np.repeat(np.array(good, np.int64), lengths)}
        rows = ROWS_OF_ALL if len(good) == len(series) else _rows([series[number] for number in good])
        if times is not None:
            columns[TIME] = times[rows]
        columns[VALUE] = values[rows]
        return pd.DataFrame(columns)

    def _renamed(self, results: dict[str, list[Any]]) -> ListTable:
        """The model's columns without the id, which is written as the input has it; the time under the input's name."""
        time = self.columns_of.time
        names = {TIME: time} if time is not None else {}
        if TIME in results and self.form.are_days and not self.has_types:
            results[TIME] = without_midnights(results[TIME])
        return ListTable({names.get(name, name): values for name, values in results.items()})


def _rows(series: list[SeriesRows]) -> Any:
    ranges = [np.arange(one.begin, one.end) for one in series]
    return np.concatenate(ranges) if ranges else np.zeros(0, np.int64)
