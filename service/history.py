"""The readings that were sent, made complete, and what a walk over them says of a forecaster."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from service.answers import Warned
from service.errors import Fault, MissingReadings
from service.scaling import Array

MAX_MISSING_SHARE = 0.2
LEAST_ORIGINS = 3  # before a walk says something of a forecaster


class Complete(NamedTuple):
    """Readings without gaps; `seen` is None where none was missing, else False where one was interpolated."""

    values: list[float]
    seen: list[bool] | None
    warnings: list[Warned]


def complete(readings: Sequence[float | None], used: int, needed: int) -> Complete:
    """The last `used` readings with the missing ones interpolated.

    At most a fifth of the last `needed` may be missing. The last reading, and the first of all that were sent, must
    be there. A gap at the beginning is interpolated from before it, up to `needed` readings back. Raises
    MissingReadings.
    """
    recent = readings[-used:]
    if None not in recent and readings[0] is not None:
        return Complete(list(cast(Sequence[float], recent)), None, [])
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
    return Complete(values[-len(recent) :].tolist(), (~gaps[-len(recent) :]).tolist(), warnings)


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


def _interpolated(missing: npt.NDArray[np.int64], used: int) -> Warned:
    was, indices = ("was", "index") if missing.size == 1 else ("were", "indices")
    listed = ", ".join(map(str, missing[:20])) + (", …" if missing.size > 20 else "")
    return Warned(
        "missing_readings",
        f"{missing.size} of the {used} readings used {was} missing and interpolated ({indices} {listed})",
    )


class Walk(NamedTuple):
    """Forecasts from earlier origins beside what came: both (origins, steps), NaN where it was not seen or not yet.

    Origins are in time's order, the last one just before the present.
    """

    actual: Array
    forecast: Array
    naive: Array

    @property
    def errors(self) -> Array:
        return self.actual - self.forecast

    def skill(self, steps: int) -> dict[str, Any] | None:
        """RMSE over that of the seasonal naive forecast, steps 1 to `steps`; None where too few origins tell."""
        known = ~(np.isnan(self.actual[:, :steps]) | np.isnan(self.naive[:, :steps]))
        origins = int(known[:, 0].sum())
        if origins < LEAST_ORIGINS:
            return None
        ours = float(np.square(self.errors[:, :steps][known]).mean())
        theirs = float(np.square((self.actual - self.naive)[:, :steps][known]).mean())
        return {
            "baseline": "seasonal_naive",
            "metric": "rmse",
            "ratio": round(float(np.sqrt(ours / theirs)), 4) if theirs > 0 else None,
            "steps": min(steps, self.actual.shape[1]),
            "measured_on": "readings",
            "origins": origins,
        }


def walk(values: Array, seen: Sequence[bool] | None, ends: Sequence[int], forecasts: Array, season: int) -> Walk:
    """What came after each origin: `ends` are the counts of readings known there, `forecasts` (origins, steps)."""
    steps = forecasts.shape[1]
    known = values if seen is None else np.where(np.array(seen), values, np.nan)
    padded = np.concatenate([known, np.full(steps, np.nan)])
    places = np.array(ends, dtype=np.int64)[:, None] + np.arange(steps)
    back = np.array(ends, dtype=np.int64)[:, None] - season + np.arange(steps) % season
    naive = np.where(back >= 0, values[np.maximum(back, 0)], np.nan)
    return Walk(padded[places], forecasts, naive)
