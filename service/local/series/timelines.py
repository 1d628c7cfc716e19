"""Labels and readings of one series → readings in order on a grid, None where one is missing."""

import functools
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries.offsets import Day, Tick

from ...errors import UnusableFrequency
from ...forecast.dates import frequency as frequencies
from ...interfaces import Array
from ..errors import DataError
from .axes import NUMBER, ORDER, PERIOD, Axis
from .grids import BEYOND, Dates, EvenGrid, Grid, grid_of
from .inference import Placed, infer, place_numbers, shown_date

LONGEST_UTC_STEP = np.timedelta64(23, "h")  # longer steps keep the time of the clock, shorter ones do not
MIN_SHARE = 0.1  # of the dates from the first to the last that must have readings
MAX_KNOWN = 1024  # different dates of series that are placed once only
LAST_ZONED = np.datetime64("9999-12-30")  # in UTC; zones are up to a day from it
BEYOND_ZONES = (
    "dates with a time zone are those of the years 1 to 9999; leave the zone out, as with .dt.tz_localize(None)"
)


class Timeline(NamedTuple):
    """Readings on a grid, (time,), NaN where one is missing; the first one is there, at step `offset` of the grid."""

    readings: Array
    grid: Grid
    offset: int = 0
    zone: object = None  # of a grid of clock times
    is_whole: bool = False  # known to have no missing reading

    def listed(self) -> list[float | None]:
        """Return the readings as a request has them, None where one is missing."""
        is_missing = None if self.is_whole else np.isnan(self.readings)
        if is_missing is None or not is_missing.any():
            known: list[float | None] = self.readings.tolist()
            return known
        objects = self.readings.astype(object)
        objects[is_missing] = None
        listed: list[float | None] = objects.tolist()
        return listed

    def labels(self, start: int, stop: int) -> Dates:
        """Return the labels of readings `start` to `stop` − 1; those after the last are the future.

        Raises DataError for dates that their unit cannot hold.
        """
        try:
            dates = self.grid.dates(self.offset + start, self.offset + stop)
            is_ascending = self.grid.dates(0, 1)[:1] <= dates[:1], dates[:-1] < dates[1:]
            if all(each.all() for each in is_ascending):  # numpy counts on from the other end
                return dates if self.zone is None else _utc(dates, self.zone)
        except NotImplementedError as error:
            raise DataError(BEYOND_ZONES) from error
        except (ValueError, OverflowError) as error:  # of pandas: out of bounds
            raise DataError(BEYOND) from error
        raise DataError(BEYOND)


class _Place(NamedTuple):
    """Where the readings of some dates stand on a grid."""

    placed: Placed
    length: int
    zone: object = None  # of a grid of clock times


class Placement:
    """Puts the series of one table on grids. Series of the same dates are placed once."""

    def __init__(self, axis: Axis, frequency: str | None, *, is_whole: bool = False) -> None:
        """is_whole: no reading is missing. Raises UnusableFrequency."""
        self._axis, self._frequency, self._is_whole = axis, frequency, is_whole
        if frequency is not None:
            _check(frequency)
        self._known: dict[bytes, _Place] = {}

    def timeline(self, readings: Array, dates: Dates) -> Timeline:
        """Put readings on the grid of their dates, which ascend. Raises DataError, UnusableFrequency."""
        if self._axis == ORDER:
            return trimmed(readings, ordinal_grid(self._frequency), None, self._is_whole)
        key = dates.tobytes()
        place = self._known.get(key)
        if place is None:
            place = self._place(dates)
            if len(self._known) < MAX_KNOWN:
                self._known[key] = place
        if place.length > len(readings):
            filled = np.full(place.length, np.nan)
            filled[place.placed.positions] = readings
            return trimmed(filled, place.placed.grid, place.zone)
        return trimmed(readings, place.placed.grid, place.zone, self._is_whole)

    def _place(self, dates: Dates) -> _Place:
        _check_different(dates, self._axis)
        placed, zone = self._placed(dates)
        count = int(placed.positions[-1]) + 1
        if len(dates) < MIN_SHARE * count:
            raise DataError(_too_sparse(dates, count))
        return _Place(placed, count, zone)

    def _placed(self, dates: Dates) -> tuple[Placed, object]:
        """The grid, and its zone if it is one of clock times."""
        axis, frequency = self._axis, self._frequency
        if axis.kind == NUMBER:
            return place_numbers(dates, frequency), None
        if axis.kind == PERIOD:
            return _periods(dates, axis, frequency), None
        if axis.zone is None:
            return _inferred(dates, axis.declared) if frequency is None else _given(dates, frequency), None
        clock = _clock(dates, axis.zone)
        if frequency is not None:
            offset = frequencies.parse(frequency).offset
            passes = isinstance(offset, Tick) and not isinstance(offset, Day)  # which is a tick to pandas 2
            return (_given(dates, frequency), None) if passes else (_given(clock, frequency), axis.zone)
        return _inferred_in_zone(dates, clock, axis)


def _check(frequency: object) -> None:
    if not isinstance(frequency, str):
        raise UnusableFrequency("`frequency` is text: a pandas offset alias such as 'MS'", pointer="/frequency")
    frequencies.parse(frequency)


