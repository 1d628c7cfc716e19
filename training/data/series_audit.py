"""Remarks on a series before anything is learnt from it: what will make a forecast hard, or a metric mean little."""

import numpy as np
import numpy.typing as npt

from service.forecast import seasonality
from training.data.series import Series

SHORT_SEASONS = 4
SHORT = 60  # readings; with fewer, networks of one series have too little to learn from
OUTLIER = 8.0  # robust standard deviations of the change since a season ago
LONG_RUN = 6  # equal readings in a row, at least, and …
RUN_SHARE = 0.05  # … so much of the series
SHOWN = 5


def remarks(series: Series) -> list[str]:
    """One sentence for each: what was found, where, and what it means for the forecast."""
    readings = series.readings
    found = [
        f"{len(readings)} readings of frequency '{series.frequency}', season {series.season}, "
        f"from {series.dates[0]:%Y-%m-%d} to {series.dates[-1]:%Y-%m-%d}"
    ]
    checks = (_filled, _short, _constant, _runs, _sign, _season, _outliers, _growth)
    return [*found, *(remark for check in checks for remark in check(series))]


def _filled(series: Series) -> list[str]:
    cut = [f"{series.cut} missing readings at the ends were cut off"] if series.cut else []
    if not series.filled.any():
        return [*cut, "no date is missing, stands twice or is out of order"]
    return [
        *cut,
        f"{series.filled.sum()} missing readings were interpolated: {_dates(series, series.filled)}; "
        "errors are measured against them too",
    ]


def _short(series: Series) -> list[str]:
    count, season = len(series.readings), series.season
    if count >= SHORT and count >= SHORT_SEASONS * season:
        return []
    return [
        f"short: {count} readings hold {count / season:.1f} seasons of {season}; a network of this series alone has "
        "little to learn from, one of any series (universal) may do better"
    ]


def _constant(series: Series) -> list[str]:
    return ["constant: every reading is the same; there is nothing to forecast"] if _spread(series) == 0 else []


def _runs(series: Series) -> list[str]:
    """Stretches of one value: a stuck sensor, a closed shop, a limit."""
    if _spread(series) == 0:
        return []
    edges = np.flatnonzero(np.diff(series.readings) != 0) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [len(series.readings)]]))
    longest = int(np.argmax(lengths))
    if lengths[longest] < LONG_RUN or lengths[longest] < RUN_SHARE * len(series.readings):
        return []
    return [
        f"{lengths[longest]} equal readings in a row ({series.readings[starts[longest]]:g}) from "
        f"{series.dates[starts[longest]]:%Y-%m-%d}: was something stuck, or closed?"
    ]


def _sign(series: Series) -> list[str]:
    below, nought = int((series.readings < 0).sum()), int((series.readings == 0).sum())
    found = []
    if below:
        found.append(f"{below} negative readings: logarithms are not taken")
    if nought:
        found.append(f"{nought} readings are 0: percentage errors (MAPE) are left out")
    return found


def _season(series: Series) -> list[str]:
    seen = seasonality.detect_season(series.readings)
    if seen == series.season or _spread(series) == 0:
        return []
    if seen == 1:
        return [f"no season of {series.season} stands out in the readings"]
    if series.season > 1 and (series.season % seen == 0 or seen % series.season == 0):
        return []
    return [f"the readings repeat every {seen}, the season is taken to be {series.season}; --season {seen} changes it"]


def _outliers(series: Series) -> list[str]:
    """Changes since a season ago that are far larger than most."""
    season = series.season if len(series.readings) > 3 * series.season else 1
    change = series.readings[season:] - series.readings[:-season]
    off = np.abs(change - np.median(change))
    usual = 1.4826 * float(np.median(off))
    if usual == 0:
        return []
    far = np.concatenate([np.zeros(season, dtype=bool), off > OUTLIER * usual])
    return [f"{far.sum()} readings jump far off the season before: {_dates(series, far)}"] if far.any() else []


def _growth(series: Series) -> list[str]:
    """The last fifth lies where no earlier reading did."""
    cut = len(series.readings) * 4 // 5
    before, after = series.readings[:cut], series.readings[cut:]
    outside = float(np.mean((after > before.max()) | (after < before.min()))) if len(after) and cut else 0.0
    return (
        [f"{outside:.0%} of the last fifth lies outside the range before it: the level moves"] if outside > 0.1 else []
    )


def _spread(series: Series) -> float:
    return float(np.ptp(series.readings))


def _dates(series: Series, where: npt.NDArray[np.bool_]) -> str:
    dates = series.dates[where]
    return ", ".join(f"{d:%Y-%m-%d}" for d in dates[:SHOWN]) + (" …" if len(dates) > SHOWN else "")
