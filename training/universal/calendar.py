"""Synthetic series of people's days and weeks: what is counted or metered every few minutes, every day or every week.

Hours of working days, Saturdays and Sundays, holidays, paydays, seasons of the year, weather that lasts for days, and
limits such as nights without any event. All arrays are (rows, length).
"""

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from service.interfaces import Array, Labels, Mask

WEEK = 7
YEAR_DAYS, MONTH_DAYS, YEAR_WEEKS = 365.25, 30.44, 52.18
INTRADAY = (24, 48, 96, 144, 288)  # readings a day


def intraday(rng: Generator, rows: int, length: int, day: int) -> Array:
    """`day` readings a day: profiles of kinds of days, a slow driver such as the weather, noise, and limits."""
    days = length // day + 2
    profiles = _day_profiles(rng, rows, day)  # (rows, 3, day)
    kind = _kinds_of_days(rng, rows, days)
    size = np.exp(_persistent(rng, rows, days, rng.uniform(0.3, 0.97, rows)) * _log_uniform(rng, rows, 0.01, 0.3))
    year = np.sin(2 * np.pi * (np.arange(days) / YEAR_DAYS + rng.random((rows, 1)))) * rng.uniform(0, 0.6, (rows, 1))
    of_day = profiles[np.arange(rows)[:, None], kind] * size[:, :, None] + year[:, :, None]  # (rows, days, day)
    series = of_day.reshape(rows, -1)[:, :length]
    memory = np.exp(-1 / (day * np.exp(rng.uniform(np.log(0.05), np.log(5), rows))))
    driver = _persistent(rng, rows, length, memory) * _log_uniform(rng, rows, 0.03, 1.0)
    sensitivity = 1 + _some(rng, rows, 0.5) * profiles[:, 0, np.arange(length) % day]
    noise = rng.normal(size=(rows, length)) * _log_uniform(rng, rows, 0.01, 0.4)
    noise *= np.where(_is(rng, rows, 0.4), np.exp(0.5 * series), 1.0)
    series = series + driver * sensitivity + noise
    return _limited(rng, _positive(rng, series))


