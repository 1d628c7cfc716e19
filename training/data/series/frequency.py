"""The frequency of dates: their pandas alias, exact or that of most of them."""

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.series import retail
from training.data.series.candidates import Moments, steps_of

DAY_NS = 86_400_000_000_000
UNITS = (
    (3_600_000_000_000, "h"),
    (60_000_000_000, "min"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
)
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MIN_SHARE = 0.5  # of the steps that must be alike
ROUND_STEPS = tuple(
    count * size
    for size, counts in (
        (UNITS[2][0], (1, 2, 5, 10, 15, 20, 30)),
        (UNITS[1][0], (1, 2, 5, 10, 15, 20, 30)),
        (UNITS[0][0], (1, 2, 3, 4, 6, 8, 12, 24)),
    )
    for count in counts
)
MAX_JITTER = 0.1  # of a step
SHORTEST_MONTH = 28 * DAY_NS


class Calendar(NamedTuple):
    """Days as a calendar has them: months since year 0, days of the month, whether they are its last."""

    months: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]
    are_last: npt.NDArray[np.bool_]


def exact(dates: Moments) -> str | None:
    """Return the alias of dates (n,) that rise and lack none, or None."""
    if len(dates) < 3:
        return None
    steps = steps_of(dates)
    if (months := _months(dates, steps, is_exact=True)) is not None:
        return months
    if (steps == steps[0]).all():
        return _business(dates, steps) or of_time(int(steps[0]), dates[0])
    if _business(dates, steps) and _lacks_no_weekday(dates):
        return "B"
    return retail.alias(dates) or _inferred(dates, steps) or _half_months(dates)


def nearly(dates: Moments) -> str | None:
    """Return the alias of a round time that all steps of dates miss by a little, as clocks of sensors do; or None."""
    steps = steps_of(dates)
    middle = float(np.median(steps))
    step = min(ROUND_STEPS, key=lambda size: abs(size - middle))
    if (steps % step == 0).all():
        return None  # gaps alone
    is_near = np.abs(steps / step - np.round(steps / step)) <= MAX_JITTER
    return of_time(step, dates[0]) if abs(middle / step - 1) <= MAX_JITTER and (is_near & (steps > 0)).all() else None


def of_most(dates: Moments) -> str | None:
    """Return the alias that most steps of dates have that rise, or None if there is none."""
    steps = steps_of(dates)
    if not len(steps):
        return None
    if (months := _months(dates, steps, is_exact=False)) is not None:
        return months
    step, share = most_frequent(steps)
    if share < MIN_SHARE:
        return None
    return _business(dates, steps) or of_time(step, dates[int(np.argmax(steps == step))])


def most_frequent(values: npt.NDArray[np.int64]) -> tuple[int, float]:
    """Return the most frequent value and its share."""
    found, counts = np.unique(values, return_counts=True)
    best = int(np.argmax(counts))
    return int(found[best]), float(counts[best] / len(values))


def of_time(step: int, first: np.datetime64) -> str:
    """Return the alias of a fixed number of nanoseconds; weeks are named after the day of the first date."""
    days, rest = divmod(step, DAY_NS)
    if rest == 0 and days % 7 == 0:
        weekday = WEEKDAYS[(int(first.astype("datetime64[D]").astype(np.int64)) + 3) % 7]
        return f"{_times(days // 7)}W-{weekday}"
    if rest == 0:
        return f"{_times(days)}D"
    size, unit = next((size, unit) for size, unit in UNITS if step % size == 0)
    return f"{_times(step // size)}{unit}"


def calendar(dates: Moments) -> Calendar:
    """Return the months and days of dates."""
    days = dates.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    following = (days + 1).astype("datetime64[M]")
    numbers = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    return Calendar(months.astype(np.int64) + 12 * 1970, numbers, following > months)


def _times(count: int) -> str:
    return "" if count == 1 else str(count)


