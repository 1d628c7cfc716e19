"""How much of a series its phases explain, for seasons of any length."""

import functools

import numpy as np

from service.interfaces import Array, Labels

MAX_AT_ONCE = 8192  # lengths × readings that are folded at once, by an index that is kept


class Folding:
    """Readings about 0, folded at a season length: the share of their variance that the means of the phases explain."""

    def __init__(self, values: Array, known: Array) -> None:
        """values: (time,), 0 where one is unknown; known: 1.0 or 0.0."""
        self._both = np.stack([values, known])
        self._ones = np.ones(len(values))
        self._squares = max(float(values @ values), 1e-300)
        self._known = int(known.sum())
        self._explained: dict[int, tuple[float, float]] = {}

    def explained(self, length: int) -> tuple[float, float]:
        """Return the share that a season of this length explains, and the same adjusted for the number of its phases."""
        if length not in self._explained:
            self._explained[length] = self._explain(length)
        return self._explained[length]

    def explain(self, lengths: tuple[int, ...]) -> None:
        """Compute the shares of several lengths together, which is faster where the readings are few."""
        time = self._both.shape[1]
        if not lengths or len(lengths) * time > MAX_AT_ONCE:
            return
        phases, starts = _phases(time, lengths)
        sums = np.bincount(phases, np.tile(self._both[0], len(lengths)))
        counts = np.bincount(phases, np.tile(self._both[1], len(lengths)))
        explained = np.add.reduceat(np.square(sums) / np.maximum(counts, 1), starts)
        used = np.add.reduceat(counts > 0, starts, dtype=np.int64)
        for length, each, number in zip(lengths, explained.tolist(), used.tolist(), strict=True):
            self._explained[length] = self._shares(each, number)

    def _explain(self, length: int) -> tuple[float, float]:
        seasons, rest = divmod(self._both.shape[1], length)
        whole = self._both[:, : seasons * length].reshape(2, seasons, length)
        folded = self._ones[:seasons] @ whole
        folded[:, :rest] += self._both[:, seasons * length :]
        sums, counts = folded
        return self._shares(float(sums @ (sums / np.maximum(counts, 1))), int(np.count_nonzero(counts)))

    def _shares(self, squares: float, phases: int) -> tuple[float, float]:
        """The explained share, and the same adjusted for the number of phases that have a reading."""
        left = max(1 - squares / self._squares, 1e-9)
        return 1 - left, 1 - left * (self._known - 1) / max(self._known - phases, 1)


@functools.lru_cache(128)
def _phases(time: int, lengths: tuple[int, ...]) -> tuple[Labels, Labels]:
    """The phase of every reading at every length, numbered one length after the other, and where each length begins."""
    starts = np.cumsum([0, *(min(length, time) for length in lengths)])[:-1]
    phases = [start + np.arange(time) % length for start, length in zip(starts, lengths, strict=True)]
    return np.concatenate(phases), starts
