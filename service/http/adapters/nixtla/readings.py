"""The readings of one series among those of many, as forecasters take them."""

from array import array
from collections.abc import Sequence
from math import isnan
from typing import overload

PIECE = 20_000  # readings that become a list together: twice what is read before an origin


class SeriesReadings(Sequence[float | None]):
    """The readings of one series, oldest first; None where one is missing.

    A series may have millions, so only what is asked for becomes a list, and some more for who asks for what comes next.
    """

    def __init__(self, doubles: "array[float]", begin: int, end: int) -> None:
        self._doubles, self._places = doubles, range(begin, end)
        self._begin, self._list = begin, list[float | None]()

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> float | None: ...

    @overload
    def __getitem__(self, index: slice) -> list[float | None]: ...

    def __getitem__(self, index: int | slice) -> float | list[float | None] | None:
        if isinstance(index, slice):
            places = self._places[index]
            return self._between(places.start, max(places.start, places.stop))[:: places.step]
        value = self._doubles[self._places[index]]
        return None if isnan(value) else value

    def _between(self, begin: int, end: int) -> list[float | None]:
        if not self._begin <= begin <= end <= self._begin + len(self._list):
            most = max(end, min(begin + PIECE, self._places.stop))
            self._begin, self._list = begin, listed(self._doubles[begin:most])
        return self._list[begin - self._begin : end - self._begin]


def listed(doubles: "array[float]") -> list[float | None]:
    """Doubles as a list, NaN as None."""
    values = doubles.tolist()
    return [None if isnan(value) else value for value in values] if isnan(sum(values)) else list(values)
