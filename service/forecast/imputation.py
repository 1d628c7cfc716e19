"""Missing readings: how many are accepted, and their interpolation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import Fault, MissingReadings
from ..interfaces import Array, Mask, Notice
from .faults import how_many_are_listed, reading_faults

MAX_MISSING_SHARE = 0.2


class ImputedReadings(NamedTuple):
    """Readings without gaps. `observed_mask` is False where one is interpolated, or None for readings without any gap."""

    values: list[float]
    observed_mask: list[bool] | None
    warnings: list[Notice]


def impute(readings: Sequence[float | None], used: int, needed: int) -> ImputedReadings:
    """Return the last `used` readings, with missing ones (None) interpolated linearly.

    At most a fifth of the last `needed` readings may be missing. The last reading must be there, and the first of all that
    were sent. A gap at the beginning is interpolated from before it, up to `needed` readings back. Raises
    MissingReadings.
    """
    check_ends(readings)
    count = min(used, len(readings))
    values = np.array([np.nan if r is None else r for r in readings[-used - needed :]], dtype=np.float64)
    is_missing = np.isnan(values)
    _check(is_missing, needed, len(readings))
    values = interpolate(values, ~is_missing, np.zeros(len(values)))
    missing = np.flatnonzero(is_missing[-count:]) + len(readings) - count
    warnings = [missing_notice(missing, count)] if missing.size else []
    return ImputedReadings(values[-count:].tolist(), (~is_missing[-count:]).tolist(), warnings)


def interpolate(values: Array, observed: Mask, season: Array) -> Array:
    """Return readings (time,) with those that are not `observed` interpolated linearly, without their `season` (time,)."""
    filled = values.copy()
    if observed.all():
        return filled
    positions = np.arange(len(values))
    level = np.interp(positions[~observed], positions[observed], (values - season)[observed])
    filled[~observed] = level + season[~observed]
    return filled


def check_ends(readings: Sequence[float | None]) -> None:
    """Raise MissingReadings if the first or the last reading is missing."""
    if readings[0] is None or readings[-1] is None:
        end = 0 if readings[0] is None else len(readings) - 1
        raise MissingReadings(
            "the first and the last reading must be there: nothing lies beyond to interpolate from; leave them out",
            faults=[Fault(f"/readings/{end}", "must be a number")],
        )


def _check(is_missing: Mask, needed: int, sent: int) -> None:
    missing = np.flatnonzero(is_missing[-needed:]) + sent - min(needed, len(is_missing))
    if missing.size > MAX_MISSING_SHARE * needed:
        raise MissingReadings(
            f"{missing.size} of the last {needed} readings are missing; "
            f"at most {int(MAX_MISSING_SHARE * needed)} can be interpolated{how_many_are_listed(missing.size)}",
            faults=reading_faults(missing.tolist(), "must be a number"),
        )
    if len(is_missing) > needed and is_missing[-needed] and is_missing[-2 * needed : -needed].all():
        raise MissingReadings(
            f"the first of the last {needed} readings is missing, and so is every one of the {needed} before it",
            faults=[Fault(f"/readings/{missing[0]}", "must be a number")],
        )


def missing_notice(missing: npt.NDArray[np.int64], used: int) -> Notice:
    """Return the warning of missing readings, by their indices in the readings that were sent."""
    was, indices = ("was", "index") if missing.size == 1 else ("were", "indices")
    listed = ", ".join(map(str, missing[:20])) + (", …" if missing.size > 20 else "")
    return Notice(
        "missing_readings",
        f"{missing.size} of the {used} readings used {was} missing and interpolated ({indices} {listed})"
        + (
            f"; the forecast rests on the other {used - missing.size}"
            if missing.size > MAX_MISSING_SHARE * used
            else ""
        ),
    )
