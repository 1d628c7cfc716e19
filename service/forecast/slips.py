"""What a slip makes of a reading: 0, a code for a missing one, another sign, a shifted decimal point."""

from typing import NamedTuple, Self

import numpy as np

from ..interfaces import Array

CODES = (999.0, 9999.0, 99999.0, 999999.0, 9999999.0)  # that are often written for a missing reading, of either sign
LARGER, OTHERS = (100.0, 1000.0), (-1.0, 0.1, 0.01, 0.001)  # what is written, over the reading that was meant
TOLERANCE = 4.0  # robust standard deviations from the reading that was meant
SAME_SIZE = 0.6  # of the reading that was meant, at most
FAR_FROM_ZERO = 0.25  # the least of the other readings over their median


class Others(NamedTuple):
    """The readings that are no candidates: their least, greatest and middle one."""

    least: float
    greatest: float
    median: float

    @classmethod
    def of(cls, values: Array) -> Self:
        """Return those of readings, at least one."""
        return cls(float(values.min()), float(values.max()), float(np.median(values)))

    @property
    def range(self) -> float:
        return self.greatest - self.least

    @property
    def largest(self) -> float:
        """Of either sign."""
        return max(abs(self.least), abs(self.greatest))

    @property
    def are_far_from_zero(self) -> bool:
        nearest = min(self.least, self.greatest, key=abs)
        return self.least * self.greatest > 0 and abs(nearest) >= FAR_FROM_ZERO * abs(self.median)

    def beyond(self, reading: float) -> float:
        """Return how far a reading lies outside of them."""
        return max(reading - self.greatest, self.least - reading, 0.0)


def is_slip(reading: float, meant: float, spread: float, others: Others, is_only: bool) -> bool:
    """Return whether a slip explains a reading, where about `meant` was to be expected; spread: a standard deviation.

    Ten times as much may be honest if it is seen again.
    """
    if abs(reading) in CODES:
        return others.beyond(reading) > 0
    if reading == 0:
        return others.are_far_from_zero
    if others.least <= -reading <= others.greatest and others.least * others.greatest > 0 > reading * meant:
        return abs(-reading - meant) <= SAME_SIZE * abs(meant)
    if abs(meant) <= 2 * spread:
        return False
    tolerance = min(TOLERANCE * spread, SAME_SIZE * abs(meant))
    known = LARGER if TOLERANCE * spread >= abs(meant) / 2 else LARGER + OTHERS
    return any(abs(reading / slip - meant) <= tolerance for slip in (*known, *((10.0,) if is_only else ())))
