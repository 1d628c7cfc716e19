"""Token buckets of many callers.

A bucket is kept as one number, the time at which it will be full again (the virtual scheduling form of the generic cell
rate algorithm, ITU-T I.371). A caller without a number has a full bucket, so forgetting a full one gives nobody a token.
Times are in seconds, on a clock that never goes back. shared_buckets.py has the buckets of several processes.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

MAX_CALLERS = 10_000
EXAMINED = 8  # buckets that are looked at for a new caller, where the table is full
OTHERS = ""  # the bucket of all callers who found no room
SLOWEST, FASTEST = 1e-9, 1e9  # tokens a second, between which sums of times are right
ROUNDING = 1e-6  # seconds by which a sum of times may be off


@dataclass(frozen=True, slots=True)
class Limit:
    """Tokens a second, and how many a full bucket has. `full_s` is the time in which an empty one fills."""

    rate: float
    capacity: int
    token_s: float
    full_s: float

    @classmethod
    def of(cls, rate: float, burst_s: float) -> "Limit":
        """The limit of a rate of which `burst_s` seconds may be used at once, and always one token."""
        rate = min(max(rate, SLOWEST), FASTEST)
        capacity = max(1, math.floor(rate * burst_s + ROUNDING))
        return cls(rate, capacity, 1 / rate, capacity / rate)

    def __str__(self) -> str:
        return f"{self.rate:.6g} a second on average, {self.capacity} at once"

    def lacking(self, full_at: float, now: float) -> float:
        """Seconds until a bucket is full. Where it had another limit before, it lacks all its tokens at most."""
        lacking = full_at - now
        return 0 if lacking <= 0 else min(lacking, self.full_s)

    def wait(self, seconds: float) -> float:
        """Return how long to wait where so many seconds would be lacking; 0 if the bucket can lack them."""
        return seconds - self.full_s if seconds > self.full_s + ROUNDING else 0

    def left(self, lacking: float) -> tuple[int, float]:
        """Return how many whole tokens are there, and in how many seconds there is one more."""
        tokens = math.floor((self.full_s - lacking) * self.rate + ROUNDING)
        return tokens, lacking - (self.capacity - tokens - 1) * self.token_s


class Buckets(Protocol):
    """The buckets of many callers."""

    def take(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Take tokens and return 0. If there are too few, take none and return in how many seconds there are enough."""
        ...

    def wait(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Return in how many seconds there are so many tokens; 0 if they are there."""
        ...

    def left(self, caller: str, limit: Limit, now: float) -> tuple[int, float]:
        """Return how many whole tokens are there, and in how many seconds there is one more."""
        ...


class TokenBuckets:
    """The buckets of many callers, about `max_callers` at most. Every method takes the same short time.

    A full table drops buckets that are full. Where it finds none, new callers share one bucket: many addresses do not
    get an attacker more tokens, nor anybody's bucket forgotten. It takes callers who together use `max_callers` times
    the rate to come to this.
    """

    def __init__(self, max_callers: int = MAX_CALLERS) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._max_callers = max_callers

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Take tokens and return 0. If there are too few, take none and return in how many seconds there are enough."""
        bucket = self._bucket(caller, now)
        seconds = limit.lacking(self._full_at.get(bucket, now), now) + tokens * limit.token_s
        if wait := limit.wait(seconds):
            return wait
        self._full_at[bucket] = now + seconds
        return 0

    def wait(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Return in how many seconds there are so many tokens; 0 if they are there."""
        full_at = self._full_at.get(self._bucket(caller, now), now)
        return limit.wait(limit.lacking(full_at, now) + tokens * limit.token_s)

    def left(self, caller: str, limit: Limit, now: float) -> tuple[int, float]:
        """Return how many whole tokens are there, and in how many seconds there is one more."""
        return limit.left(limit.lacking(self._full_at.get(self._bucket(caller, now), now), now))

    def _bucket(self, caller: str, now: float) -> str:
        """Whose bucket counts for a caller."""
        if caller in self._full_at or len(self._full_at) < self._max_callers or self._make_room(now):
            return caller
        return OTHERS

    def _make_room(self, now: float) -> bool:
        """Look at the next few buckets and drop those that are full. Returns whether there is room now."""
        for bucket in list(islice(self._full_at, EXAMINED)):
            if self._full_at[bucket] <= now:
                del self._full_at[bucket]
            else:
                self._full_at.move_to_end(bucket)  # the others have their turn before
        return len(self._full_at) < self._max_callers
