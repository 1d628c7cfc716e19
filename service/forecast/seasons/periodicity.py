"""Which season the readings show, of any length up to half of them.

The readings lose their line and their AR(1) dependence, so that trends, random walks and slow waves leave white noise. A
season is a lag at which that remainder correlates with itself, at the lag's multiples too, far more than noise would and
more than at the lags around; or a lag at which the readings repeat almost without noise. Its length is then refined: the
remainder is folded at lengths nearby, and at whole parts of it, and the share that the phases explain decides.
"""

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from ...interfaces import Array, Mask
from .autocorrelation import (
    MULTIPLES,
    around,
    by_lag,
    difference,
    is_peak,
    lags_of,
    pooled,
    strongest_wave,
    without_dependence,
    without_line,
)
from .folding import Folding

MIN_READINGS = 8
MIN_SEASONS = 2
FALSE_SEASONS = 0.01  # the share of series of noise in which some lag passes the test, about
USEFUL_CORRELATION = 0.15  # a season that correlates less would not help a forecast
LASTING = 0.3  # the correlation at the last of the pooled multiples, over that at the lag, at least
NEAR, MOST_NEAR = 0.06, 8  # of a lag, and in readings: within them its length is refined
ALIKE = 0.8  # a lag is taken if it correlates so nearly as much as the best
NEARLY = 0.85  # a shorter season is preferred if its phases explain so nearly as much
RICHER = 1.5  # the share that a season must explain, over that of its strongest wave, to be preferred to it
PARTS = 8  # whole parts of a season that may be the season, at most
REPEATS = 0.0625  # mean square of the seasonal difference over that of the first difference, at most
REPEATED_CHANGES = 1.7  # root of the changes that must come again for a season that repeats
WHOLE = 0.5  # mean square of the difference over a season, over that over a part of it, at most
USUAL = (4, 5, 7, 12, 24, 48, 52, 96, 168, 288, 365)  # of equally good neighbours the usual length is taken


