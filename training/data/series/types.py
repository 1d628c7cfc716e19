"""What is read from a user's file: one series, or a panel of several."""

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.interfaces import Array

MONTHS = re.compile(r"(\d*)([MQY])[SE](?:-[A-Z]{3})?")
RETAIL_CALENDARS = ("4-4-5", "4-5-4", "5-4-4")  # weeks of the months of a quarter
LAST_COMMON_DAY = 28  # of every month


@dataclass(frozen=True)
class Series:
    """A regular, complete series, oldest reading first.

    `readings` and `filled` have shape (time,). `filled` is True where a reading was interpolated; `trimmed` counts the
    missing readings that were removed from both ends. `frequency` is a pandas offset alias, or a retail calendar such as
    '4-4-5'. `name` is the id of a series of a panel. `understood` says how the file was read: label → sentence.
    """

    dates: pd.DatetimeIndex
    readings: Array
    frequency: str
    season_length: int
    columns: dict[str, str]
    source: str
    sha256: str
    filled: npt.NDArray[np.bool_]
    trimmed: int = 0
    name: str = ""
    understood: dict[str, str] = field(default_factory=dict)

    def span(self, begin: int, end: int) -> tuple[str, str]:
        """Return the ISO dates of the first and the last of readings[begin:end]."""
        return (self.dates[begin].date().isoformat(), self.dates[end - 1].date().isoformat())

    @property
    def request_frequency(self) -> str | None:
        """The frequency to send to the service with the first date as `start`; None for a calendar it does not know.

        Months from another day than the first or the last are the ISO 8601 period that keeps the day.
        """
        months = MONTHS.fullmatch(self.frequency)
        if months is None or self.dates.is_month_start.all() or self.dates.is_month_end.all():
            return None if self.frequency in RETAIL_CALENDARS else self.frequency
        day = int(self.dates.day.max())
        count = int(months[1] or 1) * {"M": 1, "Q": 3, "Y": 12}[months[2]]
        return f"P{count}M" if day <= LAST_COMMON_DAY else None


@dataclass(frozen=True)
class Panel:
    """Series of one frequency by their ids, in the file's order; a file of one series has the id ""."""

    series: dict[str, Series]
    understood: dict[str, str]
    source: str
    sha256: str
    columns: dict[str, str]
    remarks: list[str] = field(default_factory=list)


def one_series(series: Series) -> Panel:
    """Return a panel of one series."""
    return Panel({"": series}, series.understood, series.source, series.sha256, series.columns)
