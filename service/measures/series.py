"""What a region's directory says of one series: its name, its labels, and where its cells are."""

import json
from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]
Merge = Literal["sum", "max", "min"]  # how the values of several processes become one
EXEMPLAR_CELLS = 4  # of 8 bytes: the time, the value, and 16 bytes of a trace id


class Definition(NamedTuple):
    """What all series of a metric have in common."""

    kind: Kind
    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    merge: Merge = "sum"
    bounds: tuple[float, ...] = ()  # upper bounds of the buckets of a histogram, without infinity
    has_exemplars: bool = False

    @property
    def size(self) -> int:
        """How many cells a series has. A histogram has its buckets, the sum, and the exemplars of the buckets."""
        if self.kind != "histogram":
            return 1
        buckets = len(self.bounds) + 1
        return buckets + 1 + (buckets * EXEMPLAR_CELLS if self.has_exemplars else 0)


class Series(NamedTuple):
    """One series of a metric in one region. `first` is the index of its first cell."""

    definition: Definition
    values: tuple[str, ...]
    first: int


def to_bytes(series: Series) -> bytes:
    """A series as an entry of a directory."""
    return json.dumps([*series.definition, series.values, series.first], separators=(",", ":")).encode()


def from_bytes(entry: bytes) -> Series:
    """The series of an entry. Raises ValueError if it is none."""
    try:
        kind, name, meaning, labels, merge, bounds, has_exemplars, values, first = json.loads(entry)
        definition = Definition(kind, name, meaning, tuple(labels), merge, tuple(bounds), has_exemplars)
        return Series(definition, tuple(values), int(first))
    except TypeError as error:
        raise ValueError(f"no entry of a directory: {error}") from error
