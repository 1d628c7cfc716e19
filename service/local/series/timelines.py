"""Labels and readings of one series → readings in order on a grid, None where one is missing."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries.offsets import Tick

from ...errors import UnusableFrequency
from ...forecast.dates import frequency as frequencies
from ...interfaces import Array, Labels
from ..errors import DataError
from .axes import NUMBER, ORDER, PERIOD, Axis
from .grids import Dates, EvenGrid, Grid, grid_of
from .inference import MAX_SHARE_MISSING, infer, shown, whole_numbers

LONGEST_UTC_STEP = 23 * 3600 * 10**9  # nanoseconds: longer steps keep the time of the clock, shorter ones do not


class Timeline(NamedTuple):
    """Readings on a grid, oldest first; the first one is there, at step `offset` of the grid."""

    readings: list[float | None]
    grid: Grid
    offset: int = 0
    zone: object = None  # of a grid of clock times

    @property
    def frequency(self) -> str | None:
        """A pandas offset alias, or what else was said, if it is known."""
        return self.grid.frequency

    def labels(self, start: int, stop: int) -> Dates:
        """Return the labels of readings `start` to `stop` − 1; those after the last are the future."""
        dates = self.grid.dates(self.offset + start, self.offset + stop)
        return dates if self.zone is None else _utc(dates, self.zone)


def in_order(readings: Array, frequency: str | None) -> Timeline:
    """Readings whose order is all that is known. `frequency` says which season they may have."""
    if frequency is not None:
        frequencies.parse(frequency)
    return trimmed(readings, EvenGrid(np.int64(0), 1, frequency))


def on_grid(readings: Array, dates: Dates, axis: Axis, frequency: str | None) -> Timeline:
    """Put readings on the grid of their dates, which ascend. Raises DataError, UnusableFrequency."""
    if axis == ORDER:
        return in_order(readings, frequency)
    _check_different(dates, axis)
    grid, positions, zone = _placed(dates, axis, frequency)
    count = int(positions[-1]) + 1
    if count > len(readings):
        if len(readings) < (1 - MAX_SHARE_MISSING) * count:
            raise DataError(_too_sparse(dates, axis, count))
        filled = np.full(count, np.nan)
        filled[positions] = readings
        readings = filled
    return trimmed(readings, grid, zone)


def trimmed(readings: Array, grid: Grid, zone: object = None) -> Timeline:
    """Readings of a grid without what is missing before the first one. Raises DataError."""
    is_missing = np.isnan(readings)
    if not is_missing.any():
        return Timeline(readings.tolist(), grid, 0, zone)
    first = int(np.argmin(is_missing))
    if is_missing.all():
        raise DataError("all readings are missing")
    if is_missing[-1]:
        count = int(np.argmin(is_missing[::-1]))
        which = "the last reading is" if count == 1 else f"the last {count} readings are"
        raise DataError(f"{which} missing; a forecast begins after the last one: leave them out, as with dropna()")
    objects = readings[first:].astype(object)
    objects[is_missing[first:]] = None
    return Timeline(objects.tolist(), grid, first, zone)


def _placed(dates: Dates, axis: Axis, frequency: str | None) -> tuple[Grid, Labels, object]:
    """The grid, the number of each date, and the zone if the grid is one of clock times."""
    if axis.kind in (NUMBER, PERIOD):
        grid = whole_numbers(dates)
        alias = frequency or (_period_alias(axis, grid) if axis.kind == PERIOD else None)
        grid = EvenGrid(dates[0], grid.step, alias) if isinstance(grid, EvenGrid) else grid
        return grid, _positions(grid, dates), None
    zone = axis.zone
    if zone is None:
        grid = infer(dates) if frequency is None else grid_of(frequency, dates[0])
        return grid, _positions(grid, dates), None
    clock = _clock(dates, zone)
    if frequency is not None:
        is_clock = not isinstance(frequencies.parse(frequency).offset, Tick)
        used = clock if is_clock else dates
        grid = grid_of(frequency, used[0])
        return grid, _positions(grid, used), zone if is_clock else None
    return _inferred_in_zone(dates, clock, zone)


def _inferred_in_zone(dates: Dates, clock: Dates, zone: object) -> tuple[Grid, Labels, object]:
    """Days and more go by the clock, hours and less by the time that passes; half days may do either."""
    is_short = len(dates) > 1 and np.diff(dates).min() < np.timedelta64(LONGEST_UTC_STEP, "ns")
    if is_short:
        try:
            grid = infer(dates)
            return grid, _positions(grid, dates), None
        except DataError:
            pass
    grid = infer(clock)
    return grid, _positions(grid, clock), zone


def _positions(grid: Grid, dates: Dates) -> Labels:
    positions = grid.positions(dates)
    if positions is not None:
        return positions
    outside = next(date for date in dates if grid.positions(np.array([dates[0], date])) is None)
    raise UnusableFrequency(
        f"{shown(outside)} is no date of the frequency '{grid.frequency}' from {shown(dates[0])}; "
        "leave `frequency` out to have it found, or resample the readings first",
        pointer="/frequency",
    )


def _period_alias(axis: Axis, grid: Grid) -> str:
    unit = str(axis.dtype.freq.freqstr if not hasattr(axis.dtype, "_freqstr") else axis.dtype._freqstr).lstrip(
        "0123456789"
    )
    step = grid.step if isinstance(grid, EvenGrid) else 1
    return unit if step == 1 else f"{step}{unit}"


def _check_different(dates: Dates, axis: Axis) -> None:
    repeated = np.flatnonzero(dates[1:] == dates[:-1])
    if len(repeated):
        label = axis.column(dates[repeated[:1]])[0]
        raise DataError(
            f"{str(label).removesuffix(' 00:00:00')} comes more than once; make one reading of them first, as with "
            "groupby(…).mean() or .sum(), or name the column that tells the series apart as `id`"
        )


def _too_sparse(dates: Dates, axis: Axis, count: int) -> str:
    gap = int(np.diff(dates).argmax())
    return (
        f"of {count:,} dates from {shown(dates[0])} only {len(dates):,} have readings; the longest gap comes after "
        f"{shown(dates[gap])}: is this date right? Otherwise resample the readings first, as with series.resample('D').mean()"
    )


def _clock(dates: Dates, zone: object) -> Dates:
    local = pd.DatetimeIndex(dates).tz_localize("UTC").tz_convert(zone)  # type: ignore[arg-type]
    return local.tz_localize(None).to_numpy()


def _utc(clock: Dates, zone: object) -> Dates:
    """Clock times that a change of the clock skips are moved forward; of those that come twice, the first is meant."""
    is_first = np.ones(len(clock), dtype=bool)
    local = pd.DatetimeIndex(clock).tz_localize(zone, ambiguous=is_first, nonexistent="shift_forward")  # type: ignore[arg-type]
    return local.tz_convert("UTC").tz_localize(None).to_numpy()
