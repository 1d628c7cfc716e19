"""Missing readings: which are tolerated, and their interpolation."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from service.errors import Fault, MissingReadings
from service.interfaces import Notice

MAX_MISSING_SHARE = 0.2


class ImputedReadings(NamedTuple):
    """Readings without gaps; `seen` is None where none was missing, else False where one was interpolated."""

    values: list[float]
    seen: list[bool] | None
    warnings: list[Notice]


def impute(readings: Sequence[float | None], used: int, needed: int) -> ImputedReadings:
    """The last `used` readings with the missing ones interpolated.

    At most a fifth of the last `needed` may be missing. The last reading, and the first of all that were sent, must
    be there. A gap at the beginning is interpolated from before it, up to `needed` readings back. Raises
    MissingReadings.
    """
    recent = readings[-used:]
    if None not in recent and readings[0] is not None:
        return ImputedReadings(list(cast(Sequence[float], recent)), None, [])
    if readings[0] is None or readings[-1] is None:
        end = 0 if readings[0] is None else len(readings) - 1
        raise MissingReadings(
            "the first and the last reading must be there: nothing lies beyond to interpolate from",
            faults=[Fault(f"/readings/{end}", "must be a number")],
        )
    near = readings[-used - needed :]
    values = np.array([np.nan if r is None else r for r in near], dtype=np.float64)
    gaps = np.isnan(values)
    _check(gaps, needed, len(readings))
    positions = np.arange(len(values))
    values[gaps] = np.interp(positions[gaps], positions[~gaps], values[~gaps])
    missing = np.flatnonzero(gaps[-len(recent) :]) + len(readings) - len(recent)
    warnings = [_interpolated(missing, len(recent))] if missing.size else []
    return ImputedReadings(values[-len(recent) :].tolist(), (~gaps[-len(recent) :]).tolist(), warnings)


def _check(gaps: npt.NDArray[np.bool_], needed: int, sent: int) -> None:
    missing = np.flatnonzero(gaps[-needed:]) + sent - min(needed, len(gaps))
    if missing.size > MAX_MISSING_SHARE * needed:
        raise MissingReadings(
            f"{missing.size} of the last {needed} readings are missing; "
            f"at most {int(MAX_MISSING_SHARE * needed)} can be interpolated",
            faults=[Fault(f"/readings/{i}", "must be a number") for i in missing],
        )
    if len(gaps) > needed and gaps[-needed] and gaps[-2 * needed : -needed].all():
        raise MissingReadings(
            f"the first of the last {needed} readings is missing, and so is every one of the {needed} before it",
            faults=[Fault(f"/readings/{missing[0]}", "must be a number")],
        )


def _interpolated(missing: npt.NDArray[np.int64], used: int) -> Notice:
    was, indices = ("was", "index") if missing.size == 1 else ("were", "indices")
    listed = ", ".join(map(str, missing[:20])) + (", …" if missing.size > 20 else "")
    return Notice(
        "missing_readings",
        f"{missing.size} of the {used} readings used {was} missing and interpolated ({indices} {listed})",
    )
