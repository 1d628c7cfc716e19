"""Season length: how many readings make one season, by their frequency or by what the readings repeat."""

import math

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset, BusinessDay, Day, SemiMonthBegin, SemiMonthEnd, Tick, Week

from ...interfaces import Array, Mask
from ..dates import frequency as frequencies
from .periodicity import periodicity

WEEKS, MONTHS, WORKDAYS = 52, 12, 5  # of a year, of a year, of a week
DAY, WEEK = pd.Timedelta(days=1), pd.Timedelta(days=7)
YEAR = pd.Timedelta(days=365.25)
COARSEST_OF_A_DAY = pd.Timedelta(hours=6)  # readings that are rarer follow the week rather than the day
YEAR_TOLERANCE = 0.2  # readings by which a year may miss a whole number of them
MANY_SEASONS = 4  # without a trace of the usual season before it is given up
ABSENT = 0.5  # standard errors; a correlation under them is no trace
MIN_SEASONS = 3  # that the readings must hold before a season must be theirs


def season_of_frequency(alias: str) -> int:
    """Return the season length of a frequency or of a multiple of it.

    A year of months, quarters or weeks, a week of days, a day of what is finer: as many readings as it takes until the
    season begins anew at a reading, so 5 months have 12. Frequencies without one have season length 1.
    alias: a pandas offset alias, as pandas writes it. Raises ValueError for an alias that pandas does not know.
    """
    offset = to_offset(alias)
    months = frequencies.monthly(offset)
    if months is not None:
        return _readings_until(MONTHS, months.months)
    if isinstance(offset, SemiMonthBegin | SemiMonthEnd):
        return _readings_until(2 * MONTHS, offset.n)
    if isinstance(offset, BusinessDay):
        weeks, rest = divmod(offset.n, WORKDAYS)
        return _readings_until(WORKDAYS, offset.n) if rest else _of_weeks(weeks)
    return _of_time(_time(offset)) if isinstance(offset, Tick | Day | Week) else 1


def _time(offset: BaseOffset) -> pd.Timedelta:
    if isinstance(offset, Week | Day):
        return pd.Timedelta(days=(7 if isinstance(offset, Week) else 1) * offset.n)
    return pd.Timedelta(offset)  # type: ignore[arg-type]


def _of_time(step: pd.Timedelta) -> int:
    if step <= COARSEST_OF_A_DAY:
        return _readings_until(DAY.value, step.value)
    if step % WEEK == pd.Timedelta(0):
        return _of_weeks(step // WEEK)
    if step < WEEK:
        return _readings_until(WEEK.value, step.value)
    readings = YEAR / step
    return round(readings) if round(readings) > 1 and abs(readings - round(readings)) <= YEAR_TOLERANCE else 1


def _of_weeks(weeks: int) -> int:
    """A year has no whole number of three weeks."""
    return WEEKS // weeks if WEEKS % weeks == 0 else 1


def _readings_until(season: int, step: int) -> int:
    """After so many readings a step apart a season begins at a reading again."""
    return math.lcm(season, step) // step


def choose_season(values: Array, observed: Mask, usual: int | None) -> int:
    """Return the season length of readings (time,) whose frequency has the `usual` one; None for an unknown frequency.

    Where the usual one is 1, or no shorter than the readings, it is what they show. Otherwise it stays, for a season that was
    seen once makes forecasts better, and one that readings seem to show instead seldom does. Only two things speak against
    it: the readings repeat almost without noise, but not so; or they hold many such seasons and show nothing of it.
    """
    shown = periodicity(values, observed)
    if usual is None or usual == 1 or usual >= len(values):
        return 1 if shown is None else shown.season()
    if shown is None or shown.shows(usual):
        return usual
    is_absent = len(values) >= MANY_SEASONS * usual and shown.score[usual] < ABSENT
    return shown.season() if is_absent or shown.repeats().any() else usual


def may_have_season(values: Array, season_length: int) -> bool:
    """Whether readings (time,) without gaps, of an unknown frequency, may have this season.

    If they are long enough to show the season, they must. Otherwise they must not contradict it.
    """
    shown = periodicity(values, np.ones(len(values), dtype=bool))
    if shown is not None and len(values) >= MIN_SEASONS * season_length:
        return shown.shows(season_length)
    return season_length % (1 if shown is None else shown.season()) == 0


def detect_season(values: Array) -> int:
    """Return the season length that readings (time,) without gaps show, up to half of them; 1 for none."""
    shown = periodicity(values, np.ones(len(values), dtype=bool))
    return 1 if shown is None else shown.season()