class Periodicity:
    """What readings without trend and AR(1) show. All arrays are by lag, from 0 to half of the readings.

    What only some callers need is computed when it is asked for. correlation: pooled over the lag's multiples, beyond that
    of the lags around; score: the same in standard errors.
    """

    def __init__(self, residuals: Array, observed: Mask) -> None:
        """residuals: the readings (time,) without their line; those that are not `observed` do not count."""
        self.size = count = len(residuals)
        self._residuals, self._observed = residuals, observed
        self._lags = lags = lags_of(count)
        self._known = observed[1:] & observed[:-1]
        remainder = without_dependence(residuals[1:], residuals[:-1], self._known, 0.0)
        before = np.zeros(count - 1)
        before[1:] = remainder[:-1]
        self._remainder = without_dependence(remainder, before, self._known, -0.9)
        self._products, self._squares, self._pairs = sums = self._sums()
        total, total_squares, total_pairs = pooled(sums, lags.multiples)
        self._variance = max(self._products[0] / max(self._pairs[0], 1), 1e-300)
        scale = np.maximum(total_pairs, 1) * self._variance
        correlation = total / scale
        self.correlation = correlation - around(correlation, lags)
        self.score = self.correlation * scale / np.sqrt(np.maximum(total_squares, 1e-300))

    def _sums(self) -> Array:
        """The remainder's products, their squares and their numbers at each lag: (3, lags)."""
        sums = np.empty((3, self.size - 1))
        sums[0], sums[1] = self._remainder, np.square(self._remainder)
        if self._known.all():
            sums[:2], sums[2] = by_lag(sums[:2]), np.arange(self.size - 1, 0, -1)
            return sums
        sums[2] = self._known
        sums = by_lag(sums)
        sums[2] = sums[2].round()
        return sums

    @functools.cached_property
    def folding(self) -> Folding:
        """What is left of every reading."""
        both = np.zeros((2, self.size))
        both[0, 1:], both[1, 1:] = self._remainder, self._known
        return Folding(*both)

    @functools.cached_property
    def lasts(self) -> Mask:
        """Whether the lag's multiples correlate too."""
        single = self._products / (np.maximum(self._pairs, 1) * self._variance)
        is_lasting: Mask = single[self._lags.last] >= LASTING * single[: len(self.score)]
        return is_lasting

    @functools.cached_property
    def wave(self) -> float:
        """The period of the strongest wave, 0 for none."""
        return strongest_wave(self._remainder, self.size)

    @functools.cached_property
    def changes(self) -> Array:
        """The score of the lag alone."""
        count = len(self.score)
        changes: Array = self._products[:count] / np.sqrt(np.maximum(self._squares[:count], 1e-300))
        return changes

    @functools.cached_property
    def difference(self) -> Array:
        """The mean square difference over that at lag 1, of the readings without their line."""
        return difference(self._residuals, self._observed, len(self.score))

    def shows(self, season_length: int) -> bool:
        """Whether the readings repeat at this lag, tested alone."""
        if not 1 < season_length < len(self.score):
            return False
        is_alike = self.correlation[season_length] >= USEFUL_CORRELATION and self.score[season_length] >= 2
        return bool(is_alike or self.difference[season_length] <= REPEATS)

    def repeats(self) -> Mask:
        """Whether the readings repeat almost without noise at each lag."""
        is_repeated: Mask = (self.difference <= REPEATS) & (self.changes >= REPEATED_CHANGES)
        is_repeated[:2] = False
        return is_repeated

    def season(self) -> int:
        """Return the season length; 1 for none."""
        repeats = self.repeats()
        if repeats.any():
            return self._repeated(int(np.flatnonzero(repeats)[0]))
        candidate, of_waves = self._candidate(), self._wave_lengths()
        if candidate == 1 and not of_waves:
            return 1
        self.folding.explain(tuple(sorted({*_near_parts(candidate)[1], *of_waves})))
        refined = self._refined(candidate)
        best = self._best_of_waves(refined, of_waves) if of_waves else 1
        is_richer = self.folding.explained(refined)[1] > RICHER * max(self.folding.explained(best)[1], 0.0) + 0.1
        return self._whole(refined if best == 1 or (refined > 1 and is_richer) else best)

    def _candidate(self) -> int:
        """The shortest lag that passes the test and correlates nearly as much as the best; 1 for none."""
        critical = _critical(len(self.score))
        is_season = (self.score >= critical) & (self.correlation >= USEFUL_CORRELATION)
        if not is_season.any():
            return 1
        found = np.flatnonzero(is_season & self.lasts & is_peak(self.correlation))
        alike = found[self.correlation[found] >= ALIKE * self.correlation[found].max(initial=0.0)]
        return int(alike[0]) if alike.size else 1

    def _whole(self, length: int) -> int:
        """A multiple of a length after which the readings differ far less: half years are alike, but years more so."""
        for number in range(2, MULTIPLES + 1):
            whole = number * length
            is_shown = length > 1 and 3 * whole <= self.size and self.score[whole] >= 2
            if is_shown and self.difference[whole] < WHOLE * self.difference[length]:
                return whole
        return length

    def _repeated(self, lag: int) -> int:
        """The best lag: a smooth season repeats nearly as well at the lags beside it, and any season after several."""
        while lag + 1 < len(self.difference) and self.difference[lag + 1] < self.difference[lag]:
            lag += 1
        parts = [lag // part for part in range(PARTS, 1, -1) if lag % part == 0 and lag > part]
        return next((part for part in parts if self.difference[part] <= 2 * REPEATS), lag)

    def _best_of_waves(self, lag: int, lengths: Sequence[int]) -> int:
        """The length of one or several of the strongest waves that Schwarz's criterion takes; or the lag, if it is like one."""
        allowed, known = set(lengths), self.size
        if lag > 1 and abs(lag / self.wave - round(lag / self.wave)) <= NEAR and lag < len(self.score):
            allowed.add(lag)
        explained = self.folding.explained
        best = min(sorted(allowed), key=lambda x: known * math.log(1 - explained(x)[0]) + x * math.log(known))
        near = _near(best)
        usual = [x for x in USUAL if x in near and explained(x)[0] >= NEARLY * explained(best)[0]]
        return usual[0] if usual and usual[0] < len(self.score) else best

    def _wave_lengths(self) -> list[int]:
        """The lengths of one or several of the strongest waves; none if no wave is shown."""
        period, longest = round(self.wave), len(self.score) - 1
        if not 1 < period < longest or self.score[period - 1 : period + 2].max() < 2:
            return []
        lengths = [round(number * self.wave) for number in range(1, MULTIPLES + 1)]
        return [length for length in lengths if 1 < length <= longest]

    def _refined(self, lag: int) -> int:
        """The best length near a lag or near a whole part of it: the shortest of those that explain nearly as much."""
        parts, _ = _near_parts(lag)
        best = [max((self.folding.explained(x)[1], x) for x in near) for near in parts]
        most = max((share for share, _ in best), default=0.0)
        return min((length for share, length in best if share >= NEARLY * most), default=1) if most > 0 else 1


def periodicity(values: Array, observed: Mask) -> Periodicity | None:
    """Return what readings (time,) show; None if they are too few, or lie on a line.

    observed: False where a reading is interpolated; it does not count.
    """
    residuals = without_line(values, observed) if len(values) >= MIN_READINGS else None
    return None if residuals is None else Periodicity(residuals, observed)


@functools.lru_cache(128)
def _critical(count: int) -> Array:
    """The score that a season needs at each of so many lags; a usual one needs less."""
    usual = [each for each in USUAL if each < count]
    critical = np.full(count, NormalDist().inv_cdf(1 - FALSE_SEASONS / count))
    critical[usual] = NormalDist().inv_cdf(1 - FALSE_SEASONS / max(len(usual), 2))
    critical[:2] = np.inf
    return critical


@functools.lru_cache(2048)
def _near_parts(lag: int) -> tuple[list[range], tuple[int, ...]]:
    """Lengths near a lag, and near each whole part of it; and all of them once."""
    parts = [_near(lag / part) for part in range(1, PARTS + 1) if lag / part >= 2]
    return parts, tuple(sorted({length for near in parts for length in near}))


def _near(length: float) -> range:
    """Lengths near a length."""
    reach = min(max(int(NEAR * length), 1 if length >= 10 else 0), MOST_NEAR)
    return range(max(2, round(length) - reach), round(length) + reach + 1)
