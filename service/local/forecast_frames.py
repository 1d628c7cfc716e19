"""Forecasts → a data frame: a row for each step of each series, or one row with the error of a series."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..errors import GatecastError, InvalidRequest
from .forecasts import Forecasted, ForecastOptions, flat, level_columns, of_series
from .scoring.columns import NO_NUMBER, text, whole_numbers
from .series.axes import NUMBER, PERIOD, STEP, TIMESTAMP, Axis
from .series.grids import Dates
from .series.tables import Table

Errors = Literal["raise", "column"]


def check_errors(errors: str) -> None:
    """Raise InvalidRequest for another word than the two."""
    if errors not in ("raise", "column"):
        raise InvalidRequest("`errors` is 'raise' or 'column'", pointer="/errors")


def forecast_frame(
    table: Table, outcomes: Iterable[Forecasted | GatecastError], options: ForecastOptions, errors: Errors
) -> pd.DataFrame:
    """Return the forecasts of a table's series as columns.

    With errors="raise" the first error is raised. attrs has the `skill` and the `warnings` of each series by its id.
    """
    rows = _Rows(table, options)
    for series, outcome in zip(table.series, outcomes, strict=True):
        if isinstance(outcome, Forecasted):
            rows.add(outcome)
        elif errors == "raise":
            raise of_series(outcome, series) from None
        else:
            rows.add_error(outcome)
    frame = rows.frame(with_errors=errors == "column")
    frame.attrs = {"skill": rows.skill, "warnings": rows.warnings}
    return frame


class _Rows:
    """The rows of a frame, while they are collected."""

    def __init__(self, table: Table, options: ForecastOptions) -> None:
        self._table, self._options = table, options
        self._names = level_columns(options.levels)
        self._counts: list[int] = []
        self._labels: list[Dates] = []
        self._columns: list[list[list[float]]] = [[] for _ in ["forecast", *self._names]]
        self._errors: list[str | None] = []
        self.skill: dict[Any, Any] = {}
        self.warnings: dict[Any, Any] = {}

    def add(self, outcome: Forecasted) -> None:
        timeline, forecast = outcome.timeline, outcome.forecast
        identifier = self._table.series[len(self._counts)].id
        self.skill[identifier] = outcome.skill
        self.warnings[identifier] = [warning._asdict() for warning in outcome.warnings]
        self._counts.append(self._options.horizon)
        self._labels.append(future_labels(self._table.axis, timeline, self._options.horizon))
        self._errors.append(None)
        self._columns[0].append(forecast.values)
        for column, side in zip(
            self._columns[1:], (side for interval in forecast.intervals for side in interval[1:]), strict=True
        ):
            column.append(side)

    def add_error(self, error: GatecastError) -> None:
        self._counts.append(1)
        self._labels.append(no_label(self._table.axis))
        self._errors.append(error.detail)
        for column in self._columns:
            column.append([np.nan])

    def frame(self, *, with_errors: bool) -> pd.DataFrame:
        table, count = self._table, sum(self._counts)
        columns: dict[str, Any] = {}
        if table.ids is not None and table.id_name is not None:
            columns[table.id_name] = table.ids.repeat(self._counts)
        name = table.time_name or ("timestamp" if table.axis.kind in (TIMESTAMP, PERIOD) else "step")
        columns[name] = label_column(table.axis, self._labels, nullable=with_errors)
        for name, values in zip(["forecast", *self._names], self._columns, strict=True):
            columns[name] = flat(values, count)
        if with_errors:
            columns["error"] = text(np.repeat(np.array(self._errors, dtype=object), self._counts).tolist())
        return pd.DataFrame(columns)


def future_labels(axis: Axis, timeline: Any, horizon: int) -> Dates:
    """Return the labels of the steps of a forecast; where the order is all that is known, they are numbered from 1."""
    if axis.kind == STEP:
        return np.arange(1, horizon + 1)
    count = len(timeline.readings)
    labels: Dates = timeline.labels(count, count + horizon)
    return labels


def no_label(axis: Axis) -> Dates:
    """Return the label of a row that has none."""
    return np.full(1, NO_NUMBER) if axis.kind != TIMESTAMP else np.full(1, "NaT", axis.empty().dtype)


def label_column(axis: Axis, labels: list[Dates], *, nullable: bool) -> Any:
    """Return the labels of all rows as a column."""
    together = np.concatenate(labels) if labels else axis.empty()
    if axis.kind in (STEP, NUMBER):
        return whole_numbers(together) if nullable else together
    if axis.kind == TIMESTAMP:
        together = together.astype(axis.empty().dtype)
    return axis.column(together)
