"""Faults of readings: a series of many thousands may be wrong all over, but nobody reads so many faults."""

from collections.abc import Sequence

from ..errors import Fault

MAX_FAULTS = 50  # that are listed


def reading_faults(indices: Sequence[int], detail: str) -> list[Fault]:
    """Return a fault for each of the first MAX_FAULTS readings of `indices`."""
    return [Fault(f"/readings/{index}", detail) for index in indices[:MAX_FAULTS]]


def how_many_are_listed(count: int) -> str:
    """The end of a message about `count` readings: that not all are listed, or nothing."""
    return f" (the first {MAX_FAULTS} are listed)" if count > MAX_FAULTS else ""