def _months(dates: Moments, steps: npt.NDArray[np.int64], *, is_exact: bool) -> str | None:
    """The alias of dates on the first, the last or one other day of the month."""
    if np.median(steps) < SHORTEST_MONTH or (is_exact and steps.min() < SHORTEST_MONTH):
        return None
    if len(np.unique((dates - dates.astype("datetime64[D]")).astype(np.int64))) > 1:
        return None
    found = calendar(dates)
    differences = np.diff(found.months)
    count, share = most_frequent(differences)
    if count < 1 or share < (1 if is_exact else MIN_SHARE) or not _is_one_day(found, is_exact):
        return None
    is_end = bool(found.are_last.mean() > MIN_SHARE) and not _is_one_number(found.days)
    return month_alias(count, int(found.months[0]) % 12, "E" if is_end else "S")


def _is_one_day(found: Calendar, is_exact: bool) -> bool:
    least = 1.0 if is_exact else 0.8
    _, share = most_frequent(found.days)
    reach = np.where(found.are_last, np.maximum(found.days, found.days.max()), found.days)  # the 30th, and 28 February
    return max(share, float(found.are_last.mean()), most_frequent(reach)[1] if found.days.max() > 28 else 0) >= least


def _is_one_number(days: npt.NDArray[np.int64]) -> bool:
    return len(np.unique(days)) == 1 and int(days[0]) <= 28


def month_alias(count: int, month: int, side: str) -> str:
    """Return the alias of every `count` months from a month (0 is January), by their start S or their end E, as pandas does."""
    if count % 12 == 0:
        return f"{_times(count // 12)}Y{side}-{MONTH_NAMES[month]}"
    if count % 3 == 0:
        anchor = MONTH_NAMES[9 + month % 3]
        return f"{_times(count // 3)}Q{side}-{anchor}"
    return f"{_times(count)}M{side}"


def _business(dates: Moments, steps: npt.NDArray[np.int64]) -> str | None:
    """B for days of which none is on a weekend, over two weekends or more."""
    whole = (dates.astype("datetime64[D]").astype("datetime64[ns]") == dates).all() or len(
        np.unique((dates - dates.astype("datetime64[D]")).astype(np.int64))
    ) == 1
    if not whole or most_frequent(steps)[0] != DAY_NS:
        return None
    weekdays = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    weeks = (dates[-1] - dates[0]) / np.timedelta64(7, "D")
    return "B" if weeks > 1 and (weekdays < 5).all() and (weeks >= 2 or len(dates) >= 8) else None


def _lacks_no_weekday(dates: Moments) -> bool:
    days = dates.astype("datetime64[D]")
    return int(np.busday_count(days[0], days[-1])) == len(days) - 1


def _inferred(dates: Moments, steps: npt.NDArray[np.int64]) -> str | None:
    """What pandas infers of months by workdays or by the weeks in them."""
    if steps.min() < 20 * DAY_NS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frequency = pd.infer_freq(pd.DatetimeIndex(dates))
        alias = None if frequency is None else str(getattr(frequency, "freqstr", frequency))
        days = pd.DatetimeIndex(dates).normalize()
        is_right = alias is not None and pd.date_range(days[0], days[-1], freq=alias).equals(
            days
        )  # not so of last Fridays
    return alias if is_right else None


def _half_months(dates: Moments) -> str | None:
    """Two dates in every month, always on the same days or on the last one."""
    found = calendar(dates)
    numbers = np.where(found.are_last, 31, found.days)
    if len(np.unique(numbers)) != 2:
        return None
    low, high = np.unique(numbers)
    expected = np.where(np.arange(len(numbers)) % 2 == (0 if numbers[0] == low else 1), low, high)
    halves = 2 * found.months + (numbers == high)
    if not (numbers == expected).all() or not (np.diff(halves) == 1).all():
        return None
    return f"SME-{low}" if high == 31 and low <= 27 else f"SMS-{high}" if low == 1 and high <= 27 else None
