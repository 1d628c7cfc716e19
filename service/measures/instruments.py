"""Counter, Gauge, Histogram: what a process writes its measures with.

`labels(...)` returns a handle, which is made once and kept; the handle is what the fast path uses. Where label values would
make too many series, all further ones share the values `other`.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from .region import OTHER, Region
from .series import EXEMPLAR_CELLS, Definition, Merge, Series

MAX_SERIES = 512  # of one metric, if it says no other number
MAX_BOUNDS = 64
TRACE_ID_BYTES = 16
SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class CounterHandle:
    """One series of a counter."""

    __slots__ = ("_before", "_cells", "_index")

    def __init__(self, region: Region, series: Series) -> None:
        self._cells = region.cells
        self._index = series.first
        self._before = self._cells[self._index]  # what earlier writers of the region have counted

    def add(self, amount: float = 1.0) -> None:
        """Count."""
        self._cells[self._index] += amount

    def set_total(self, total: float) -> None:
        """Say what this process has counted since its start; what others counted before in the region is kept."""
        self._cells[self._index] = self._before + total


class GaugeHandle:
    """One series of a gauge. It has no value until it is set."""

    __slots__ = ("_cells", "_index")

    def __init__(self, region: Region, series: Series) -> None:
        self._cells = region.cells
        self._index = series.first

    def set(self, value: float) -> None:
        """Give it a value."""
        self._cells[self._index] = value

    def clear(self) -> None:
        """Take the value away: the series is not shown any more."""
        self._cells[self._index] = float("nan")


class HistogramHandle:
    """One series of a histogram. Its count is the sum of its buckets, always; its sum may lack what is being added."""

    __slots__ = ("_bounds", "_bytes", "_cells", "_exemplars", "_first", "_sum")

    def __init__(self, region: Region, series: Series) -> None:
        definition = series.definition
        self._cells = region.cells
        self._bytes = region.raw
        self._bounds = definition.bounds
        self._first = series.first
        self._sum = series.first + len(definition.bounds) + 1
        self._exemplars = self._sum + 1 if definition.has_exemplars else 0

    def observe(self, value: float, trace_id: str | None = None) -> None:
        """Count a value. `trace_id`, of 32 hexadecimal digits, makes it the exemplar of its bucket."""
        cells, bucket = self._cells, bisect_left(self._bounds, value)
        cells[self._first + bucket] += 1.0
        cells[self._sum] += value
        if trace_id is not None:
            self.keep(value, trace_id)

    def observe_all(self, values: Iterable[float]) -> None:
        """Count many values: half the time of one by one."""
        cells, bounds, first, total = self._cells, self._bounds, self._first, 0.0
        for value in values:
            cells[first + bisect_left(bounds, value)] += 1.0
            total += value
        cells[self._sum] += total

    def keep(self, value: float, trace_id: str) -> None:
        """Make a value that is counted the exemplar of its bucket. Its time is 0 meanwhile: no reader takes half of it."""
        identity = bytes.fromhex(trace_id)
        if not self._exemplars or len(identity) != TRACE_ID_BYTES:
            return
        index = self._exemplars + EXEMPLAR_CELLS * bisect_left(self._bounds, value)
        self._cells[index] = 0.0
        self._cells[index + 1] = value
        self._bytes[8 * index + 16 : 8 * index + 16 + TRACE_ID_BYTES] = identity
        self._cells[index] = time.time()


Handle = TypeVar("Handle", CounterHandle, GaugeHandle, HistogramHandle)


class Instrument(Generic[Handle]):
    """A metric of this process. `handle` is the class of its handles."""

    handle: type[Handle]

    def __init__(self, region: Region, definition: Definition, max_series: int = MAX_SERIES) -> None:
        self._region = region
        self.definition = definition
        self._max_series = max_series
        self._handles: dict[tuple[str, ...], Handle] = {}

    def labels(self, *values: str) -> Handle:
        """The handle of the series with these label values, in the order of the names."""
        return self._handles.get(values) or self._resolve(values)

    def known(self, *values: str) -> Handle | None:
        """The handle of a series that this process has asked for before; None if it has not."""
        return self._handles.get(values)

    def _resolve(self, values: tuple[str, ...]) -> Handle:
        if len(values) != len(self.definition.labels):
            raise ValueError(f"{self.definition.name} has the labels {self.definition.labels}, not so many values")
        others = (OTHER,) * len(values)
        if len(self._handles) >= self._max_series and values != others:
            return self.labels(*others)
        handle = self._handles[values] = self.handle(self._region, self._region.find(self.definition, values))
        return handle


class Counter(Instrument[CounterHandle]):
    """What only grows."""

    handle = CounterHandle

    def __init__(
        self, region: Region, name: str, meaning: str, labels: Sequence[str] = (), max_series: int = MAX_SERIES
    ) -> None:
        super().__init__(region, Definition("counter", name, meaning, tuple(labels)), max_series)


class Gauge(Instrument[GaugeHandle]):
    """What is so now. `merge` says how the values of several processes become one; those of ended ones are left out."""

    handle = GaugeHandle

    def __init__(
        self, region: Region, name: str, meaning: str, labels: Sequence[str] = (), merge: Merge = "sum"
    ) -> None:
        super().__init__(region, Definition("gauge", name, meaning, tuple(labels), merge))


class Histogram(Instrument[HistogramHandle]):
    """How many values lie up to each of `bounds`."""

    handle = HistogramHandle

    def __init__(
        self,
        region: Region,
        name: str,
        meaning: str,
        labels: Sequence[str] = (),
        bounds: Sequence[float] = SECONDS,
        exemplars: bool = False,
    ) -> None:
        if len(bounds) > MAX_BOUNDS or list(bounds) != sorted(set(bounds)):
            raise ValueError(f"{name}: bounds must grow, and be {MAX_BOUNDS} at most")
        bounds = tuple(map(float, bounds))
        super().__init__(region, Definition("histogram", name, meaning, tuple(labels), "sum", bounds, exemplars))
