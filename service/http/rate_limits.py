"""How many requests and items (series, texts) a caller may use: a token bucket of each.

A bucket is kept as one number, the time at which it will be full again (the virtual scheduling form of the generic cell
rate algorithm, ITU-T I.371). A caller without a number has a full bucket, so forgetting a full one gives nobody a token.

The names of callers are the business of `access.py`. Times are in seconds, on a clock that never goes back.
"""

import math
import socket
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from ..errors import Fault, TooManyAtOnce, TooManyRequests

MAX_CALLERS = 10_000
EXAMINED = 8  # buckets that are looked at for a new caller, where the table is full
OTHERS = ""  # the bucket of all callers who found no room
SLOWEST, FASTEST = 1e-9, 1e9  # tokens a second, between which sums of times are right
ROUNDING = 1e-6  # seconds by which a sum of times may be off
UNKNOWN_NETWORK = "unknown"


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
        seconds = self._lacking(bucket, limit, now) + tokens * limit.token_s
        if seconds > limit.full_s + ROUNDING:
            return seconds - limit.full_s
        self._full_at[bucket] = now + seconds
        return 0

    def wait(self, caller: str, tokens: int, limit: Limit, now: float) -> float:
        """Return in how many seconds there are so many tokens; 0 if they are there."""
        seconds = self._lacking(self._bucket(caller, now), limit, now) + tokens * limit.token_s
        return seconds - limit.full_s if seconds > limit.full_s + ROUNDING else 0

    def left(self, caller: str, limit: Limit, now: float) -> tuple[int, float]:
        """Return how many whole tokens are there, and in how many seconds there is one more."""
        lacking = self._lacking(self._bucket(caller, now), limit, now)
        tokens = math.floor((limit.full_s - lacking) * limit.rate + ROUNDING)
        return tokens, lacking - (limit.capacity - tokens - 1) * limit.token_s

    def _lacking(self, bucket: str, limit: Limit, now: float) -> float:
        """Seconds until the bucket is full. Where it had another limit before, it lacks all its tokens at most."""
        lacking = self._full_at.get(bucket, now) - now
        return 0 if lacking <= 0 else min(lacking, limit.full_s)

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


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a caller, None where there is none, and the header that says them."""

    requests: Limit | None
    items: Limit | None
    policy: str


UNLIMITED = Limits(None, None, "")


@lru_cache(maxsize=1024)
def limits_of(rate_requests: float | None, rate_items: float | None, burst_s: float) -> Limits:
    """The limits of rates a second; UNLIMITED itself if there are none."""
    if rate_requests is None and rate_items is None:
        return UNLIMITED
    requests = None if rate_requests is None else Limit.of(rate_requests, burst_s)
    items = None if rate_items is None else Limit.of(rate_items, burst_s)
    policies = []
    if requests is not None:
        policies.append(f'"requests";q={requests.capacity};w={whole_seconds(requests.full_s)}')
    if items is not None:
        policies.append(f'"items";q={items.capacity};qu="items";w={whole_seconds(items.full_s)}')
    return Limits(requests, items, ", ".join(policies))


class RateLimits:
    """The requests and items of many callers. `limits` is what `limits_of` returns for the caller."""

    def __init__(self, max_callers: int = MAX_CALLERS) -> None:
        self._requests = TokenBuckets(max_callers)
        self._items = TokenBuckets(max_callers)

    def take(self, caller: str, limits: Limits, now: float, *, items: int = 0) -> None:
        """Take one request and its items, or nothing.

        Raises TooManyRequests, or TooManyAtOnce for more items than can ever be taken at once: waiting would not help.
        """
        check_items(items, limits)
        if limits.requests is not None and self._requests.take(caller, 1, limits.requests, now):
            raise self._refusal(caller, limits, now, items)
        if limits.items is not None and items and self._items.take(caller, items, limits.items, now):
            if limits.requests is not None:
                self._requests.take(caller, -1, limits.requests, now)
            raise self._refusal(caller, limits, now, items)

    def take_rest(self, caller: str, limits: Limits, now: float, items: int) -> None:
        """Take the items of a batch whose first was taken with its request. If that fails, the first is given back.

        Raises as `take` does.
        """
        if limits.items is None or items < 2:
            return
        check_items(items, limits)
        if self._items.take(caller, items - 1, limits.items, now):
            self._items.take(caller, -1, limits.items, now)
            raise self._refusal(caller, limits, now, items)

    def give_back(self, caller: str, limits: Limits, now: float, *, items: int) -> None:
        """Give back the items of a request that was refused afterwards, so that its next try is not charged again."""
        if limits.items is not None and items:
            self._items.take(caller, -items, limits.items, now)

    def headers(self, caller: str, limits: Limits, now: float) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11); none without limits.

        `q` may be used at once, and is there again `w` seconds later. `r` is there now, and no more within `t` seconds.
        """
        left = []
        if limits.requests is not None:
            tokens, seconds = self._requests.left(caller, limits.requests, now)
            left.append(f'"requests";r={tokens};t={whole_seconds(seconds)}')
        if limits.items is not None:
            tokens, seconds = self._items.left(caller, limits.items, now)
            left.append(f'"items";r={tokens};t={whole_seconds(seconds)}')
        return {"RateLimit-Policy": limits.policy, "RateLimit": ", ".join(left)} if left else {}

    def _refusal(self, caller: str, limits: Limits, now: float, items: int) -> TooManyRequests:
        """The refusal of a request for which there were too few tokens, with the time until there are enough of both."""
        seconds, faults = 0.0, []
        if limits.requests is not None and (wait := self._requests.wait(caller, 1, limits.requests, now)):
            seconds = wait
            faults.append(Fault("", f"requests: {limits.requests}"))
        if limits.items is not None and (wait := self._items.wait(caller, items, limits.items, now)):
            seconds = max(seconds, wait)
            faults.append(Fault("", f"series and texts: {limits.items}"))
        retry_after = whole_seconds(seconds)
        return TooManyRequests(
            f"over the limit ({'; '.join(fault.detail for fault in faults)}); try again in {retry_after} s",
            faults=faults,
            headers={"Retry-After": str(retry_after), **self.headers(caller, limits, now)},
        )


def check_items(items: int, limits: Limits) -> None:
    """Raise TooManyAtOnce for a batch that the bucket could not hold, however long its caller waits."""
    if limits.items is not None and items > limits.items.capacity:
        raise TooManyAtOnce(
            f"{items} series or texts are more than the limit of this caller allows at once ({limits.items}); "
            f"send at most {limits.items.capacity} in a request",
            pointer="",
        )


def network_of(address: str) -> str:
    """The network that counts as one caller: an IPv4 address, or the /64 of an IPv6 one (what one household gets)."""
    try:
        if ":" not in address:
            socket.inet_pton(socket.AF_INET, address)
            return address
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return UNKNOWN_NETWORK
    if packed.startswith(bytes(10) + b"\xff\xff"):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed[:8] + bytes(8)) + "/64"


def whole_seconds(seconds: float) -> int:
    """Whole seconds, rounded up, at least one."""
    return max(1, math.ceil(seconds - ROUNDING))
