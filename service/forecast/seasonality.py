"""How many readings make one season: by their frequency, else by what the readings themselves repeat."""

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import Tick

from service.interfaces import Array

NAMED = {"MS": 12, "ME": 12, "BMS": 12, "BME": 12, "QS": 4, "QE": 4, "BQS": 4, "BQE": 4, "W": 52, "D": 7, "B": 5}
DAY = pd.Timedelta(days=1)
CANDIDATES = (4, 5, 6, 7, 12, 24, 48, 52, 96, 168)
LEAST_SEASONS = 3  # in the readings, before one is believed
LEAST_CORRELATION = 0.3
AS_GOOD = 0.02  # a shorter season whose correlation is so near a longer one's is preferred


def season_of_frequency(alias: str) -> int:
    """A year of months or quarters or weeks, a week of days, a day of what is finer; else 1.

    alias: a pandas offset alias, as pandas writes it. Raises ValueError for one that pandas does not know.
    """
    known = NAMED.get(alias.split("-")[0])
    if known is not None:
        return known
    offset = to_offset(alias)
    if not isinstance(offset, Tick) or pd.Timedelta(offset) > DAY:
        return 1
    return round(DAY / pd.Timedelta(offset))


def may_have_season(values: Array, season: int) -> bool:
    """Whether complete readings (time,) of an unknown frequency may have this season.

    Where the readings could show it, they must; elsewhere nothing that contradicts it may be seen.
    """
    found = detect_season(values)
    if season in CANDIDATES and len(values) >= LEAST_SEASONS * season:
        return found == season
    return season % found == 0


def detect_season(values: Array) -> int:
    """The season of complete readings (time,), by their autocorrelation about a straight line; 1 where there is none.

    One of CANDIDATES, of which the readings must hold three, and whose correlation stands out from its neighbours'.
    """
    count = len(values)
    line = np.arange(count) - (count - 1) / 2
    spread = float(line @ line)
    if count < LEAST_SEASONS * CANDIDATES[0] or spread == 0:
        return 1
    left = values - values.mean()
    left = left - line * float(line @ left) / spread
    power = float(left @ left)
    if power <= 1e-12 * max(float(values @ values), 1e-300):
        return 1
    transformed = np.fft.rfft(left, 2 * count)
    correlation = np.fft.irfft(np.abs(transformed) ** 2)[:count] / power
    correlation = correlation * count / np.arange(count, 0, -1)  # longer lags have fewer pairs
    best, season = LEAST_CORRELATION, 1
    for lag in CANDIDATES:
        if LEAST_SEASONS * lag > count:
            break
        here = float(correlation[lag])
        around = max(float(correlation[lag - 1]), float(correlation[lag + 1]))
        if here > max(around, best + (AS_GOOD if season > 1 else 0.0)):
            best, season = here, lag
    return season
