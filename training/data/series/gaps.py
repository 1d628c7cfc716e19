"""The frequency of a series, and its gaps: missing dates and missing values, refused or interpolated."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from service.interfaces import Array
from training.data.errors import DataError
from training.data.series import clock_changes, frequency, grid, retail
from training.data.series.candidates import Moments, steps_of
from training.data.series.rows import Rows

MIN_ROWS = 3
MAX_FILLED_SHARE = 0.2
EXAMPLES = 5


class Irregular(DataError):
    """The dates have no frequency, or not that of the other series."""


@dataclass(frozen=True)
class Complete:
    """A series without gaps: `is_filled` where a reading was interpolated, `trimmed` readings cut off at the ends."""

    dates: Moments
    values: Array
    is_filled: npt.NDArray[np.bool_]
    trimmed: int


def find_frequency(rows: Rows, stated: str | None) -> str:
    """Return the alias of the dates, which rise. Raises Irregular if they have none."""
    if len(rows.dates) < MIN_ROWS:
        raise Irregular(f"{rows.of}{len(rows.dates)} rows are too few to detect a frequency")
    if stated:
        return grid.at(stated, rows.dates)
    alias = frequency.exact(rows.dates)
    if alias is None and (near := frequency.nearly(rows.dates)) is not None:
        raise Irregular(
            f"{rows.of}the times are about {near} apart, but not evenly: {_spacing(rows.dates)}; --frequency {near} rounds them"
        )
    alias = alias or frequency.of_most(rows.dates)
    if alias is None:
        raise Irregular(f"{rows.of}the dates have no regular frequency: {_spacing(rows.dates)}; {_remedy(rows.dates)}")
    return alias


def _remedy(dates: Moments) -> str:
    """What makes dates regular: a sum by period, or the finest of their steps if few of its dates are missing."""
    step = int(np.gcd.reduce(steps_of(dates)))
    count = int(dates[-1].astype("int64") - dates[0].astype("int64")) // step + 1
    few = len(dates) >= (1 - MAX_FILLED_SHARE) * count
    fill = f", or --frequency {frequency.of_time(step, dates[0])} --fill interpolates the missing dates" if few else ""
    return f"sum or average the readings by hour, day, week or month first{fill}"


def rounded(rows: Rows, stated: str | None) -> Rows:
    """Round times to a frequency that the user names, if it is a fixed time and every one has a place of its own there."""
    step = grid.fixed_step(stated) if stated else None
    if step is None:
        return rows
    offsets = (rows.dates - rows.dates.astype("datetime64[D]")).astype(np.int64)
    moved = (np.round(offsets / step) * step - offsets).astype(np.int64)
    dates = rows.dates + moved.astype("timedelta64[ns]")
    if not moved.any() or not (np.diff(dates.astype(np.int64)) > 0).all():
        return rows
    farthest = _length(pd.Timedelta(int(np.abs(moved).max()), "ns"))
    return rows.select(slice(None), rounded=f"times were rounded to {stated}, by up to {farthest}").at(dates)


def complete(rows: Rows, alias: str, fill: bool, trim: bool) -> Complete:
    """Return the readings at every date of the frequency. Raises DataError for gaps, unless they may be filled.

    trim: missing values at the ends are cut off even if nothing is to be filled.
    """
    is_missing = np.isnan(rows.values)
    if trim or fill:
        rows, cut = _without_ends(rows, is_missing)
        is_missing = np.isnan(rows.values)
    else:
        cut = 0
    if is_missing.any() and not fill:
        raise DataError(
            f"{rows.of}the value is missing in {rows.where(is_missing)} ({int(is_missing.sum())} of {len(is_missing)}); "
            "--fill interpolates missing values, up to a fifth of the series"
        )
    expected = _expected(rows, alias)
    lacks = len(expected) - len(rows.dates)
    if lacks and not fill:
        raise DataError(_missing_dates(rows, alias, expected))
    readings = np.full(len(expected), np.nan)
    readings[np.searchsorted(expected, rows.dates)] = rows.values
    is_filled = np.isnan(readings)
    if len(readings) < MIN_ROWS or is_filled.mean() > MAX_FILLED_SHARE:
        raise Irregular(
            f"{rows.of}{is_filled.sum()} of {len(readings)} readings of frequency '{alias}' are missing; up to "
            f"{MAX_FILLED_SHARE:.0%} can be interpolated"
        )
    values = pd.Series(readings).interpolate().to_numpy() if is_filled.any() else readings
    return Complete(expected, values, is_filled, cut)


def _without_ends(rows: Rows, is_missing: npt.NDArray[np.bool_]) -> tuple[Rows, int]:
    present = np.flatnonzero(~is_missing)
    if not len(present):
        raise DataError(f"{rows.of}no value is a number")
    kept = slice(int(present[0]), int(present[-1]) + 1)
    return rows.select(kept), len(is_missing) - (kept.stop - kept.start)


def _expected(rows: Rows, alias: str) -> Moments:
    """The dates of the frequency, which include all of the series. Raises Irregular if they do not."""
    if retail.is_retail(alias):
        if retail.alias(rows.dates) is None:
            raise Irregular(f"{rows.of}the dates are not 4 or 5 weeks apart in turn, as in a calendar of {alias} weeks")
        return rows.dates
    expected = grid.between(alias, rows.dates)
    if np.array_equal(expected, rows.dates):
        return expected
    is_extra = ~np.isin(rows.dates, expected)
    if not is_extra.any() and len(expected):
        return expected
    first = int(np.argmax(is_extra))
    raise Irregular(
        f"{rows.of}most dates have frequency '{alias}', but {int(is_extra.sum())} do not, the first is "
        f"{iso(rows.dates[first])} ({rows.where(np.arange(len(is_extra)) == first)}); {_spacing(rows.dates)}; correct it, or {_remedy(rows.dates)}"
    )


def _missing_dates(rows: Rows, alias: str, expected: Moments) -> str:
    missing = expected[~np.isin(expected, rows.dates)]
    examples = ", ".join(iso(date) for date in missing[:EXAMPLES])
    clock = "; is this the hour that a local clock skips in spring?" if clock_changes.looks_like_spring(missing) else ""
    weekends = "; are these holidays?" if alias == "B" else ""
    return (
        f"{rows.of}{len(missing)} dates of frequency '{alias}' are missing: {examples}{' …' if len(missing) > EXAMPLES else ''}"
        f"{clock}{weekends}; --fill interpolates missing dates, up to a fifth of the series"
    )


def _spacing(dates: Moments) -> str:
    """Say how far apart dates are."""
    steps = steps_of(dates)
    step, share = frequency.most_frequent(steps)
    least, most = (pd.Timedelta(int(value), "ns") for value in (steps.min(), steps.max()))
    return f"they are {_length(pd.Timedelta(step, 'ns'))} apart in {share:.0%} of the cases, {_length(least)} to {_length(most)} in all"


def _length(time: pd.Timedelta) -> str:
    if time >= pd.Timedelta(days=1) and time % pd.Timedelta(days=1) == pd.Timedelta(0):
        return f"{time.days} day{'s' if time.days > 1 else ''}"
    return str(time).removeprefix("0 days ")


def iso(date: np.datetime64) -> str:
    """Return a date in ISO form, with its time if it has one."""
    moment = pd.Timestamp(date)
    return moment.date().isoformat() if moment == moment.normalize() else moment.isoformat()
