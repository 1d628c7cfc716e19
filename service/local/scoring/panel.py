"""A long frame of whole series → a long frame of their forecasts."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ..errors import DataError
from ..forecast_frames import forecast_frame
from ..forecasts import ForecastOptions, check_options, forecast_all, level_columns
from ..names import check_names
from ..series.axes import NUMBER, TIMESTAMP
from ..series.reading import read_table
from ..series.tables import Columns, Series, Table
from .cache import model_at
from .columns import Column, empty, text
from .frames import check_column


@dataclass(frozen=True)
class PanelScoring:
    """Forecasts the series of a long frame: a row for each reading → a row for each step, with the columns of `schema()`.

    The frame must hold each of its series whole. Rows may come in any order. A series that cannot be forecast has one row,
    with its error in the column `error`, which is missing elsewhere.

    model: a path, as for `load`. id, time, value: names of columns; without time (None) the rows are in order, and steps
    are numbered from 1. times: 'timestamp' for dates, 'number' for whole numbers. frequency: found by the dates if None.
    season, minimum, maximum: as for `Model.forecast`.
    """

    model: str
    horizon: int | None = None
    levels: tuple[float, ...] = (80, 95)
    id: str = "unique_id"
    time: str | None = "ds"
    value: str = "y"
    times: Literal["timestamp", "number"] = "timestamp"
    frequency: str | None = None
    season: int | None = None
    minimum: float | None = None
    maximum: float | None = None

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the forecasts. Raises LoadError, InvalidRequest for an option, and DataError for a missing column."""
        for name, option in ((self.id, "id"), (self.time, "time"), (self.value, "value")):
            if name is not None:
                check_column(frame, name, option)
        if not len(frame):
            return self._empty(frame)
        self.schema()
        options, table = self._options(), _with_text_ids(self._read(frame))
        forecaster = model_at(self.model).forecaster
        outcomes = forecast_all(forecaster, (series.timeline for series in table.series), options)
        return self._typed(forecast_frame(table, outcomes, options, "column"))

    def schema(self) -> list[Column]:
        """Return the names and kinds of the columns; the id's is that of the frame's own column. Loads the model."""
        labels = Column(self.time or "step", "timestamp_ntz" if self._has_dates else "bigint")
        numbers = [Column(name, "double") for name in ["forecast", *level_columns(self._options().levels)]]
        check_names(self.id, labels.name, [column.name for column in numbers] + ["error"])
        return [Column(self.id, "string"), labels, *numbers, Column("error", "string")]

    @property
    def _has_dates(self) -> bool:
        return self.time is not None and self.times == "timestamp"

    def _options(self) -> ForecastOptions:
        forecaster = model_at(self.model).forecaster
        return check_options(forecaster, self.horizon, self.levels, self.season, self.minimum, self.maximum)

    def _read(self, frame: pd.DataFrame) -> Table:
        """The series of a frame; without a time column an index says nothing."""
        names = list(dict.fromkeys(name for name in (self.id, self.time, self.value) if name is not None))
        columns = Columns(self.id, self.time, self.value, self.frequency, keeps_going=True)
        table = read_table(frame[names].reset_index(drop=True), columns)
        found = {TIMESTAMP: "timestamp", NUMBER: "number"}.get(table.axis.kind)
        if self.time is not None and len(frame) and found != self.times:
            raise DataError(f"the column '{self.time}' holds {frame[self.time].dtype}, and `times` is '{self.times}'")
        return table

    def _typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Dates in microseconds, whatever unit they came in."""
        if self._has_dates and len(frame):
            frame[self.time] = frame[self.time].dt.as_unit("us")
        return frame

    def _empty(self, frame: pd.DataFrame) -> pd.DataFrame:
        columns = {column.name: empty(column.kind) for column in self.schema()}
        if frame[self.id].dtype != object:
            columns[self.id] = frame[self.id].array[:0]
        return pd.DataFrame(columns)


def _with_text_ids(table: Table) -> Table:
    """Ids that are objects, as text. Series whose ids are one text, such as 1 and '1', could not be told apart: errors."""
    if table.ids is None or table.ids.dtype != object:
        return table
    names = [None if pd.isna(each) else str(each) for each in table.ids]
    same: dict[str | None, list[object]] = {}
    for each, name in zip(table.ids, names, strict=True):
        same.setdefault(name, []).append(each)
    series = [
        each if len(ids := same[name]) == 1 or name is None else Series(each.id, _one_text(ids))
        for each, name in zip(table.series, names, strict=True)
    ]
    return table._replace(series=series, ids=pd.Index(text(names)))


def _one_text(ids: list[object]) -> DataError:
    shown = " and ".join(ascii(each) for each in ids[:2])
    return DataError(f"the id of this series is also the text of another one ({shown}); make text of all ids first")
