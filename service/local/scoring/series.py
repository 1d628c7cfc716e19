"""A frame with a row for each series → the same frame with the forecast of each."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date
from typing import Any

import numpy as np
import pandas as pd

from ...errors import GatecastError, InvalidRequest
from ...forecast.dates import frequency as frequencies
from ..errors import DataError
from ..forecast_frames import forecast_rows
from ..forecasts import Forecasted, ForecastOptions, check_options, forecast_all, level_columns
from ..series.axes import TIMESTAMP, Axis
from ..series.grids import Grid, grid_of
from ..series.numbers import read_list
from ..series.timelines import Timeline, ordinal_grid, trimmed
from .cache import model_at
from .columns import Column, lists, text
from .frames import beside, check_column, check_free

NO_DATES = np.zeros(0, "datetime64[us]")


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
        check_free(frame, self.schema())
        options = self._options()
        outcomes = forecast_all(model_at(self.model).forecaster, self._series(frame), options)
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

    def _columns(self, outcomes: Iterable[Forecasted | GatecastError], options: ForecastOptions) -> dict[str, Any]:
        names = ["forecast", *level_columns(options.levels)]
        nothing = np.zeros((len(names), 0))
        rows, dates, errors = list[Any](), list[Any](), list[str | None]()
        for found in forecast_rows(outcomes, Axis(TIMESTAMP), options.horizon):
            if isinstance(found, GatecastError):
                rows.append(nothing)
                dates.append(NO_DATES)
                errors.append(found.detail)
            else:
                rows.append(found.numbers)
                dates.append(found.labels if found.labels.dtype.kind == "M" else NO_DATES)
                errors.append(None)
        columns: dict[str, Any] = {"timestamps": lists(dates)} if self._has_dates else {}
        columns.update({name: lists([each[index] for each in rows]) for index, name in enumerate(names)})
        columns["error"] = text(errors)
        return columns


def _timeline(readings: Any, start: Any, alias: Any) -> Timeline:
    """One row's series. Raises InvalidRequest."""
    numbers = read_list(readings, "`readings`")
    frequency = alias if isinstance(alias, str) else None
    if frequency is not None:
        frequencies.parse(frequency)
    if start is None or (pd.api.types.is_scalar(start) and pd.isna(start)):
        return trimmed(numbers, ordinal_grid(frequency))
    if frequency is None:
        raise DataError("the row has a start and no frequency; a frequency is a pandas offset alias such as 'MS'")
    if not isinstance(start, str | date | np.datetime64):
        raise DataError("the start must be a date, or text such as 2016-11-01")
    return trimmed(numbers, _grid(_of_text(start) if isinstance(start, str) else _by_the_clock(start), frequency))


@functools.lru_cache(4096)
def _grid(first: np.datetime64, frequency: str) -> Grid:
    """The key is the time that the clock shows: dates of two zones are equal if they are one instant."""
    return grid_of(frequency, first)


@functools.lru_cache(4096)
def _of_text(start: str) -> np.datetime64:
    return _by_the_clock(start)


def _by_the_clock(start: "str | date | np.datetime64") -> np.datetime64:
    """A start without its time zone, in microseconds. Raises DataError."""
    try:
        first = pd.to_datetime(start, format="ISO8601") if isinstance(start, str) else pd.Timestamp(start)
        if 1 <= first.year <= MAXYEAR:
            clock: np.datetime64 = first.tz_localize(None).to_datetime64().astype("datetime64[us]")
            return clock
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError("the start is no date of the years 1 to 9999; write it as 2016-11-01") from error
    raise DataError(f"the start is in the year {first.year}; dates are those of the years 1 to {MAXYEAR}")
