"""Which of several readings of a date column is meant."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.data.errors import DataError
from training.data.series import frequency, grid
from training.data.series.candidates import Candidate, Moments
from training.data.series.gaps import iso
from training.data.series.zones import on_one_clock

SERIES = 5  # of a panel, that are looked at
NATURAL_MONTHS = (1, 2, 3, 4, 6, 12)


class Decision(NamedTuple):
    """The dates of a column, how they were read, on which clock, and what decided between two readings."""

    candidate: Candidate
    dates: Moments
    clock: str
    why: str


def decide(candidates: Sequence[Candidate], groups: npt.NDArray[np.int64], column: str, path: Path) -> Decision:
    """Choose a candidate; groups: the number of the series of each row. Raises DataError if two readings are as good."""
    readings = [(one, *on_one_clock(one)) for one in candidates]
    distinct = [
        reading for i, reading in enumerate(readings) if not any(_same(reading[1], other[1]) for other in readings[:i])
    ]
    if len(distinct) == 1:
        return Decision(*distinct[0], "")
    ranks = [_regularity(dates, groups) for _, dates, _ in distinct]
    best = max(ranks)
    winners = [reading for reading, rank in zip(distinct, ranks, strict=True) if rank == best]
    usual = [reading for reading in winners if reading[0].is_usual]
    if len(winners) > 1 and len(usual) != 1:
        raise DataError(f"{path}: {_ambiguous(winners, column)}")
    candidate, dates, clock = usual[0] if usual else winners[0]
    why = "dates with points have the day first" if len(winners) > 1 else "any other order gives no regular frequency"
    return Decision(candidate, dates, clock, f"; {why}")


def _same(first: Moments, second: Moments) -> bool:
    return bool(np.array_equal(first, second, equal_nan=True))


def _regularity(dates: Moments, groups: npt.NDArray[np.int64]) -> int:
    """2 for dates of a usual frequency without gaps, 1 for one with gaps, 0 for none; the least of some series."""
    found = []
    for number in np.unique(groups)[:SERIES]:
        part = np.unique(dates[(groups == number) & ~np.isnat(dates)])
        is_natural = len(part) >= 2 and _is_natural(part)
        if len(part) >= 3 and is_natural and frequency.exact(part) is not None:
            found.append(2)
        else:
            found.append(int(len(part) >= 3 and is_natural and _is_nearly_regular(part)))
    return min(found, default=0)


def _is_natural(dates: Moments) -> bool:
    """Whether the steps are days, weeks or whole parts of a year, not thirteen months."""
    months = np.diff(frequency.calendar(dates).months)
    step = frequency.most_frequent(months)[0]
    return step == 0 or step in NATURAL_MONTHS or step % 12 == 0


def _is_nearly_regular(dates: Moments) -> bool:
    alias = frequency.of_most(dates)
    if alias is None:
        return False
    try:
        expected = grid.between(alias, dates)
    except DataError:
        return False
    return bool(np.isin(dates, expected).all()) and len(dates) >= 0.8 * len(expected)


def _ambiguous(winners: Sequence[tuple[Candidate, Moments, str]], column: str) -> str:
    parts = []
    for candidate, dates, _ in winners:
        known = dates[~np.isnat(dates)]
        shown = ", ".join(iso(date) for date in known[:3])
        parts.append(f"{candidate.label} ({shown} …): {candidate.option}")
    return f"the dates of column '{column}' have {len(parts)} readings, which give different series: " + "; or ".join(
        parts
    )
