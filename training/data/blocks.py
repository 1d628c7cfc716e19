"""Splits that keep neighbouring texts together.

Files are often ordered by subject, author or time, and a model that has read one review of a film recognises the names in the
next. So neighbours form blocks, and a block is never divided.
"""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from service.interfaces import Labels

SPLIT_SEED = 0
MAX_BLOCK = 50  # texts
MIN_BLOCKS = 10  # of the rarest class, in the smaller split


def blocks(labels: Labels, share: float) -> Labels:
    """Return the block number of each row; blocks are small enough for several of them in a split of that share."""
    counts = np.bincount(labels)
    size = int(np.clip(min(counts[counts > 0], default=1) * share / MIN_BLOCKS, 1, MAX_BLOCK))
    return np.arange(len(labels)) // size


def split(labels: Labels, share: float, groups: Labels | None = None) -> tuple[Labels, Labels]:
    """Return the row numbers of a larger and a smaller split, in order; the smaller has about `share` of the rows.

    Both have the classes in proportion, unless a class has too few rows. Rows of one group stay together; without `groups`
    these are blocks of neighbours.
    """
    count = max(2, round(1 / share))
    groups = blocks(labels, share) if groups is None else groups
    if len(np.unique(groups)) < count:
        return np.arange(len(labels)), np.arange(0)
    is_rare = np.unique(labels, return_counts=True)[1].min() < count
    strata = np.zeros_like(labels) if is_rare else labels
    larger, smaller = next(
        StratifiedGroupKFold(count, shuffle=True, random_state=SPLIT_SEED).split(labels, strata, groups)
    )
    return larger, smaller
