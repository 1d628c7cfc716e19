"""Which grid dates lie on, where nobody says: months, days, workdays, or steps of one length, of which some may be missing."""

import functools
import warnings
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.tseries.frequencies import to_offset

from ...errors import UnusableFrequency
from ...forecast.dates.frequency import ALL_DAYS, Monthly
from ...interfaces import Labels
from ..errors import DataError
from .grids import Dates, EvenGrid, Grid, MonthGrid, WorkdayGrid, grid_of, unit_of

MIN_WORKDAYS = 6  # so many days without a weekend between them are no working week
MAX_DAY = 28  # that every month has
LEAST_MONTH = 28  # days
ADVICE = "give `frequency`, or make the dates regular first, as with series.resample('D').mean()"


class Placed(NamedTuple):
    """The grid of dates, and the number of each date on it: 0 for the first one."""

    grid: Grid
    positions: Labels


def infer(dates: Dates) -> Placed:
    """Return the grid of ascending dates that are all different, without a time zone. Raises DataError."""
    steps = np.diff(dates).astype(np.int64)
    if not len(steps):
        raise DataError("one date tells no frequency; give `frequency`, such as 'D' or 'MS'")
    return _months(dates, steps) or _even(dates, steps) or _by_pandas(dates) or _refuse(dates, steps)


def place_numbers(numbers: Dates, frequency: str | None) -> Placed:
    """Return the grid of ascending whole numbers that are all different. Raises DataError."""
    steps = np.diff(numbers)
    step = _least(steps) if len(steps) else 1
    if not step:
        _refuse(numbers, steps)
    return Placed(EvenGrid(numbers[0], step, frequency), _summed(steps // step))


def _months(dates: Dates, steps: Labels) -> Placed | None:
    """A day of every so many months, or the last day."""
    if steps.min() < LEAST_MONTH * _day(dates):
        return None
    begin, days = dates.astype("datetime64[M]"), dates.astype("datetime64[D]")
    numbers = begin.astype(np.int64) - begin[0].astype(np.int64)
    months = np.diff(numbers)
    step = _least(months)
    if not step or not _is_one(dates - days):
        return None
    of_month = (days - begin.astype("datetime64[D]")).astype(np.int64)
    day = int(of_month[0])
    if _is_one(of_month) and day < MAX_DAY and not _is_last(days, begin):
        return Placed(MonthGrid(dates[0], Monthly(step, day, ALL_DAYS), f"{step}MS"), numbers // step)
    if not _is_last(days, begin):
        return None
    return Placed(MonthGrid(dates[0], Monthly(step, -1, ALL_DAYS), f"{step}ME"), numbers // step)


def _is_last(days: Dates, months: Dates) -> bool:
    """Whether all days are the last ones of their months."""
    return bool(((days + 1).astype("datetime64[M]") > months).all())


def _even(dates: Dates, steps: Labels) -> Placed | None:
    """Workdays, or steps of the least length."""
    step = _least(steps)
    if not step:
        return None
    if step == _day(dates) and len(dates) >= MIN_WORKDAYS and int(steps.max()) > step:
        workdays = WorkdayGrid(dates[0], 1, "B")
        positions = workdays.positions(dates)
        if positions is not None:
            return Placed(workdays, positions)
    return Placed(EvenGrid(dates[0], step, _alias(step, unit_of(dates))), _summed(steps // step))


def _by_pandas(dates: Dates) -> Placed | None:
    """Whatever else pandas knows, such as the first workday of a month. It needs three dates, and none may be missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a later pandas returns an offset instead of its name
            found: Any = pd.infer_freq(pd.DatetimeIndex(dates)) if len(dates) > 2 else None
        grid = None if found is None else grid_of(getattr(found, "freqstr", found), dates[0])
    except (ValueError, UnusableFrequency):
        return None
    positions = None if grid is None else grid.positions(dates)
    return None if grid is None or positions is None else Placed(grid, positions)


def _least(steps: Labels) -> int:
    """The step of a grid on which some dates may be missing: the least, if it is the commonest too; else 0."""
    step = int(steps.min())
    if step == int(steps.max()):
        return step
    if not step or (steps % step).any():
        return 0
    lengths, counts = np.unique(steps, return_counts=True)
    return step if int(lengths[counts.argmax()]) == step else 0


def _summed(steps: Labels) -> Labels:
    positions = np.zeros(len(steps) + 1, np.int64)
    np.cumsum(steps, out=positions[1:])
    return positions


@functools.lru_cache(256)
def _alias(step: int, unit: str) -> str:
    time = pd.Timedelta(np.timedelta64(step, unit))  # type: ignore[call-overload]
    days, rest = divmod(time, pd.Timedelta(days=1))
    offset = to_offset(time)
    assert offset is not None
    return str(offset.freqstr) if rest else f"{days}D"


def _refuse(dates: Dates, steps: Labels) -> NoReturn:
    """Name the usual step and the first place that does not keep it."""
    lengths, counts = np.unique(steps, return_counts=True)
    usual = int(lengths[counts.argmax()])
    place = int(np.flatnonzero(steps % usual)[0]) if (steps % usual).any() else int(np.flatnonzero(steps != usual)[0])
    raise DataError(
        f"the dates are not regular: most are {shown_step(usual, dates)} apart, but {shown_date(dates[place])} is followed by "
        f"{shown_date(dates[place + 1])}; {ADVICE if dates.dtype.kind == 'M' else 'number the readings evenly'}"
    )


def shown_date(date: Any) -> str:
    """A date in a message: without a time where it is midnight."""
    return str(date) if date.dtype.kind != "M" else str(pd.Timestamp(date)).removesuffix(" 00:00:00")


def shown_step(step: int, dates: Dates) -> str:
    """A length of time in a message."""
    if dates.dtype.kind != "M":
        return str(step)
    time = pd.Timedelta(np.timedelta64(step, unit_of(dates)))
    return (
        f"{time.days} {'day' if time.days == 1 else 'days'}"
        if time % pd.Timedelta(days=1) == pd.Timedelta(0)
        else str(time)
    )


def _day(dates: Dates) -> int:
    return int(np.timedelta64(1, "D") / np.timedelta64(1, unit_of(dates)))


def _is_one(values: npt.NDArray[Any]) -> bool:
    """Whether all values are the same."""
    return bool((values == values[0]).all())
