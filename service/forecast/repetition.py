"""Readings that repeat exactly: the forecast is the pattern, and nothing is left for a network to learn."""

import numpy as np

from ..interfaces import Array, Labels, Mask
from .backtest import baseline_name
from .forecaster import Forecast, PreparedSeries
from .intervals import Interval

MIN_READINGS = 4
TOLERANCE = 1e-7  # of the range of the readings
FLOAT_NOISE = 1e-13  # of the largest reading
MIN_SEASONS = 2
MIN_CHANGES = 3  # that come again, before a pattern of an unknown season is believed
FIRST_LOOK = 8  # readings at the end by which most lengths are ruled out


def repeated_pattern(values: Array, observed: Mask, season_length: int) -> Array | None:
    """Return the shortest pattern that readings (time,) repeat from the first to the last, at least twice; None for none.

    values: (time,), `observed` False where one is missing, which may be anything. The pattern begins with what comes next.
    A pattern that fills the `season_length`, or a whole part of it, needs no other evidence.
    """
    count = len(values)
    known = values[observed]
    if len(known) < MIN_READINGS:
        return None
    low, high = float(known.min()), float(known.max())
    tolerance = max(TOLERANCE * (high - low), FLOAT_NOISE * max(-low, high))
    for length in _possible_lengths(values, observed, tolerance).tolist():
        is_pair = observed[length:] & observed[:-length]
        differences = np.abs(values[length:] - values[:-length])[is_pair]
        if not differences.size or differences.max() > tolerance:
            continue
        is_season = length == 1 or (season_length % length == 0 and count >= MIN_SEASONS * season_length)
        changes = int((np.abs(np.diff(values[length - 1 :])) > tolerance).sum())
        if is_season or changes >= MIN_CHANGES:
            return _pattern(values, observed, length)
    return None


def _possible_lengths(values: Array, observed: Mask, tolerance: float) -> Labels:
    """The lengths up to half of the readings, ascending, at which the last readings do not differ.

    The last reading rules out nearly all of them.
    """
    half = len(values) // MIN_SEASONS
    is_possible = np.abs(values[-1 - half : -1] - values[-1]) <= tolerance
    if observed[-1]:
        is_possible |= ~observed[-1 - half : -1]
    else:
        is_possible[:] = True
    lengths = half - np.flatnonzero(is_possible)[::-1]
    for back in range(2, min(FIRST_LOOK, len(values)) + 1):
        if not lengths.size:
            break
        earlier = len(values) - back - lengths
        is_pair = observed[-back] & observed[earlier] & (earlier >= 0)
        lengths = lengths[~is_pair | (np.abs(values[-back] - values[earlier]) <= tolerance)]
    return lengths


def _pattern(values: Array, observed: Mask, length: int) -> Array | None:
    """The last reading of every phase; None if a phase has none."""
    pattern = np.full(length, np.nan)
    positions = np.flatnonzero(observed)
    pattern[(positions - len(values)) % length] = values[positions]  # of equal phases the last one stays
    return None if np.isnan(pattern).any() else pattern


def forecast(item: PreparedSeries) -> Forecast:
    """Return the pattern of a series, again and again, with intervals of no width; the baseline makes no error either."""
    assert item.pattern is not None
    values = item.bounds.clip(np.resize(item.pattern, item.horizon)).tolist()
    skill = {
        "baseline": baseline_name(item.season_length),
        "metric": "rmse",
        "ratio": None,
        "steps": item.horizon,
        "measured_on": "readings",
        "origins": len(item.readings) - 1,
    }
    return Forecast(values, [Interval(level, values, values) for level in item.levels], skill, [])
