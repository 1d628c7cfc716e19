"""Hashed n-grams: which bucket an n-gram falls into."""

from collections.abc import Sequence
from typing import Any

ORDERS = (1, 2, 3)
BUCKETS = 1 << 21
MULTIPLIERS = (73_856_093, 19_349_663, 83_492_791)  # of the first, second and third word (Teschner et al., 2003)


def buckets_of(words: Sequence[Any], count: int) -> Any:
    """Bucket of the n-gram whose words are those at one place of the n arrays; works on NumPy's and TensorFlow's."""
    total = len(words)
    for word, multiplier in zip(words, MULTIPLIERS, strict=False):
        total = total + word * multiplier
    return total % count