def daily(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """A reading a day: the week, the year, the month, holidays and paydays."""
    del season_length
    time = np.arange(length)
    week = rng.normal(size=(rows, WEEK)) * rng.uniform(0.2, 1, (rows, 1))
    week[:, 5:] += rng.normal(0, 1.5, (rows, 1))
    size = 1 + 0.4 * _year(rng, rows, time / YEAR_DAYS) * _some(rng, rows, 0.3)
    series = week[:, time % WEEK] * size * _log_uniform(rng, rows, 0.3, 3)
    series += _year(rng, rows, time / YEAR_DAYS) * _log_uniform(rng, rows, 0.1, 3) * _some(rng, rows, 0.6)
    payday = np.exp(-((time / MONTH_DAYS + rng.random((rows, 1))) % 1) * rng.uniform(3, 15, (rows, 1)))
    series += payday * rng.normal(0, 1.2, (rows, 1)) * _some(rng, rows, 0.3)
    series += _holidays(rng, rows, time / YEAR_DAYS, YEAR_DAYS) * _some(rng, rows, 0.4)
    series += _walk(rng, rows, length) * _log_uniform(rng, rows, 0.02, 2) * _some(rng, rows, 0.6)
    memory = rng.uniform(0, 0.9, rows) * (rng.random(rows) < 0.6)
    series += _persistent(rng, rows, length, memory) * _log_uniform(rng, rows, 0.1, 2)
    return _limited(rng, _positive(rng, series))


def weekly(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """A reading a week: the year, which is not a whole number of weeks, holidays, and a wandering level."""
    del season_length
    time = np.arange(length)
    series = _year(rng, rows, time / YEAR_WEEKS) * _log_uniform(rng, rows, 0.1, 4) * _some(rng, rows, 0.7)
    series += _holidays(rng, rows, time / YEAR_WEEKS, YEAR_WEEKS) * _some(rng, rows, 0.4)
    series += _walk(rng, rows, length) * _log_uniform(rng, rows, 0.1, 8) * _some(rng, rows, 0.8)
    memory = rng.uniform(0, 0.9, rows) * (rng.random(rows) < 0.5)
    series += _persistent(rng, rows, length, memory) * _log_uniform(rng, rows, 0.1, 1.5)
    return _limited(rng, _positive(rng, series))


def _day_profiles(rng: Generator, rows: int, day: int) -> Array:
    """Profiles of a working day, a Saturday and a Sunday, (rows, 3, day): smooth waves, or bumps over a quiet night."""
    clock = np.arange(day) / day
    orders = np.arange(1, 5)
    fade = orders ** -rng.uniform(0.5, 2.0, (rows, 1))
    sizes = rng.normal(size=(rows, 3, 4)) * fade[:, None, :]
    shifts = rng.random((rows, 3, 4))
    waves = (sizes[..., None] * np.sin(2 * np.pi * (orders[:, None] * clock + shifts[..., None]))).sum(axis=2)
    centres, widths = (
        rng.uniform(0.2, 0.95, (rows, 3, 3, 1)),
        _log_uniform(rng, rows * 9, 0.02, 0.2).reshape(rows, 3, 3, 1),
    )
    away = (clock - centres + 0.5) % 1 - 0.5
    bumps = (rng.gamma(2, 1, (rows, 3, 3, 1)) * np.exp(-np.square(away / widths) / 2)).sum(axis=2)
    own = np.where((rng.random(rows) < 0.5)[:, None, None], waves, bumps)
    alike = rng.beta(1.5, 1, (rows, 1, 1)) * (rng.random((rows, 1, 1)) < 0.8)
    scaled = own[:, :1] * rng.uniform(0.4, 1.1, (rows, 3, 1))
    profiles = alike * scaled + (1 - alike) * own
    profiles[:, 0] = own[:, 0]
    profiles += rng.normal(0, 0.15, (rows, 3, day)) * (rng.random((rows, 1, 1)) < 0.3)
    spread: Array = profiles[:, 0].std(axis=1)[:, None, None] + 0.05
    unit: Array = profiles / spread
    return unit


def _kinds_of_days(rng: Generator, rows: int, days: int) -> Labels:
    """0 a working day, 1 a Saturday, 2 a Sunday or a holiday: (rows, days)."""
    week = np.array([0, 0, 0, 0, 0, 1, 2])
    kind = week[(np.arange(days) + rng.integers(0, WEEK, (rows, 1))) % WEEK]
    kind = np.where(rng.random((rows, days)) < 0.02 * _some(rng, rows, 0.5), 2, kind)
    return np.where(_is(rng, rows, 0.75), kind, 0)


def _year(rng: Generator, rows: int, years: Array) -> Array:
    """A smooth pattern of the year of about unit size; years: (length,)."""
    orders = np.arange(1, 5)
    sizes = rng.normal(size=(rows, 4)) * orders ** -rng.uniform(0.7, 2.0, (rows, 1))
    shifts = rng.random((rows, 4))
    waves: Array = (sizes[:, :, None] * np.sin(2 * np.pi * (orders[:, None] * years + shifts[:, :, None]))).sum(axis=1)
    return waves


def _holidays(rng: Generator, rows: int, years: Array, per_year: float) -> Array:
    """Up to five dates of the year with an effect of a few readings."""
    out = np.zeros((rows, len(years)))
    for _ in range(5):
        date, width = rng.random((rows, 1)), rng.uniform(0.5, 4.0, (rows, 1)) / per_year * max(1.0, per_year / 120)
        away = np.abs((years - date + 0.5) % 1 - 0.5)
        out += rng.normal(0, 2.5, (rows, 1)) * (away < width) * _some(rng, rows, 0.6)
    return out


def _walk(rng: Generator, rows: int, length: int) -> Array:
    """A random walk of the size that it would have after 50 readings, with or without drift."""
    drift = rng.normal(0, 0.1, (rows, 1)) * _some(rng, rows, 0.4)
    walk: Array = np.cumsum(rng.normal(size=(rows, length)) + drift, axis=1) / np.sqrt(50)
    return walk


def _persistent(rng: Generator, rows: int, length: int, memory: Array) -> Array:
    """First-order autoregressions of unit variance; memory: (rows,)."""
    out = rng.normal(size=(rows, length))
    for row in range(rows):
        scale = np.sqrt(1 - memory[row] ** 2)
        out[row] = lfilter([scale], [1.0, -memory[row]], out[row], zi=[memory[row] * rng.normal()])[0]
    return out


def _positive(rng: Generator, series: Array) -> Array:
    """About half of the rows exponentiated."""
    rows = len(series)
    centred = series - series.mean(axis=1, keepdims=True)
    unit = centred / (centred.std(axis=1, keepdims=True) + 1e-9)
    return np.where(_is(rng, rows, 0.5), np.exp(np.clip(unit * _log_uniform(rng, rows, 0.05, 1.0), -6, 6)), series)


def _limited(rng: Generator, series: Array) -> Array:
    """Some rows with a floor, a ceiling, or as counts."""
    rows = len(series)
    low = np.sort(series, axis=1)[np.arange(rows), (rng.uniform(0.05, 0.5, rows) * series.shape[1]).astype(int)]
    series = np.where(_is(rng, rows, 0.15), np.maximum(series, low[:, None]) - low[:, None], series)
    high = np.sort(series, axis=1)[np.arange(rows), (rng.uniform(0.7, 0.98, rows) * series.shape[1]).astype(int)]
    series = np.where(_is(rng, rows, 0.05), np.minimum(series, high[:, None]), series)
    lowest, spread = series.min(axis=1, keepdims=True), series.std(axis=1, keepdims=True) + 1e-9
    mean = (series - lowest) / spread * _log_uniform(rng, rows, 0.5, 200)
    return np.where(_is(rng, rows, 0.2), rng.poisson(np.clip(mean, 0, 1e6)).astype(float), series)


def _some(rng: Generator, rows: int, share: float) -> Array:
    """(rows, 1): 1 with probability `share`, else 0."""
    return (rng.random((rows, 1)) < share).astype(float)


def _is(rng: Generator, rows: int, share: float) -> Mask:
    """(rows, 1): true with probability `share`."""
    return rng.random((rows, 1)) < share


def _log_uniform(rng: Generator, rows: int, low: float, high: float) -> Array:
    """(rows, 1) between `low` and `high`, with a uniform logarithm."""
    return np.exp(rng.uniform(np.log(low), np.log(high), (rows, 1)))
