"""The measures of this process, and their sums over all processes of the host."""

import asyncio
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .instruments import MAX_SERIES, SECONDS, Counter, Gauge, Histogram
from .region import Region
from .series import EXEMPLAR_CELLS, Definition, Merge, Series

PUBLISH_SECONDS = 0.25


class Exemplar(NamedTuple):
    """A value that was observed, in which trace, and when, in seconds since 1970."""

    trace_id: str
    value: float
    time: float


@dataclass
class HistogramValue:
    """Counts by bucket, the last one beyond all bounds; the sum; the newest exemplar of each bucket."""

    buckets: list[float]
    sum: float
    exemplars: list[Exemplar | None]


@dataclass
class Family:
    """A metric with its values by label values. A histogram has them in `histograms`."""

    definition: Definition
    values: dict[tuple[str, ...], float] = field(default_factory=dict)
    histograms: dict[tuple[str, ...], HistogramValue] = field(default_factory=dict)


def no_others() -> Iterable[Region]:
    return ()


class Measures:
    """Makes the instruments of this process, which write to `own`; sums them with the regions of `others`."""

    def __init__(
        self,
        own: Region | None = None,
        others: Callable[[], Iterable[Region]] = no_others,
    ) -> None:
        self.own = own or Region.create_private()
        self._others = others
        self._publishers: list[Callable[[], None]] = []

    def counter(self, name: str, meaning: str, labels: Sequence[str] = (), max_series: int = MAX_SERIES) -> Counter:
        """A counter; its name ends in `_total`."""
        return Counter(self.own, name, meaning, labels, max_series)

    def gauge(self, name: str, meaning: str, labels: Sequence[str] = (), merge: Merge = "sum") -> Gauge:
        """A gauge."""
        return Gauge(self.own, name, meaning, labels, merge)

    def histogram(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str] = (),
        bounds: Sequence[float] = SECONDS,
        exemplars: bool = False,
    ) -> Histogram:
        """A histogram."""
        return Histogram(self.own, name, meaning, labels, bounds, exemplars)

    def publish_by(self, publisher: Callable[[], None]) -> None:
        """Have a function called that sets what is read rather than written."""
        self._publishers.append(publisher)

    def publish(self) -> None:
        """Set what is read rather than written."""
        for publisher in self._publishers:
            publisher()

    async def keep_publishing(self) -> None:
        """Publish a few times a second until cancelled. For several processes; one alone publishes when it is asked."""
        while True:
            self.publish()
            await asyncio.sleep(PUBLISH_SECONDS)

    def collect(self) -> list[Family]:
        """All metrics of all processes, by name. Publishes what this process has first."""
        self.publish()
        families: dict[str, Family] = {}
        for region in sorted((self.own, *self._others()), key=lambda region: region.claimed):
            is_alive = region.is_alive
            for series in region.series():
                if is_alive or series.definition.kind != "gauge":
                    _add(families.setdefault(series.definition.name, Family(series.definition)), region, series)
        return sorted((family for family in families.values()), key=lambda family: family.definition.name)


def _add(family: Family, region: Region, series: Series) -> None:
    """Add a series of one region to the sums. One that is defined in another way is left out: it cannot be added."""
    if series.definition[:1] + series.definition[3:] != family.definition[:1] + family.definition[3:]:
        return
    if series.definition.kind == "histogram":
        _add_histogram(family.histograms, region, series)
        return
    value = region.cells[series.first]
    if math.isnan(value):
        return
    before = family.values.get(series.values)
    family.values[series.values] = value if before is None else _merged(series.definition.merge, before, value)


def _merged(merge: Merge, before: float, value: float) -> float:
    if merge == "sum":
        return before + value
    if merge == "max":
        return max(before, value)
    return min(before, value)


def _add_histogram(sums: dict[tuple[str, ...], HistogramValue], region: Region, series: Series) -> None:
    read = _read_histogram(region, series)
    before = sums.get(series.values)
    if before is None:
        sums[series.values] = read
        return
    before.buckets = [a + b for a, b in zip(before.buckets, read.buckets, strict=True)]
    before.sum += read.sum
    before.exemplars = list(itertools.starmap(_newer, zip(before.exemplars, read.exemplars, strict=True)))


def _newer(a: Exemplar | None, b: Exemplar | None) -> Exemplar | None:
    if a is None or b is None:
        return a or b
    return b if b.time >= a.time else a


def _read_histogram(region: Region, series: Series) -> HistogramValue:
    count = len(series.definition.bounds) + 1
    after = series.first + count
    exemplars: list[Exemplar | None] = [None] * count
    if series.definition.has_exemplars:
        exemplars = [_read_exemplar(region, after + 1 + EXEMPLAR_CELLS * bucket) for bucket in range(count)]
    return HistogramValue(list(region.cells[series.first : after]), region.cells[after], exemplars)


def _read_exemplar(region: Region, index: int) -> Exemplar | None:
    """An exemplar, if there is one and nobody writes it meanwhile."""
    time = region.cells[index]
    if not time:
        return None
    value, identity = region.cells[index + 1], bytes(region.raw[8 * index + 16 : 8 * index + 32])
    return Exemplar(identity.hex(), value, time) if region.cells[index] == time else None
