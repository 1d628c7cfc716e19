"""Many series in flat arrays: the readings of each, what is asked of them, and whose fault an error is."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, TypeVar

from ....errors import DeadlineExceeded, Fault, GatecastError, InvalidRequest, TooManyAtOnce
from ....forecast.dates import frequency
from ....serving.registry import Registry
from .models import named_forecaster
from .readings import SeriesReadings
from .schemas import PanelBody

MAX_FORECASTS = 30_000  # series × windows
MAX_STEPS = 1_000_000  # forecasts × horizon
MAX_REPLY = 2_000_000  # numbers
MAX_JUDGED = 50_000  # readings
POLARS_MINUTES = re.compile(r"(\d{1,9})m")  # its months are "mo", which the client sends as "MS"
HOLIDAYS = re.compile(r"(\d{0,9})C(BM[SE]?)?")  # business days or months of a calendar that only the client knows
# business hours; offsets that pandas has no alias for
NO_SEASON = re.compile(r"(?:[1-9]\d{0,8})?[cC]?(?:bh|BH)|<[^<>]{1,126}>")
INTEGER_TIMES = "MS"  # what the client sends for them
NAMES = {"levels": "/level", "horizon": "/h", "frequency": "/freq", "last": "/detection_size"}
FEWER = "send fewer series at once: the client's num_partitions splits them"
T = TypeVar("T")


class Panel:
    """The series of a request."""

    def __init__(self, body: PanelBody, registry: Registry) -> None:
        """Raises UnknownModel or UnusableFrequency."""
        self._y = body.series.y
        self.sizes: list[int] = body.series.sizes
        self.offsets = [0, *accumulate(self.sizes)]
        self.model = named_forecaster(body.model, registry)
        self.frequency = frequency_of(body)

    def __len__(self) -> int:
        return len(self.sizes)

    def readings(self, index: int) -> SeriesReadings:
        """The readings of one series."""
        return SeriesReadings(self._y, self.offsets[index], self.offsets[index + 1])


def frequency_of(body: PanelBody) -> str | None:
    """The frequency, as pandas writes it; None where it tells nothing of a season, as of times that are whole numbers.

    The client makes the dates, so that holidays need not be known here. Raises UnusableFrequency.
    """
    freq = body.freq
    if (freq == INTEGER_TIMES and body.series.start_datetime is None) or NO_SEASON.fullmatch(freq):
        return None
    if minutes := POLARS_MINUTES.fullmatch(freq):
        freq = f"{minutes[1]}min"
    elif holidays := HOLIDAYS.fullmatch(freq):
        freq = f"{holidays[1]}{holidays[2] or 'B'}"
    return frequency.parse(freq).alias


class Place(NamedTuple):
    """What a forecaster is given: the readings of a series from index `begin` on; and where its forecast begins."""

    series: int
    begin: int = 0
    known: int = 0


class Windows(NamedTuple):
    """Windows of many series, which end with their series: how many each has, and how many readings lie between two."""

    horizon: int
    step: int
    counts: list[int]

    def known(self, size: int, count: int) -> range:
        """How many readings are known before each window of a series."""
        last = size - self.horizon
        return range(last - self.step * (count - 1), last + 1, self.step)


def noted(items: Iterable[tuple[Place, T]], places: deque[Place]) -> Iterator[T]:
    """What is asked for, whose places are noted: their answers come in the same order."""
    for place, item in items:
        places.append(place)
        yield item


def named(error: Exception, panel: Panel, place: Place) -> Exception:
    """The error of one series, which refuses the whole request: the protocol has no errors of single series."""
    if not isinstance(error, InvalidRequest):
        return error
    count = f" of {len(panel)}, counted from 0 in the order of their ids" if len(panel) > 1 else ""
    error.detail = f"series {place.series}{count}: {error.detail}"
    size, first = f"/series/sizes/{place.series}", panel.offsets[place.series] + place.begin
    error.faults = [Fault(_pointer(fault.pointer, first, size), fault.detail) for fault in error.faults]
    return error


def translated(error: GatecastError) -> GatecastError:
    """An error of the whole request, in the names of this protocol."""
    error.faults = [Fault(_pointer(fault.pointer, 0, "/series"), fault.detail) for fault in error.faults]
    if isinstance(error, DeadlineExceeded):
        error.detail = f"{error.detail}; {FEWER}"
    return error


def _pointer(pointer: str, first: int, series: str) -> str:
    """The place of a fault in a request of this protocol. first: index in `y` of the first reading."""
    field, _, index = pointer[1:].partition("/")
    if field == "readings":
        return f"/series/y/{first + int(index)}" if index.isdecimal() else series
    return NAMES.get(field, pointer)


def check_work(forecasts: int, horizon: int, columns: int) -> None:
    """Raise TooManyAtOnce for more forecasts than one request can be answered with. columns: numbers of each step."""
    if forecasts > MAX_FORECASTS:
        raise TooManyAtOnce(
            f"{forecasts:,} forecasts are asked for, and one request may have {MAX_FORECASTS:,}: series times windows, or "
            f"one for each reading of their history; {FEWER}",
            pointer="/series/sizes",
        )
    steps = forecasts * horizon
    if steps > MAX_STEPS or steps * columns > MAX_REPLY:
        raise TooManyAtOnce(
            f"{steps:,} steps are asked for, with {columns:,} numbers each, and one request may have {MAX_STEPS:,} steps and "
            f"{MAX_REPLY:,} numbers; {FEWER}",
            pointer="/h",
        )


def check_judged(readings: int) -> None:
    """Raise TooManyAtOnce for more readings than one request can have judged."""
    if readings > MAX_JUDGED:
        raise TooManyAtOnce(
            f"{readings:,} readings are to be judged, and one request may have {MAX_JUDGED:,}; {FEWER}, and "
            "detect_anomalies_online judges the last ones only",
            pointer="/series/sizes",
        )
