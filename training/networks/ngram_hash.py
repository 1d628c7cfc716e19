"""Hashed n-grams, of words and of a word's characters: the bucket of an n-gram."""

from collections.abc import Sequence
from typing import Any

ORDERS = (1, 2, 3)  # words
MAX_BUCKETS = 1 << 20  # of word n-grams
CHARACTER_ORDERS = (3, 4, 5)  # bytes of a spelling
CHARACTER_BUCKETS = 16_381  # a prime number
MULTIPLIERS = (
    73_856_093,
    19_349_663,
    83_492_791,
    49_979_687,
    86_028_121,
)  # of the first, second, … (Teschner et al., 2003)


def buckets_of(parts: Sequence[Any], count: int) -> Any:
    """Return the buckets of n-grams, each below `count`.

    `parts` holds n arrays of one shape, of 64-bit integers: the first, second, … words or bytes of the n-grams. NumPy and
    TensorFlow arrays both work.
    """
    total = len(parts)
    for part, multiplier in zip(parts, MULTIPLIERS, strict=False):
        total = total + part * multiplier
    return total % count


def ngram_buckets(classes: int) -> int:
    """Return how many buckets of word n-grams a network of `classes` has: fewer for more than three, as each has a weight a class."""
    return MAX_BUCKETS >> max(0, (classes - 2).bit_length() - 1)
