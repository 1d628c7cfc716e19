"""How much of a series its phases explain, for seasons of any length."""

import numpy as np

from service.interfaces import Array


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

    def _explain(self, length: int) -> tuple[float, float]:
        seasons, rest = divmod(self._both.shape[1], length)
        whole = self._both[:, : seasons * length].reshape(2, seasons, length)
        folded = self._ones[:seasons] @ whole
        folded[:, :rest] += self._both[:, seasons * length :]
        sums, counts = folded
        left = max(1 - float(sums @ (sums / np.maximum(counts, 1))) / self._squares, 1e-9)
        return 1 - left, 1 - left * (self._known - 1) / max(self._known - int(np.count_nonzero(counts)), 1)
