"""Quantiles of one array: those of numpy, which takes several times as long for the few readings of a request."""

from collections.abc import Sequence

import numpy as np

from ...interfaces import Array


def quantiles(values: Array, shares: Sequence[float]) -> list[float]:
    """Return the quantiles of values (n,) without NaN, interpolated linearly, one for each share from 0 to 1."""
    ranked = np.sort(values)
    return [ranked_quantile(ranked, share) for share in shares]


def ranked_quantile(ranked: Sequence[float] | Array, share: float) -> float:
    """Return the same of values that are in ascending order."""
    last = len(ranked) - 1
    below = int(share * last)
    low, high = float(ranked[below]), float(ranked[min(below + 1, last)])
    return low + (high - low) * (share * last - below)


def median(values: Array) -> float:
    """Return the median of values (n,) without NaN."""
    return quantiles(values, (0.5,))[0]