@functools.lru_cache(64)
def ordinal_grid(frequency: str | None) -> Grid:
    """Return the grid of readings whose order is all that is known. `frequency` says which season they may have."""
    return EvenGrid(np.int64(0), 1, frequency)


def trimmed(readings: Array, grid: Grid, zone: object = None, is_whole: bool = False) -> Timeline:
    """Return readings of a grid without what is missing before the first one. Raises DataError."""
    if is_whole:
        return Timeline(readings, grid, 0, zone, True)
    is_missing = np.isnan(readings)
    if not is_missing.any():
        return Timeline(readings, grid, 0, zone, True)
    if is_missing.all():
        raise DataError("all readings are missing")
    if is_missing[-1]:
        count = int(np.argmin(is_missing[::-1]))
        which = "the last reading is" if count == 1 else f"the last {count} readings are"
        raise DataError(f"{which} missing; a forecast begins after the last one: leave them out, as with dropna()")
    first = int(np.argmin(is_missing))
    return Timeline(readings[first:], grid, first, zone)


def _given(dates: Dates, frequency: str) -> Placed:
    """Dates on the grid of a frequency that the caller names. Raises UnusableFrequency for one that is none of its dates."""
    grid = grid_of(frequency, dates[0])
    positions = grid.positions(dates)
    if positions is not None:
        return Placed(grid, positions)
    outside = next(date for date in dates if grid.positions(np.array([dates[0], date])) is None)
    raise UnusableFrequency(
        f"{shown_date(outside)} is no date of the frequency '{grid.frequency}' from {shown_date(dates[0])}; "
        "leave `frequency` out to have it found, or resample the readings first",
        pointer="/frequency",
    )


def _inferred(dates: Dates, declared: str | None) -> Placed:
    """The grid that dates lie on, or else that of the frequency that their index declares."""
    try:
        return infer(dates)
    except DataError as error:
        if declared is not None:
            with suppress(UnusableFrequency):
                return _given(dates, declared)
        raise error from None


def _inferred_in_zone(dates: Dates, clock: Dates, axis: Axis) -> tuple[Placed, object]:
    """Days and more go by the clock, hours and less by the time that passes; half days may do either."""
    if len(dates) > 1 and np.diff(dates).min() < LONGEST_UTC_STEP:
        with suppress(DataError):
            return infer(dates), None
    return _inferred(clock, axis.declared), axis.zone


def _periods(ordinals: Dates, axis: Axis, frequency: str | None) -> Placed:
    """Periods on a grid; where every second or third is there only, the frequency is that."""
    placed = place_numbers(ordinals, frequency)
    if frequency is not None or not isinstance(placed.grid, EvenGrid):
        return placed
    unit = axis.dtype.name.removeprefix("period[").removesuffix("]").lstrip("0123456789")
    alias = unit if placed.grid.step == 1 else f"{placed.grid.step}{unit}"
    return Placed(EvenGrid(ordinals[0], placed.grid.step, alias), placed.positions)


def _check_different(dates: Dates, axis: Axis) -> None:
    repeated = np.flatnonzero(dates[1:] == dates[:-1])
    if len(repeated):
        label = axis.column(dates[repeated[:1]])[0]
        raise DataError(
            f"{str(label).removesuffix(' 00:00:00')} comes more than once; make one reading of them first, as with "
            "groupby(…).mean() or .sum(), or name the column that tells the series apart as `id`"
        )


def _too_sparse(dates: Dates, count: int) -> str:
    gap = int(np.diff(dates).argmax())
    return (
        f"of {count:,} dates from {shown_date(dates[0])} only {len(dates):,} have readings; the longest gap comes after "
        f"{shown_date(dates[gap])}: is this date right? Otherwise resample the readings first, as with series.resample('D').mean()"
    )


def _clock(dates: Dates, zone: object) -> Dates:
    try:
        local = pd.DatetimeIndex(dates).tz_localize("UTC").tz_convert(zone)  # type: ignore[arg-type]
        return _unmoved(local.tz_localize(None).to_numpy(), dates, zone)
    except (NotImplementedError, ValueError, OverflowError) as error:
        raise DataError(BEYOND_ZONES) from error


def _unmoved(clock: Dates, dates: Dates, zone: object) -> Dates:
    """Clock times without the moves that a change of the clock made: a day without a midnight begins at one o'clock."""
    days = clock.astype("datetime64[D]")
    times, counts = np.unique(clock - days, return_counts=True)
    usual = (days + times[counts.argmax()]).astype(clock.dtype)
    is_moved = clock != usual
    if is_moved.any():
        is_moved[is_moved] = _utc(usual[is_moved], zone) == dates[is_moved]
    return np.where(is_moved, usual, clock)


def _utc(clock: Dates, zone: object) -> Dates:
    """Clock times that a change of the clock skips are moved forward; of those that come twice, the first is meant."""
    is_first = np.ones(len(clock), dtype=bool)
    local = pd.DatetimeIndex(clock).tz_localize(zone, ambiguous=is_first, nonexistent="shift_forward")  # type: ignore[arg-type]
    return local.tz_convert("UTC").tz_localize(None).to_numpy()
