"""Season length: how many readings make one season, by their frequency or by what the readings repeat."""

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import Tick

from service.interfaces import Array

SEASON_LENGTHS = {
    "MS": 12,
    "ME": 12,
    "BMS": 12,
    "BME": 12,
    "QS": 4,
    "QE": 4,
    "BQS": 4,
    "BQE": 4,
    "W": 52,
    "D": 7,
    "B": 5,
}
DAY = pd.Timedelta(days=1)
CANDIDATES = (4, 5, 6, 7, 12, 24, 48, 52, 96, 168)
MIN_SEASONS = 3  # that the readings must hold before a season is believed
MIN_CORRELATION = 0.3
TOLERANCE = 0.02  # a shorter season is preferred if its correlation is at most so much below a longer one's


def season_of_frequency(alias: str) -> int:
    """Return the season length of a frequency: a year of months, quarters or weeks, a week of days, a day of what is finer.

    alias: a pandas offset alias, as pandas writes it. Other frequencies have season length 1. Raises ValueError for an
    alias that pandas does not know.
    """
    length = SEASON_LENGTHS.get(alias.split("-")[0])
    if length is not None:
        return length
    offset = to_offset(alias)
    if not isinstance(offset, Tick) or pd.Timedelta(offset) > DAY:
        return 1
    return round(DAY / pd.Timedelta(offset))


def may_have_season(values: Array, season_length: int) -> bool:
    """Whether readings (time,) without gaps, of an unknown frequency, may have this season.

    If they are long enough to show the season, they must. Otherwise they must not contradict it.
    """
    detected = detect_season(values)
    if season_length in CANDIDATES and len(values) >= MIN_SEASONS * season_length:
        return detected == season_length
    return season_length % detected == 0


def detect_season(values: Array) -> int:
    """Return the season length of readings (time,) without gaps, by their autocorrelation about a line; 1 for none.

    It is one of CANDIDATES. The readings must hold three seasons, and its correlation must exceed its neighbours'.
    """
    count = len(values)
    time = np.arange(count) - (count - 1) / 2
    time_variance = float(time @ time)
    if count < MIN_SEASONS * CANDIDATES[0] or time_variance == 0:
        return 1
    residuals = values - values.mean()
    residuals = residuals - time * float(time @ residuals) / time_variance
    variance = float(residuals @ residuals)
    if variance <= 1e-12 * max(float(values @ values), 1e-300):
        return 1
    spectrum = np.fft.rfft(residuals, 2 * count)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:count] / variance
    correlation = correlation * count / np.arange(count, 0, -1)  # longer lags have fewer pairs
    best, season_length = MIN_CORRELATION, 1
    for lag in CANDIDATES:
        if MIN_SEASONS * lag > count:
            break
        at_lag = float(correlation[lag])
        neighbours = max(float(correlation[lag - 1]), float(correlation[lag + 1]))
        if at_lag > max(neighbours, best + (TOLERANCE if season_length > 1 else 0.0)):
            best, season_length = at_lag, lag
    return season_length
