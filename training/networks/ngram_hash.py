"""Hashed n-grams: the bucket of an n-gram."""

from collections.abc import Sequence
from typing import Any

ORDERS = (1, 2, 3)
BUCKETS = 1 << 21
MULTIPLIERS = (73_856_093, 19_349_663, 83_492_791)  # of the first, second and third word (Teschner et al., 2003)


def buckets_of(words: Sequence[Any], count: int) -> Any:
    """Return the buckets of n-grams, each below `count`.

    `words` holds n arrays of one shape: the first, second, … words of the n-grams. NumPy and TensorFlow arrays both work.
    """
    total = len(words)
    for word, multiplier in zip(words, MULTIPLIERS, strict=False):
        total = total + word * multiplier
    return total % count
