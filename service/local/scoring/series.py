"""A frame with a row for each series → the same frame with the forecast of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import GatecastError, InvalidRequest
from ...interfaces import Array
from ..errors import DataError
from ..forecasts import Forecasted, ForecastOptions, check_options, forecast_all, level_columns
from ..series.grids import grid_of
from ..series.numbers import read_numbers
from ..series.timelines import Timeline, in_order, trimmed
from .cache import model_at
from .columns import Column, lists, text
from .frames import beside, check_column


@dataclass(frozen=True)
class SeriesScoring:
    """Forecasts a row for each series: frame → the same rows and columns, and those of `schema()`.

    A forecast is an array in one cell, and so is each side of an interval. A series that cannot be forecast has empty arrays
    and its error in the column `error`, which is missing elsewhere.

    model: a path, as for `load`. readings: the column of arrays or lists, oldest reading first, None or NaN where one is
    missing. start, frequency: columns with the date of the first reading, and a pandas offset alias; with both the answer
    has `timestamps`, and with `frequency` alone the season is known. season, minimum, maximum: as for `Model.forecast`.
    prefix: stands before the names of the new columns.
    """

    model: str
    horizon: int | None = None
    levels: tuple[float, ...] = (80, 95)
    readings: str = "readings"
    start: str | None = None
    frequency: str | None = None
    season: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    prefix: str = ""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with new columns. Raises LoadError, InvalidRequest for an option, and DataError for a column."""
        for name, option in ((self.readings, "readings"), (self.start, "start"), (self.frequency, "frequency")):
            if name is not None:
                check_column(frame, name, option)
        options = self._options()
        outcomes = list(forecast_all(model_at(self.model).forecaster, self._series(frame), options))
        return beside(frame, self._columns(outcomes, options), self.prefix)

    def schema(self) -> list[Column]:
        """Return the names and kinds of the new columns. Loads the model."""
        names = ["forecast", *level_columns(self._options().levels)]
        dates = [Column("timestamps", "array<timestamp_ntz>")] if self._has_dates else []
        columns = [*dates, *[Column(name, "array<double>") for name in names], Column("error", "string")]
        return [Column(self.prefix + name, kind) for name, kind in columns]

    @property
    def _has_dates(self) -> bool:
        return self.start is not None and self.frequency is not None

    def _options(self) -> ForecastOptions:
        if self.start is not None and self.frequency is None:
            raise InvalidRequest("`start` needs the column `frequency`", pointer="/frequency")
        forecaster = model_at(self.model).forecaster
        return check_options(forecaster, self.horizon, self.levels, self.season, self.minimum, self.maximum)

    def _series(self, frame: pd.DataFrame) -> Iterator[Timeline | InvalidRequest]:
        nothing = [None] * len(frame)
        starts = nothing if self.start is None else frame[self.start].tolist()
        aliases = nothing if self.frequency is None else frame[self.frequency].tolist()
        for readings, start, alias in zip(frame[self.readings].tolist(), starts, aliases, strict=True):
            try:
                yield _timeline(readings, start, alias)
            except InvalidRequest as error:
                yield error

    def _columns(self, outcomes: list[Forecasted | GatecastError], options: ForecastOptions) -> dict[str, Any]:
        done = [outcome if isinstance(outcome, Forecasted) else None for outcome in outcomes]
        columns: dict[str, Any] = {}
        if self._has_dates:
            columns["timestamps"] = lists([_dates(each, options.horizon) for each in done])
        nothing = np.zeros(0)
        columns["forecast"] = lists([nothing if each is None else np.array(each.forecast.values) for each in done])
        for number, name in enumerate(level_columns(options.levels)):
            level, side = divmod(number, 2)
            sides = [nothing if each is None else np.array(each.forecast.intervals[level][1 + side]) for each in done]
            columns[name] = lists(sides)
        columns["error"] = text([each.detail if isinstance(each, GatecastError) else None for each in outcomes])
        return columns


def _timeline(readings: Any, start: Any, alias: Any) -> Timeline:
    """One row's series. Raises InvalidRequest."""
    numbers = _numbers(readings)
    frequency = alias if isinstance(alias, str) else None
    if start is None or pd.isna(start):
        return in_order(numbers, frequency)
    if frequency is None:
        raise DataError("the row has a start and no frequency; a frequency is a pandas offset alias such as 'MS'")
    try:
        first = pd.Timestamp(start)
    except (ValueError, TypeError) as error:
        raise DataError("the start is no date; write it as 2016-11-01") from error
    if first.tzinfo is not None:
        first = first.tz_localize(None)
    return trimmed(numbers, grid_of(frequency, first.to_numpy().astype("datetime64[us]")))


def _numbers(readings: Any) -> Array:
    if isinstance(readings, np.ndarray) and readings.dtype == np.float64 and readings.ndim == 1 and len(readings):
        return read_numbers(readings, "`readings`")
    if not isinstance(readings, list | tuple | np.ndarray) or not len(readings):
        raise DataError("`readings` must be a list or an array of numbers, with at least one")
    return read_numbers(readings, "`readings`")


def _dates(each: Forecasted | None, horizon: int) -> Any:
    """The dates of a forecast; none without a start."""
    if (
        each is None
        or not isinstance(each.timeline.grid.dates(0, 0), np.ndarray)
        or each.timeline.grid.frequency is None
    ):
        return np.zeros(0, "datetime64[us]")
    count = len(each.timeline.readings)
    dates = each.timeline.labels(count, count + horizon)
    return dates if dates.dtype.kind == "M" else np.zeros(0, "datetime64[us]")
