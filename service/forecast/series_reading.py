"""What a network of any series reads: the season, gaps and absurd readings of a series, and whether it repeats exactly.

The season and the pattern are looked for in more readings than the network reads.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import Fault, MissingReadings
from ..interfaces import Array, Labels, Mask, Notice
from . import outliers
from .imputation import ImputedReadings, check_ends, interpolate, missing_notice
from .repetition import repeated_pattern
from .seasons import seasonality
from .seasons.seasonal_profile import seasonal_part
from .units import unit_of

HISTORY = 2048  # readings that are looked at, at most
MIN_OBSERVED = 4  # of the readings that the network reads
MIN_SEASONS = 2  # for interpolation


class SeriesReading(NamedTuple):
    """The last readings (time,), without gaps; `observed` is False where one is filled in. `pattern` repeats exactly."""

    values: Array
    observed: Mask
    season_length: int
    pattern: Array | None
    warnings: list[Notice]


class _Season(NamedTuple):
    """How the season of a series is found: `asked` is what the caller says, `usual` that of the frequency."""

    asked: int | None
    usual: int | None

    def length(self, values: Array, observed: Mask) -> int:
        return self.asked or seasonality.choose_season(values, observed, self.usual)


def read_series(
    readings: Sequence[float | None], context: int, usual_season: int | None, season: int | None
) -> SeriesReading:
    """Return what is read of the last `context` readings.

    usual_season: of the frequency, or None; season: what the caller says, which is not questioned. Raises MissingReadings
    if one is missing at either end, or too many in between.
    """
    check_ends(readings)
    sent = _last(readings, max(HISTORY, context))
    unit, present = unit_of(sent), ~np.isnan(sent)
    used = _used(present, context)
    _check(present[-used:])
    found = _find(interpolate(sent / unit, present, np.zeros(len(sent))), present, _Season(season, usual_season))
    values, observed, pattern = found.values[-used:], found.observed[-used:], found.pattern
    if pattern is None and np.ptp(values) == 0:
        pattern = values[-1:]  # older ones differed
    odd = np.flatnonzero(present & ~found.observed) - (len(sent) - used)
    warnings = _warnings(present[-used:], odd, len(readings))
    pattern = None if pattern is None else unit * pattern
    return SeriesReading(unit * values, observed, found.season_length, pattern, warnings)


def _last(readings: Sequence[float | None], count: int) -> Array:
    """The last readings, from the first that is there; NaN where one is missing."""
    recent = readings[-count:]
    sent = np.array([np.nan if r is None else r for r in recent] if None in recent else recent, dtype=np.float64)
    return sent[int(np.argmax(~np.isnan(sent))) :]


def _find(values: Array, present: Mask, season: _Season) -> SeriesReading:
    """The season, absurd readings and the pattern of readings whose gaps are lines."""
    length = season.length(values, present)
    odd = outliers.find_outliers(values, present, length)
    observed = present.copy()
    observed[odd] = False
    if odd.size:
        values = interpolate(values, observed, np.zeros(len(values)))
        length = season.length(values, observed)
    pattern = repeated_pattern(values, observed, length)
    if pattern is not None:
        filled = np.where(observed, values, np.resize(pattern[::-1], len(values))[::-1])
        return SeriesReading(filled, observed, length if length % len(pattern) == 0 else len(pattern), pattern, [])
    if not observed.all():
        values = interpolate(values, observed, seasonal_part(values, observed, length, MIN_SEASONS))
    return SeriesReading(values, observed, length, None, [])


def without_outliers(recent: ImputedReadings, season_length: int, sent: int) -> ImputedReadings:
    """Return readings with absurd ones interpolated, and a warning of them; `sent` is how many readings the caller sent."""
    values, mask, warnings = recent
    if mask is None and outliers.has_none(values, season_length):
        return recent
    unit = unit_of(np.array(values))
    readings = np.array(values) / unit
    observed = np.ones(len(values), dtype=bool) if mask is None else np.array(mask)
    odd = outliers.find_outliers(readings, observed, season_length)
    if not odd.size:
        return recent
    observed[odd] = False
    season = seasonal_part(readings, observed, season_length, MIN_SEASONS)
    filled = unit * interpolate(readings, observed, season)
    notice = outliers.notice(odd + sent - len(values), len(values))
    return ImputedReadings(filled.tolist(), observed.tolist(), [*warnings, notice])


def _used(present: Mask, context: int) -> int:
    """How many readings are used: those of the context, from the first that is there."""
    recent = present[-context:]
    return len(recent) - int(np.argmax(recent))


def _check(present: Mask) -> None:
    if (count := int(present.sum())) < MIN_OBSERVED:
        raise MissingReadings(
            f"only {count} of the last {len(present)} readings are there; at least {MIN_OBSERVED} are needed",
            faults=[Fault("/readings", f"needs at least {MIN_OBSERVED} numbers among the last {len(present)}")],
        )


def _warnings(present: Mask, odd: Labels, sent: int) -> list[Notice]:
    """Indices are those of the readings that were sent."""
    used = len(present)
    missing = np.flatnonzero(~present) + sent - used
    odd = odd[odd >= 0] + sent - used
    notices = [missing_notice(missing, used)] if missing.size else []
    return [*notices, outliers.notice(odd, used)] if odd.size else notices
