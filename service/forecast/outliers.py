"""Absurd readings: typed wrongly, or a placeholder. They are found among their neighbours, to be treated as missing.

The rule is conservative. What recurs, bursts or belongs to heavy tails is no typing error, and neither is a new level. An
outlier is a run of at most MAX_RUN readings, many robust standard deviations away from the readings on both sides without
their season, while all other readings lie close together. It must be far beyond all others, or be what a slip makes of
the expected reading: 0, another sign, or a shifted decimal point.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.forecast.order_statistics import quantiles
from service.forecast.seasonal_profile import seasonal_part
from service.interfaces import Array, Labels, Mask, Notice

MIN_READINGS, MIN_SEASONS = 10, 3
SIDE = 7  # readings on each side that a reading is compared with
MIN_SIDE = 3
MAX_RUN = 3  # readings in a row; more are a level or a burst
MAX_LAST_RUN = 2  # at the end, where nothing tells whether a new level begins
MIN_SCORE = 10.0  # robust standard deviations
GAP = 3.0  # the least score of an outlier over the greatest of all others
MAX_OTHERS = 8.0  # the greatest score of the others: more is a heavy tail
BEYOND_ONE, BEYOND_SEVERAL = 4.0, 10.0  # ranges of the other readings that one run, or each of several, must be beyond
BEYOND_LAST = 3.0  # times the largest other reading that a run at the end must be beyond
MAX_PLACEHOLDERS = 0.2  # of the readings
MAX_RUNS, MAX_SHARE = 3, 0.03  # runs, or a share of the readings; more are how the series is
LEAST_SPREAD = 0.02  # of the others' range or level: exact patterns have no spread of their own
LARGER, OTHER_SLIPS = (100.0, 1000.0), (-1.0, 0.1, 0.01, 0.001)  # what is written, over the reading that was meant
SLIP_TOLERANCE = 4.0  # robust standard deviations
CODES = (999.0, 9999.0, 99999.0, 999999.0, 9999999.0)  # that are often written for a missing reading, of either sign
SAME_SIZE = 0.6  # of the reading that was meant
FAR_FROM_ZERO = 0.25  # the least of the other readings over their median
SUSPICIOUS = 3.0  # a change over the ninth decile of all changes; readings without any are not looked at
MAX_LISTED = 20


class _Around(NamedTuple):
    """What readings (time,) are compared with: medians of their neighbours and scores; `spread` is a standard deviation."""

    expected: Array
    score: Array
    spread: float


class _Others(NamedTuple):
    """The readings that are no candidates: their least, greatest and middle one, and their range."""

    least: float
    greatest: float
    median: float

    @property
    def range(self) -> float:
        return self.greatest - self.least

    def beyond(self, reading: float) -> float:
        """How far a reading lies outside of them."""
        return max(reading - self.greatest, self.least - reading, 0.0)


def find_outliers(values: Array, observed: Mask, season_length: int) -> Labels:
    """Return the indices of absurd readings, ascending; values: (time,) without gaps, `observed` False at filled ones."""
    nothing = np.zeros(0, dtype=np.int64)
    if observed.sum() < MIN_READINGS or not _is_suspicious(values, season_length):
        return nothing
    placeholders = _placeholders(values, observed)
    if placeholders.size:
        observed = observed.copy()
        observed[placeholders] = False
        return np.sort(np.concatenate([placeholders, find_outliers(values, observed, season_length)]))
    season = seasonal_part(values, observed, season_length, MIN_SEASONS)
    around = _around(values - season, values, observed)
    if around.spread == 0:
        return nothing
    candidates = _candidates(around.score, observed)
    if not 0 < candidates.size <= max(MAX_RUNS * MAX_RUN, MAX_SHARE * len(values)):
        return nothing
    runs = np.split(candidates, np.flatnonzero(np.diff(candidates) > 1) + 1)
    if len(runs) > max(MAX_RUNS, MAX_SHARE * len(values)):
        return nothing
    is_other = observed.copy()
    is_other[candidates] = False
    least, median, greatest = np.quantile(values[is_other], (0.0, 0.5, 1.0))
    others = _Others(float(least), float(greatest), float(median))
    accepted = [
        run for run in runs if _is_outlier(run, values, values - season, season, around, others, len(runs) == 1)
    ]
    return np.concatenate(accepted) if accepted else nothing


def notice(outliers: Labels, used: int) -> Notice:
    """Return the warning of outliers, by their indices in the readings that were sent."""
    was, indices = ("lies", "index") if outliers.size == 1 else ("lie", "indices")
    listed = ", ".join(map(str, outliers[:MAX_LISTED])) + (", …" if outliers.size > MAX_LISTED else "")
    return Notice(
        "outlier_readings",
        f"{outliers.size} of the {used} readings used {was} absurdly far from the others and "
        f"{'was' if outliers.size == 1 else 'were'} treated as missing ({indices} {listed})",
    )


def _is_suspicious(values: Array, season_length: int) -> bool:
    """Whether some change, from one reading or season to the next, is much larger than most: or nothing more is computed."""
    lags = {1, season_length if MIN_SEASONS * season_length <= len(values) else 1}
    changes = [np.abs(values[lag:] - values[:-lag]) for lag in lags]
    return any(float(each.max()) > SUSPICIOUS * quantiles(each, (0.9,))[0] for each in changes)


def _placeholders(values: Array, observed: Mask) -> Labels:
    """The indices of one value that stands in a few runs of any length for readings, far beyond all others."""
    known = values[observed]
    for value in (float(known.max()), float(known.min())):
        is_value = (values == value) & observed
        others = values[observed & ~is_value]
        found = np.flatnonzero(is_value)
        runs = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
        is_rare = 1 < found.size <= MAX_PLACEHOLDERS * known.size and len(runs) <= MAX_RUNS
        if not is_rare or (len(runs[-1]) > MAX_LAST_RUN and is_value[-1]) or np.ptp(others) == 0:
            continue
        if float(np.abs(value - others).min()) >= BEYOND_SEVERAL * float(np.abs(others).max()):
            return found
    return np.zeros(0, dtype=np.int64)


def _around(deseasonalized: Array, values: Array, observed: Mask) -> _Around:
    """Compare each reading with those beside it."""
    known = np.where(observed, deseasonalized, np.nan)
    padded = np.pad(known, SIDE, constant_values=np.nan)
    windows = sliding_window_view(padded, 2 * SIDE + 1)
    left, right = _median(windows[:, :SIDE]), _median(windows[:, SIDE + 1 :])
    expected = _median(np.delete(windows, SIDE, axis=1))
    from_left, from_right = deseasonalized - left, deseasonalized - right
    one_side = np.where(np.isnan(left), np.abs(from_right), np.abs(from_left))
    both = np.where(np.sign(from_left) == np.sign(from_right), np.minimum(np.abs(from_left), np.abs(from_right)), 0.0)
    distance = np.nan_to_num(np.where(np.isnan(from_left + from_right), one_side, both))
    spread = 1.4826 * float(np.nanmedian(np.abs(known - expected)))
    low, median, high = np.quantile(values[observed], (0.05, 0.5, 0.95))
    least = LEAST_SPREAD * float(high - low if high > low else abs(median))
    spread = max(spread, least)
    return _Around(expected, distance / max(spread, 1e-300), spread)


def _median(windows: Array) -> Array:
    """The median of each row's known values; NaN with fewer than MIN_SIDE."""
    ranked = np.sort(windows, axis=1)  # NaN comes last
    counts = (~np.isnan(windows)).sum(axis=1)
    rows = np.arange(len(windows))
    upper, lower = (
        ranked[rows, np.minimum(counts // 2, windows.shape[1] - 1)],
        ranked[rows, np.maximum(counts - 1, 0) // 2],
    )
    return np.where(counts >= MIN_SIDE, lower + (upper - lower) / 2, np.nan)


def _candidates(score: Array, observed: Mask) -> Labels:
    """The indices whose scores are high and stand apart from all others."""
    ranked = np.sort(score[observed])[::-1]
    highest_of_others = np.append(ranked[1:], 0.0)
    stands_apart = (ranked >= MIN_SCORE) & (highest_of_others <= MAX_OTHERS) & (ranked >= GAP * highest_of_others)
    if not stands_apart.any():
        return np.zeros(0, dtype=np.int64)
    least = ranked[np.flatnonzero(stands_apart)[-1]]
    return np.flatnonzero((score >= least) & observed)


def _is_outlier(
    run: Labels, values: Array, deseasonalized: Array, season: Array, around: _Around, others: _Others, is_only: bool
) -> bool:
    """Whether a run of candidates is absurd, and the readings after it are where those before it were."""
    is_last = run[-1] == len(values) - 1
    if len(run) > (MAX_LAST_RUN if is_last else MAX_RUN) or not _returns(run, deseasonalized):
        return False
    meant = around.expected[run] + season[run]
    pairs = zip(values[run].tolist(), meant.tolist(), strict=True)
    if all(_is_slip(reading, m, around.spread, others, is_only) for reading, m in pairs):
        return True
    beyond = min(others.beyond(float(values[i])) for i in run)
    largest = max(abs(others.least), abs(others.greatest))
    if is_last:
        return beyond >= BEYOND_LAST * largest > 0
    if is_only and others.range > 0:
        return beyond >= BEYOND_ONE * others.range
    return beyond >= BEYOND_SEVERAL * max(others.range, largest) > 0


def _returns(run: Labels, deseasonalized: Array) -> bool:
    """Whether the readings after a run are at the level before it; true at either end of the readings."""
    before, after = deseasonalized[max(run[0] - SIDE, 0) : run[0]], deseasonalized[run[-1] + 1 : run[-1] + 1 + SIDE]
    if not before.size or not after.size:
        return True
    level = float(np.median(before))
    return abs(float(np.median(after)) - level) <= float(np.abs(deseasonalized[run] - level).min()) / 3


def _is_slip(reading: float, meant: float, spread: float, others: _Others, is_only: bool) -> bool:
    """Whether a reading is 0 in a series far from 0, a code, or what another sign or decimal point makes of the one meant.

    Ten times as much may be honest if it is seen again.
    """
    if reading == 0:
        return (
            min(others.least * others.median, others.greatest * others.median) >= FAR_FROM_ZERO * others.median**2 > 0
        )
    tolerance = SLIP_TOLERANCE * spread
    if abs(meant) <= 2 * spread:
        return False
    slips = LARGER if tolerance >= abs(meant) / 2 else LARGER + OTHER_SLIPS
    tolerance = min(tolerance, SAME_SIZE * abs(meant))
    return any(abs(reading / slip - meant) <= tolerance for slip in (*slips, *((10.0,) if is_only else ())))
