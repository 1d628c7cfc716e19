"""What is read from a user's file: one series, or a panel of several."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.interfaces import Array


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
        """The frequency to send to the service with the first date as `start`; None for a calendar it does not know."""
        return None if self.frequency.startswith(("4-4-5", "4-5-4", "5-4-4")) else self.frequency


@dataclass(frozen=True)
class Panel:
    """Series of one frequency by their ids, in the file's order; a file of one series has the id ""."""

    series: dict[str, Series]
    understood: dict[str, str]
    source: str
    sha256: str
    columns: dict[str, str]
    remarks: list[str] = field(default_factory=list)
