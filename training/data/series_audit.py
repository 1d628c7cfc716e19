"""Remarks on a series before training: what makes a forecast hard, or a metric less meaningful."""

import numpy as np
import numpy.typing as npt

from service.forecast.seasons import seasonality
from service.interfaces import Array
from training.data.series import Series

MIN_SEASONS = 4
MIN_READINGS = 60  # with fewer, a network of one series has too little to learn from
OUTLIER = 8.0  # robust standard deviations of the seasonal difference
LONG_RUN = 6  # equal readings in a row, at least …
LONG_RUN_SHARE = 0.05  # … and at least this share of the series
MAX_EXAMPLES = 5
MIN_LIKENESS = 0.5  # of readings a season apart, for a season that stands out


def remarks(series: Series) -> list[str]:
    """Describe the series, one sentence per remark: what it is like, where, and what this means for a forecast."""
    summary = (
        f"{len(series.readings)} readings of frequency '{series.frequency}', season {series.season_length}, "
        f"from {series.dates[0]:%Y-%m-%d} to {series.dates[-1]:%Y-%m-%d}"
    )
    checks = (_missing, _short, _constant, _runs, _sign, _season, _outliers, _level_shift)
    return [summary, *(remark for check in checks for remark in check(series))]


def _missing(series: Series) -> list[str]:
    trimmed = [f"{series.trimmed} missing readings at the ends were cut off"] if series.trimmed else []
    if not series.filled.any():
        return [*trimmed, "no date is missing, stands twice or is out of order"]
    return [
        *trimmed,
        f"{series.filled.sum()} missing readings were interpolated: {_dates(series, series.filled)}; "
        "errors are measured against them too",
    ]


def _short(series: Series) -> list[str]:
    count, season_length = len(series.readings), series.season_length
    if count >= MIN_READINGS and count >= MIN_SEASONS * season_length:
        return []
    return [
        f"short: {count} readings hold {count / season_length:.1f} seasons of {season_length}; "
        "a network of this series alone has little to learn from, one of any series (universal) may do better"
    ]


def _constant(series: Series) -> list[str]:
    return ["constant: every reading is the same; there is nothing to forecast"] if _range(series) == 0 else []


def _runs(series: Series) -> list[str]:
    """Find long runs of one value: a stuck sensor, a closed shop, a limit."""
    if _range(series) == 0:
        return []
    edges = np.flatnonzero(np.diff(series.readings) != 0) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [len(series.readings)]]))
    longest = int(np.argmax(lengths))
    if lengths[longest] < LONG_RUN or lengths[longest] < LONG_RUN_SHARE * len(series.readings):
        return []
    return [
        f"{lengths[longest]} equal readings in a row ({series.readings[starts[longest]]:g}) from "
        f"{series.dates[starts[longest]]:%Y-%m-%d}: was something stuck, or closed?"
    ]


def _sign(series: Series) -> list[str]:
    negative, zero = int((series.readings < 0).sum()), int((series.readings == 0).sum())
    notes = []
    if negative:
        notes.append(f"{negative} negative readings: logarithms are not taken")
    if zero:
        notes.append(f"{zero} readings are 0: percentage errors (MAPE) are left out")
    return notes


def _season(series: Series) -> list[str]:
    """Compare the season with what the readings repeat; few readings, and a season that they do show, give no remark."""
    expected, readings = series.season_length, series.readings
    detected = seasonality.detect_season(readings)
    if detected == expected or _range(series) == 0:
        return []
    if len(readings) < 2 * expected:
        return [
            f"the {len(readings)} readings are fewer than two seasons of {expected}: whether they have it cannot be seen"
        ]
    if expected > 1 and _stands_out(readings, expected, detected):
        return []
    if detected == 1:
        return [f"no season of {expected} stands out in the readings"]
    if expected > 1 and (expected % detected == 0 or detected % expected == 0):
        return []
    return [
        f"the readings repeat every {detected}, the season is taken to be {expected}; --season {detected} changes it"
    ]


def _stands_out(readings: Array, season_length: int, detected: int) -> bool:
    """Whether readings are like those a season before, more so than half a season before, and nearly as much as at another lag."""
    of_season = _likeness(readings, season_length)
    of_half = _likeness(readings, max(season_length // 2, 1))
    of_detected = _likeness(readings, detected) if detected > 1 else 0.0
    return of_season >= MIN_LIKENESS and of_season > of_half + 0.1 and of_season > of_detected - 0.1


def _likeness(readings: Array, lag: int) -> float:
    """Return 1 for readings that equal those a lag before, 0 for those that are no more like them than like any others."""
    time = np.arange(len(readings))
    residuals = readings - np.polyval(np.polyfit(time, readings, 1), time)
    variance = float(np.var(residuals))
    return 1 - float(np.mean(np.square(residuals[lag:] - residuals[:-lag]))) / (2 * variance) if variance > 0 else 0.0


def _outliers(series: Series) -> list[str]:
    """Find seasonal differences that are far larger than most, by the median absolute deviation."""
    season_length = series.season_length if len(series.readings) > 3 * series.season_length else 1
    difference = series.readings[season_length:] - series.readings[:-season_length]
    deviation = np.abs(difference - np.median(difference))
    typical = 1.4826 * float(np.median(deviation))  # the standard deviation of a normal distribution
    if typical == 0:
        return []
    is_outlier = np.concatenate([np.zeros(season_length, dtype=bool), deviation > OUTLIER * typical])
    if not is_outlier.any():
        return []
    return [f"{is_outlier.sum()} readings jump far off the season before: {_dates(series, is_outlier)}"]


def _level_shift(series: Series) -> list[str]:
    """Check whether the last fifth lies where no earlier reading did."""
    last_fifth = len(series.readings) * 4 // 5
    before, after = series.readings[:last_fifth], series.readings[last_fifth:]
    outside = float(np.mean((after > before.max()) | (after < before.min())))
    if outside <= 0.1:
        return []
    return [f"{outside:.0%} of the last fifth lies outside the range before it: the level moves"]


def _range(series: Series) -> float:
    return float(np.ptp(series.readings))


def _dates(series: Series, rows: npt.NDArray[np.bool_]) -> str:
    dates = series.dates[rows]
    examples = ", ".join(f"{date:%Y-%m-%d}" for date in dates[:MAX_EXAMPLES])
    return examples + (" …" if len(dates) > MAX_EXAMPLES else "")
