"""Token buckets, and pairs that are remembered, which the processes of a host share."""

from .host import SharedMemory
from .shared_table import SharedTable
from .token_buckets import Limit


class SharedTokenBuckets:
    """The buckets of many callers, as TokenBuckets has them, for all processes of a host together.

    The clock must be the same for all of them, as CLOCK_MONOTONIC is. A bucket is dropped only when it is full. Callers who
    find no room share one bucket: it takes more than `max_callers` who use their rate to come to this.
    """

    def __init__(self, memory: SharedMemory, offset: int, max_callers: int) -> None:
        self._table = SharedTable(memory, offset, max_callers)

    def take(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Take tokens and return 0. If there are too few, take none and return in how many seconds there are enough."""
        table = self._table
        with table.locked():
            place = table.claim(caller, now)
            times, index = (table.time_of_others, 0) if place is None else (table.times, place)
            seconds = limit.lacking(times[index], now) + tokens * limit.token_s
            if wait := limit.wait(seconds):
                return wait
            times[index] = now + seconds
        return 0

    def wait(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Return in how many seconds there are so many tokens; 0 if they are there."""
        return limit.wait(self._lacking(caller, limit, now) + tokens * limit.token_s)

    def left(self, caller: str, limit: Limit, now: float) -> tuple[int, float]:
        """Return how many whole tokens are there, and in how many seconds there is one more."""
        return limit.left(self._lacking(caller, limit, now))

    def _lacking(self, caller: str, limit: Limit, now: float) -> float:
        """Seconds until the bucket that counts for a caller is full."""
        table = self._table
        place = table.find(caller)
        if place is not None:
            return limit.lacking(table.times[place], now)
        return limit.lacking(table.time_of_others[0], now) if table.is_full_for(caller, now) else 0


class SharedPairs:
    """Pairs that were seen lately by any process of the host. The oldest are forgotten for new ones."""

    def __init__(self, memory: SharedMemory, offset: int, max_pairs: int) -> None:
        self._table = SharedTable(memory, offset, max_pairs)

    def add(self, one: str, other: str, now: float) -> None:
        """Remember a pair."""
        with self._table.locked():
            place = self._table.claim(_joined(one, other), now, oldest=True)
            assert place is not None
            self._table.times[place] = now

    def has(self, one: str, other: str) -> bool:
        """Whether a pair is remembered."""
        return self._table.find(_joined(one, other)) is not None


def _joined(one: str, other: str) -> str:
    return f"{one}\0{other}"
