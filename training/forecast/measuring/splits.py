"""How a series is split: the folds inside the training set, their origins, and the test set; for short series and long ones.

Forecasters are fitted on what is before a fold's cut and forecast from its origins. What follows an origin may lie beyond
the next cut: it is still after the fit. Many origins are thinned to every k-th, where k shares no factor with the season.
"""

import math
from dataclasses import dataclass

from training.data.tables import DataError

STEPS = 14
READINGS_PER_STEP = 8  # a series of fewer than STEPS times so many gets fewer steps
TEST_SHARE = 0.25  # of the readings
FOLD_CUTS = (0.6, 0.8)  # shares of the training set that the folds' forecasters are fitted on
LATEST_FIRST_CUT = 0.75  # the first cut moves up to here, if networks need it
LEAST_READINGS = 24
MAX_READINGS = 50_000  # the last ones count
MAX_FOLD_ORIGINS, MAX_TEST_ORIGINS = 100, 200
LONG_SEASON, LONG_SEASON_SHARE = (
    24,
    0.4,
)  # with a longer season statistics are slow: so many of these origins are measured


@dataclass(frozen=True)
class Fold:
    """Forecasters are fitted on readings[:cut]; `origins` are at least `cut`."""

    cut: int
    origins: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """The parts of `count` readings; the first `train_size` are the training set.

    Every `fold_every`-th origin of the folds and every `test_every`-th of the test set is measured.
    """

    count: int
    steps: int
    train_size: int
    folds: tuple[Fold, ...]
    test_origins: tuple[int, ...]
    fold_every: int = 1
    test_every: int = 1

    @property
    def first_cut(self) -> int:
        return self.folds[0].cut

    @property
    def fold_origins(self) -> tuple[int, ...]:
        """The origins of all folds."""
        return tuple(origin for fold in self.folds for origin in fold.origins)

    def can_fit(self, least: int) -> bool:
        """Whether every fit has at least so many readings."""
        return self.first_cut >= least


def default_steps(count: int) -> int:
    """Return the steps to forecast, fewer for a short series."""
    return max(1, min(STEPS, count // READINGS_PER_STEP))


def split(count: int, season_length: int, steps: int | None, test_size: int | None, window: int) -> Split:
    """Split so that networks with this window can be fitted, if there are enough readings; None means the default.

    Raises DataError, which names values that work, if the folds or the test set would hold nothing.
    """
    if count < LEAST_READINGS:
        raise DataError(too_few(count))
    chosen_steps = default_steps(count) if steps is None else steps
    size = max(round(TEST_SHARE * count), chosen_steps) if test_size is None else test_size
    if not _holds(count, chosen_steps, size):
        raise DataError(
            f"{count} readings are too few for {chosen_steps} steps and a test set of {size}: {_working(count, chosen_steps)}"
        )
    train_size = count - size
    cuts = _cuts(train_size, chosen_steps, window + 2 * chosen_steps)
    ends = [*cuts[1:], train_size]
    share = LONG_SEASON_SHARE if season_length > LONG_SEASON else 1.0
    longest = max(end - cut for cut, end in zip(cuts, ends, strict=True))
    every = _every(longest, round(share * MAX_FOLD_ORIGINS), season_length)
    test_every = _every(size, round(share * MAX_TEST_ORIGINS), season_length)
    return Split(
        count,
        chosen_steps,
        train_size,
        tuple(Fold(cut, tuple(range(cut, end, every))) for cut, end in zip(cuts, ends, strict=True)),
        tuple(range(train_size, count, test_every)),
        every,
        test_every,
    )


def too_few(count: int) -> str:
    """Return why a very short series is refused, and what answers it."""
    return (
        f"{count} readings are too few to fit forecasters and to measure them: {LEAST_READINGS} are needed. The model "
        "'universal' answers from 4 readings on without training (POST /forecast)"
    )


def values_for_networks(count: int, steps: int, window: int) -> tuple[int, int] | None:
    """Return the most steps, at most those given, and a test size with which networks can be fitted; None if none can be."""
    for fewer in range(steps, 0, -1):
        for share in (TEST_SHARE, 0.2, 0.15):
            size = max(fewer, round(share * count))
            if _holds(count, fewer, size) and _cuts(count - size, fewer, window + 2 * fewer)[0] >= window + 2 * fewer:
                return fewer, size
    return None


def _holds(count: int, steps: int, test_size: int) -> bool:
    """Whether the training set has two origins with all steps after them, and the test set has one."""
    train_size = count - test_size
    return 1 <= steps <= test_size and train_size - steps >= round(FOLD_CUTS[0] * train_size) + 1 and train_size >= 12


def _working(count: int, steps: int) -> str:
    """Name values that work: fewer steps, or as many with another test set."""
    for fewer in range(min(steps, count), 0, -1):
        size = max(fewer, round(TEST_SHARE * count))
        if _holds(count, fewer, size):
            return f"--steps {fewer} --test-size {size} works"
    return f"--steps {default_steps(count)} works"


def _cuts(train_size: int, steps: int, needed: int) -> list[int]:
    """Return where the folds begin: later than usual if networks need it, and early enough for an origin with all steps."""
    last = train_size - steps  # the last origin that has all steps
    first = max(round(FOLD_CUTS[0] * train_size), min(needed, round(LATEST_FIRST_CUT * train_size)))
    first = min(first, last - 1)
    second = min(max(round(FOLD_CUTS[1] * train_size), (first + last) // 2), last)
    return [first, second] if second > first + 1 else [first]


def _every(count: int, most: int, season_length: int) -> int:
    """Return k so that every k-th of `count` origins are at most `most`, at all positions of the season."""
    every = -(-count // most)
    while every > 1 and math.gcd(every, season_length) > 1:
        every += 1
    return every
