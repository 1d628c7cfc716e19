"""How many requests and items (series, texts) a caller may use: a token bucket of each.

The names of callers are the business of `access.py`. Times are in seconds, on a clock that never goes back.
"""

import math
import socket
from dataclasses import dataclass
from functools import lru_cache

from ..errors import Fault, TooManyAtOnce, TooManyRequests
from .token_buckets import ROUNDING, Buckets, Limit, TokenBuckets

UNKNOWN_NETWORK = "unknown"


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

    def __init__(self, requests: Buckets | None = None, items: Buckets | None = None) -> None:
        self._requests = TokenBuckets() if requests is None else requests
        self._items = TokenBuckets() if items is None else items

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
