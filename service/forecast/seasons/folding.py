"""How much of a series its phases explain, for seasons of any length."""

import functools
from typing import NamedTuple

import numpy as np

from ...interfaces import Array, Labels

MAX_AT_ONCE = 16384  # lengths × readings that are folded at once, by an index that is kept


class Folding:
    """Readings about 0, folded at a season length: the share of their variance that the means of the phases explain."""

    def __init__(self, values: Array, known: Array) -> None:
        """values: (time,), 0 where one is unknown; known: 1.0 or 0.0."""
        self._values, self._is_known = values, known
        self._squares = max(float(values @ values), 1e-300)
        self._known = int(known.sum())
        self._lacks_first = self._known == len(values) - 1 and not known[0]  # that of a remainder without gaps
        self._explained: dict[int, tuple[float, float]] = {}

    def explained(self, length: int) -> tuple[float, float]:
        """Return the share that a season of this length explains, and the same adjusted for the number of its phases."""
        if length not in self._explained:
            self._explained[length] = self._explain(length)
        return self._explained[length]

    def explain(self, lengths: tuple[int, ...]) -> None:
        """Compute the shares of several lengths together, which is faster where the readings are few."""
        time = len(self._values)
        if not lengths or len(lengths) * time > MAX_AT_ONCE:
            return
        phases = _phases(time, lengths)
        sums = np.bincount(phases.numbers, np.concatenate([self._values] * len(lengths)))
        counts, used = phases.counts, phases.used
        if not self._lacks_first:
            known = np.bincount(phases.numbers, np.concatenate([self._is_known] * len(lengths)))
            counts, used = np.maximum(known, 1), np.add.reduceat(known > 0, phases.starts, dtype=np.int64).tolist()
        explained = np.add.reduceat(np.square(sums) / counts, phases.starts).tolist()
        for length, each, number in zip(lengths, explained, used, strict=True):
            self._explained[length] = self._shares(each, number)

    def _explain(self, length: int) -> tuple[float, float]:
        both = np.stack([self._values, self._is_known])
        seasons, rest = divmod(both.shape[1], length)
        folded = np.ones(seasons) @ both[:, : seasons * length].reshape(2, seasons, length)
        folded[:, :rest] += both[:, seasons * length :]
        sums, counts = folded
        return self._shares(float(sums @ (sums / np.maximum(counts, 1))), int(np.count_nonzero(counts)))

    def _shares(self, squares: float, phases: int) -> tuple[float, float]:
        """The explained share, and the same adjusted for the number of phases that have a reading."""
        left = max(1 - squares / self._squares, 1e-9)
        return 1 - left, 1 - left * (self._known - 1) / max(self._known - phases, 1)


class _Phases(NamedTuple):
    """The phase of every reading at every length, numbered one length after the other.

    starts: the first number of each length; counts: of the readings of each phase, at least 1, if only the first reading is
    unknown; used: of the phases of each length that then have one.
    """

    numbers: Labels
    starts: Labels
    counts: Array
    used: list[int]


@functools.lru_cache(64)
def _phases(time: int, lengths: tuple[int, ...]) -> _Phases:
    starts: Labels = np.cumsum([0, *(min(length, time) for length in lengths)])[:-1]
    numbers = np.concatenate([start + np.arange(time) % length for start, length in zip(starts, lengths, strict=True)])
    counts = np.bincount(numbers)
    counts[starts] -= 1
    used: list[int] = np.add.reduceat(counts > 0, starts, dtype=np.int64).tolist()
    return _Phases(numbers, starts, np.maximum(counts, 1.0), used)
