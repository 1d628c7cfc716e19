"""Forecasts → a data frame: a row for each step of each series, or one row with the error of a series."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ..errors import GatecastError, InvalidRequest
from ..interfaces import Array
from .errors import DataError
from .forecasts import Forecasted, ForecastOptions, level_columns, of_series
from .names import check_names
from .scoring.columns import NO_NUMBER, nullable_integers, text
from .series.axes import NUMBER, PERIOD, STEP, TIMESTAMP, Axis
from .series.grids import Dates, Grid
from .series.tables import Table
from .series.timelines import BEYOND_ZONES, LAST_ZONED, Timeline

Errors = Literal["raise", "column"]


def check_errors(errors: str) -> None:
    """Raise InvalidRequest for another word than the two."""
    if errors not in ("raise", "column"):
        raise InvalidRequest("`errors` is 'raise' or 'column'", pointer="/errors")


def forecast_frame(
    table: Table, outcomes: Iterable[Forecasted | GatecastError], options: ForecastOptions, errors: Errors
) -> pd.DataFrame:
    """Return the forecasts of a table's series as columns. With errors="raise" the first error is raised."""
    rows = _Rows(table, options)
    for series, found in zip(table.series, forecast_rows(outcomes, table.axis, options.horizon), strict=True):
        if isinstance(found, ForecastRows):
            rows.add(found)
        elif errors == "raise":
            raise of_series(found, series) from None
        else:
            rows.add_error(found)
    return rows.frame(with_errors=errors == "column")


class ForecastRows(NamedTuple):
    """The forecast of one series: (1 + 2 · levels, steps), and the label of each step."""

    numbers: Array
    labels: Dates


def forecast_rows(
    outcomes: Iterable[Forecasted | GatecastError], axis: Axis, horizon: int
) -> Iterator[ForecastRows | GatecastError]:
    """Yield the rows of each forecast, or the error of its series, which may be that it passes the last date."""
    future = _FutureLabels(axis, horizon)
    for outcome in outcomes:
        if isinstance(outcome, GatecastError):
            yield outcome
            continue
        try:
            found: ForecastRows | DataError = ForecastRows(outcome.rows(), future.of(outcome.timeline))
        except DataError as error:
            found = error
        yield found


def label_name(axis: Axis, time_name: str | None, order: str) -> str:
    """Return the name of the column of labels; `order` is that of places."""
    return time_name or ("timestamp" if axis.kind in (TIMESTAMP, PERIOD) else order)


def check_forecast_names(table: Table, options: ForecastOptions, errors: Errors) -> None:
    """Raise DataError if a column of the answer has the name of the ids' or the times'."""
    results = ["forecast", *level_columns(options.levels), *(["error"] if errors == "column" else [])]
    check_names(table.id_name, label_name(table.axis, table.time_name, "step"), results)


class _Rows:
    """The rows of a frame, while they are collected."""

    def __init__(self, table: Table, options: ForecastOptions) -> None:
        self._table, self._options = table, options
        self._names = level_columns(options.levels)
        self._counts: list[int] = []
        self._labels: list[Dates] = []
        self._numbers: list[Array] = []  # arrays, not lists: Python's garbage collector walks through lists
        self._errors: list[str | None] = []

    def add(self, rows: ForecastRows) -> None:
        self._counts.append(self._options.horizon)
        self._labels.append(rows.labels)
        self._errors.append(None)
        self._numbers.append(rows.numbers)

    def add_error(self, error: GatecastError) -> None:
        self._counts.append(1)
        self._labels.append(no_label(self._table.axis))
        self._errors.append(error.detail)
        self._numbers.append(np.full((1 + len(self._names), 1), np.nan))

    def frame(self, *, with_errors: bool) -> pd.DataFrame:
        table = self._table
        columns: dict[str, Any] = {}
        if table.ids is not None and table.id_name is not None:
            columns[table.id_name] = table.ids.repeat(self._counts)
        columns[label_name(table.axis, table.time_name, "step")] = label_column(
            table.axis, self._labels, nullable=with_errors
        )
        numbers = np.concatenate([np.zeros((1 + len(self._names), 0)), *self._numbers], axis=1)
        columns.update(zip(["forecast", *self._names], numbers, strict=True))
        if with_errors:
            columns["error"] = text(self._errors).repeat(self._counts)
        return pd.DataFrame(columns)


class _FutureLabels:
    """The labels of the steps of forecasts. Series that end at the same step of one grid share them."""

    def __init__(self, axis: Axis, horizon: int) -> None:
        self._horizon, self._zone = horizon, axis.zone
        self._steps = np.arange(1, horizon + 1) if axis.kind == STEP else None
        self._known: dict[tuple[int, int], tuple[Grid, Dates]] = {}  # the grid is kept, so that its id stays its own

    def of(self, timeline: Timeline) -> Dates:
        """Return the labels that follow a series; where the order is all that is known, they are numbered from 1.

        Raises DataError for dates that their unit cannot hold.
        """
        if self._steps is not None:
            return self._steps
        count = len(timeline.readings)
        key = id(timeline.grid), timeline.offset + count
        known = self._known.get(key)
        if known is None:
            labels = timeline.labels(count, count + self._horizon)
            if self._zone is not None and labels[-1].astype(LAST_ZONED.dtype) > LAST_ZONED:  # which no nanosecond holds
                raise DataError(BEYOND_ZONES)
            known = self._known[key] = timeline.grid, labels
        return known[1]


def no_label(axis: Axis) -> Dates:
    """Return the label of a row that has none."""
    return np.full(1, NO_NUMBER) if axis.kind != TIMESTAMP else np.full(1, "NaT", axis.empty().dtype)


def label_column(axis: Axis, labels: list[Dates], *, nullable: bool) -> Any:
    """Return the labels of all rows as a column."""
    together = np.concatenate(labels) if labels else axis.empty()
    if axis.kind in (STEP, NUMBER):
        return nullable_integers(together) if nullable else together
    if axis.kind == TIMESTAMP:
        together = together.astype(axis.empty().dtype)
    return axis.column(together)
