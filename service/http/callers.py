"""What is remembered of callers: their token buckets, and the keys that were accepted from their networks.

A process that is alone keeps it for itself; the workers of a host keep it together, so that the limits are those of the host.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from ..keys import MAX_KEYS
from .host import SharedMemory
from .rate_limits import RateLimits
from .shared_buckets import SharedPairs, SharedTokenBuckets
from .shared_table import size_for
from .token_buckets import MAX_CALLERS, Buckets, TokenBuckets

MAX_KEY_CALLERS = 2 * MAX_KEYS  # those of the last file and of this one
MAX_ACCEPTED = 10_000  # pairs of a network and a key
Memory = Callable[[str, int], SharedMemory]


class Pairs(Protocol):
    """Pairs of a network and the name of a key, which were seen together."""

    def add(self, one: str, other: str, now: float) -> None:
        """Remember a pair; the oldest one is forgotten for it, where there are many."""
        ...

    def has(self, one: str, other: str) -> bool:
        """Whether a pair is remembered."""
        ...


class OwnPairs:
    """Pairs that this process has seen."""

    def __init__(self, max_pairs: int) -> None:
        self._pairs: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._max_pairs = max_pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def add(self, one: str, other: str, now: float) -> None:  # noqa: ARG002 - their order is known
        if len(self._pairs) >= self._max_pairs:
            self._pairs.popitem(last=False)
        self._pairs[one, other] = None

    def has(self, one: str, other: str) -> bool:
        return (one, other) in self._pairs


class Callers:
    """What is remembered of callers by this process alone, or in `memory` by all workers of the host.

    `tries` are wrong keys by network, `lines` are lines of the log about them.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self.tries: Buckets
        self.lines: Buckets
        self.accepted: Pairs
        if memory is None:
            self.by_network = RateLimits()
            self.by_key = RateLimits(TokenBuckets(MAX_KEY_CALLERS), TokenBuckets(MAX_KEY_CALLERS))
            self.tries, self.lines = TokenBuckets(), TokenBuckets()
            self.accepted = OwnPairs(MAX_ACCEPTED)
            return
        network, key, pairs = size_for(MAX_CALLERS), size_for(MAX_KEY_CALLERS), size_for(MAX_ACCEPTED)
        rates = memory("rates", 2 * network + 2 * key)
        requests, items = (SharedTokenBuckets(rates, n * network, MAX_CALLERS) for n in range(2))
        self.by_network = RateLimits(requests, items)
        requests, items = (SharedTokenBuckets(rates, 2 * network + n * key, MAX_KEY_CALLERS) for n in range(2))
        self.by_key = RateLimits(requests, items)
        wrong = memory("wrong_keys", 2 * network + pairs)
        self.tries, self.lines = (SharedTokenBuckets(wrong, n * network, MAX_CALLERS) for n in range(2))
        self.accepted = SharedPairs(wrong, 2 * network, MAX_ACCEPTED)
