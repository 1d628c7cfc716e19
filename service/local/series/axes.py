"""What says when the readings come: dates, periods, whole numbers, or nothing but their order."""

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ...interfaces import Mask
from ..errors import DataError
from .grids import Dates
from .text_dates import is_text, read_dates

Kind = Literal["timestamp", "period", "number", "step"]
TIMESTAMP: Kind = "timestamp"
PERIOD: Kind = "period"
NUMBER: Kind = "number"
STEP: Kind = "step"
MAX_NUMBER = 1 << 62  # so that the next ones can be counted


class Axis(NamedTuple):
    """How the labels of readings are written. Dates with a time zone are kept in UTC, and periods as their ordinals."""

    kind: Kind
    dtype: Any = None
    """Of the labels, as pandas has it; None where there are none."""
    declared: str | None = None
    """The frequency that an index of dates says it has."""

    @property
    def zone(self) -> Any:
        """The time zone of dates that have one."""
        return self.dtype.tz if isinstance(self.dtype, pd.DatetimeTZDtype) else None

    def column(self, labels: Dates) -> pd.Index:
        """Return labels as a column of a data frame."""
        if self.kind == PERIOD:
            periods: pd.Index = pd.PeriodIndex.from_ordinals(labels, freq=self.dtype.freq)  # type: ignore[attr-defined]
            return periods
        if self.zone is not None:
            return pd.DatetimeIndex(labels).tz_localize("UTC").tz_convert(self.zone)
        return pd.Index(labels)

    def empty(self) -> Dates:
        """Return no labels."""
        if self.kind != TIMESTAMP:
            return np.zeros(0, np.int64)
        unit = self.dtype.unit if self.zone is not None else np.datetime_data(self.dtype)[0]
        return np.zeros(0, f"datetime64[{unit}]")


ORDER = Axis(STEP)


def read_axis(labels: pd.Index, where: str) -> tuple[Axis, Dates]:
    """Return the kind of labels, and the labels as numpy has them. Raises DataError; `where` is a column or the index."""
    if isinstance(labels.dtype, pd.ArrowDtype):  # as Ray Data hands over
        labels = pd.DatetimeIndex(labels) if labels.dtype.kind == "M" else pd.Index(labels.to_numpy())
    if isinstance(labels, pd.DatetimeIndex):
        return _dates(labels, where)
    if isinstance(labels, pd.PeriodIndex):
        _check_present(labels, where)
        return Axis(PERIOD, labels.dtype), labels.asi8
    if pd.api.types.is_integer_dtype(labels.dtype):
        _check_present(labels, where)
        return Axis(NUMBER, np.dtype(np.int64)), _counted(labels, where)
    if is_text(labels):
        return _dates(read_dates(labels, where), where)
    raise DataError(
        f"{where} holds {labels.dtype}; the time of readings is told by dates, periods or whole numbers: "
        "convert it with pd.to_datetime first"
    )


def _dates(labels: pd.DatetimeIndex, where: str) -> tuple[Axis, Dates]:
    _check_present(labels, where)
    naive = labels if labels.tz is None else labels.tz_convert("UTC").tz_localize(None)
    return Axis(TIMESTAMP, labels.dtype, labels.freqstr), naive.to_numpy()


def is_unusable(labels: pd.Index) -> Mask:
    """Return which labels are missing, or are whole numbers too large to be counted on from."""
    is_missing = np.asarray(labels.isna())
    if not pd.api.types.is_integer_dtype(labels.dtype):
        return is_missing
    sizes = np.abs(labels.to_numpy(np.float64, na_value=np.nan))
    return np.asarray(is_missing | (sizes > MAX_NUMBER))


def _counted(labels: pd.Index, where: str) -> Dates:
    if is_unusable(labels).any():
        raise DataError(f"{where} holds whole numbers beyond ±{MAX_NUMBER}; number the readings with smaller ones")
    return labels.to_numpy(np.int64)


def _check_present(labels: pd.Index, where: str) -> None:
    if labels.hasnans:
        row = int(np.flatnonzero(labels.isna())[0])
        raise DataError(f"{where} has no date in row {row} (counted from 0); leave such rows out, as with dropna()")
