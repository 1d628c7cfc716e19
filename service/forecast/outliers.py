"""Absurd readings: typed wrongly, or a placeholder. They are found among their neighbours, to be treated as missing.

The rule is conservative. What recurs, bursts or belongs to heavy tails is no typing error, and neither is a new level. An
outlier is a run of at most MAX_RUN readings. It is many robust standard deviations away from the readings on both sides
without their season, while all other readings lie close together or very much closer; or it is 0 or of the other sign, and
all others are not. And it must be far beyond all others, or what a slip makes of the expected reading (slips.py).
"""

from collections.abc import Sequence
from operator import sub
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..interfaces import Array, Labels, Mask, Notice
from . import slips
from .seasons.order_statistics import quantiles, ranked_quantile
from .seasons.seasonal_profile import seasonal_part

MIN_READINGS, MIN_SEASONS = 10, 3
SIDE = 7  # readings on each side that a reading is compared with
MIN_SIDE = 3
MAX_RUN = 3  # readings in a row; more are a level or a burst
MAX_LAST_RUN = 2  # at the end, where nothing tells whether a new level begins
MIN_SCORE, MIN_OTHER_SIGN = 10.0, 4.0  # robust standard deviations; of 0 and of readings of the other sign
GAP, MAX_OTHERS = (
    3.0,
    8.0,
)  # the least score of an outlier over the greatest of all others, if that is no more than this
WIDE_GAP = 15.0  # the same, whatever the greatest of all others is: such a gap is no heavy tail
BEYOND_ONE, BEYOND_SEVERAL = 4.0, 10.0  # ranges of the other readings that one run, or each of several, must be beyond
BEYOND_LAST = 3.0  # times the largest other reading that a run at the end must be beyond
MAX_RUNS, MAX_SHARE = 3, 0.03  # runs, or a share of the readings; more are how the series is
MAX_PLACEHOLDERS = 0.2  # of the readings
LEAST_SPREAD = 0.02  # of the others' range or level: exact patterns have no spread of their own
SUSPICIOUS = 3.0  # a change over the ninth decile of all changes; readings without any are not looked at
MAX_LISTED = 20
LEAST_PLAIN, MOST_PLAIN = 1e-100, 1e100  # between these no difference of two readings loses a digit, whatever its unit


class _Around(NamedTuple):
    """What readings (time,) are compared with: medians of their neighbours and scores; `spread` is a standard deviation."""

    expected: Array
    score: Array
    spread: float


def find_outliers(values: Array, observed: Mask, season_length: int) -> Labels:
    """Return the indices of absurd readings, ascending; values: (time,) without gaps, `observed` False at filled ones."""
    nothing = np.zeros(0, dtype=np.int64)
    if np.count_nonzero(observed) < MIN_READINGS:
        return nothing
    is_other_sign = _of_other_sign(values, observed)
    if not (_is_suspicious(values, season_length) or is_other_sign.any()):
        return nothing
    placeholders = _placeholders(values, observed)
    if placeholders.size:
        observed = observed.copy()
        observed[placeholders] = False
        return np.sort(np.concatenate([placeholders, find_outliers(values, observed, season_length)]))
    season = seasonal_part(values, observed, season_length, MIN_SEASONS)
    around = _around(values - season, values, observed)
    is_apart = _stands_apart(around.score, observed)
    is_other_sign &= around.score >= MIN_OTHER_SIGN
    runs = _runs(is_apart | is_other_sign)
    if around.spread == 0 or not 0 < len(runs) <= max(MAX_RUNS, MAX_SHARE * len(values)):
        return nothing
    others = slips.Others.of(values[observed & ~is_apart & ~is_other_sign])
    is_far = is_apart & _has_counterpart(len(values), season_length)
    tests = [_is_outlier(run, values, season, around, others, is_far, len(runs) == 1) for run in runs]
    return np.concatenate([nothing, *(run for run, is_outlier in zip(runs, tests, strict=True) if is_outlier)])


def has_none(values: Sequence[float], season_length: int) -> bool:
    """Whether `find_outliers` surely finds nothing in readings that are all observed. False says nothing.

    It is the same test as at its beginning, in plain Python: a request's few readings take a third of the time so.
    """
    if not min(values) > LEAST_PLAIN or max(values) > MOST_PLAIN:
        return False
    return len(values) < MIN_READINGS or not any(_leaps(values, lag) for lag in _lags(len(values), season_length))


def _leaps(values: Sequence[float], lag: int) -> bool:
    """Whether a change over `lag` readings is much larger than most; see `_is_suspicious`."""
    changes: list[float] = sorted(map(abs, map(sub, values[lag:], values)))
    return changes[-1] > SUSPICIOUS * ranked_quantile(changes, 0.9)


def _lags(count: int, season_length: int) -> set[int]:
    return {1, season_length if MIN_SEASONS * season_length <= count else 1}


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
    changes = [np.abs(values[lag:] - values[:-lag]) for lag in _lags(len(values), season_length)]
    return any(float(each.max()) > SUSPICIOUS * quantiles(each, (0.9,))[0] for each in changes)


def _of_other_sign(values: Array, observed: Mask) -> Mask:
    """Which readings (time,) are 0 or of another sign than all others; none if they are many."""
    if values.min() > 0 or values.max() < 0:  # of one sign, as most series
        return np.zeros(len(values), dtype=bool)
    most = min(MAX_RUNS * MAX_RUN, int(np.count_nonzero(observed)) // 2)
    for sign in (1.0, -1.0):
        is_other: Mask = observed & (sign * values <= 0)
        if 0 < np.count_nonzero(is_other) <= most:
            return is_other
    return np.zeros(len(values), dtype=bool)


def _placeholders(values: Array, observed: Mask) -> Labels:
    """The indices of one value that stands in a few runs of any length for readings, far beyond all others."""
    known = values[observed]
    for value in (float(known.max()), float(known.min())):
        is_value = (values == value) & observed
        others = values[observed & ~is_value]
        found = np.flatnonzero(is_value)
        runs = _runs(is_value)
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
    deviations = np.abs(known - expected)
    deviations = deviations[~np.isnan(deviations)]  # none, where no reading has others beside it
    spread = 1.4826 * float(np.median(deviations)) if deviations.size else 0.0
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


def _stands_apart(score: Array, observed: Mask) -> Mask:
    """Whether the score of each is high and far from those of all others."""
    ranked = np.sort(score[observed])[::-1]
    next_one = np.append(ranked[1:], 0.0)
    has_gap = (ranked >= GAP * next_one) & (next_one <= MAX_OTHERS) | (ranked >= WIDE_GAP * next_one)
    found = np.flatnonzero((ranked >= MIN_SCORE) & has_gap)
    least = ranked[found[-1]] if found.size else np.inf
    is_apart: Mask = (score >= least) & observed
    return is_apart


def _runs(mask: Mask) -> list[Labels]:
    """The runs of True, as indices."""
    indices = np.flatnonzero(mask)
    return np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1) if indices.size else []


def _is_outlier(
    run: Labels, values: Array, season: Array, around: _Around, others: slips.Others, is_far: Mask, is_only: bool
) -> bool:
    """Whether a run of candidates is absurd, and the readings after it are where those before it were."""
    is_last = run[-1] == len(values) - 1
    if len(run) > (MAX_LAST_RUN if is_last else MAX_RUN) or not _returns(run, values - season):
        return False
    pairs = zip(values[run].tolist(), (around.expected + season)[run].tolist(), strict=True)
    if all(slips.is_slip(reading, meant, around.spread, others, is_only) for reading, meant in pairs):
        return True
    beyond = min(others.beyond(reading) for reading in values[run].tolist()) if is_far[run].all() else 0.0
    if is_last:
        return beyond >= BEYOND_LAST * others.largest > 0
    if is_only and others.range > 0:
        return beyond >= BEYOND_ONE * others.range
    return beyond >= BEYOND_SEVERAL * max(others.range, others.largest) > 0


def _has_counterpart(count: int, season_length: int) -> Mask:
    """Whether there is a reading a season before or after each: a first Christmas is no typing error."""
    time = np.arange(count)
    has_one: Mask = (time >= season_length) | (time < count - season_length)
    return has_one | (season_length == 1)


def _returns(run: Labels, deseasonalized: Array) -> bool:
    """Whether the readings after a run are at the level before it; true at either end of the readings."""
    before, after = deseasonalized[max(run[0] - SIDE, 0) : run[0]], deseasonalized[run[-1] + 1 : run[-1] + 1 + SIDE]
    if not before.size or not after.size:
        return True
    level = float(np.median(before))
    return abs(float(np.median(after)) - level) <= float(np.abs(deseasonalized[run] - level).min()) / 3
