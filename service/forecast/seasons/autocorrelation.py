"""Autocorrelation of readings without their line and their AR(1) dependence, and the strongest wave of what is left."""

import functools
import math
from typing import NamedTuple

import numpy as np

from ...interfaces import Array, Labels, Mask
from .order_statistics import median, quantiles

MULTIPLES = 4  # of a lag that are pooled with it, at most
FALSE_WAVES = 0.003  # the share of series of noise in which the strongest wave stands out, about
MIN_WAVES = 3  # that the readings must hold for a wave to be a season
CLIP = 5.0  # robust standard deviations of the remainder; more would let one reading decide
MIN_PAIRS = 6


def strongest_wave(remainder: Array, count: int) -> float:
    """Return the period of the strongest wave of a remainder if it stands out from noise (Fisher, 1929), else 0."""
    size = 4 << (count - 1).bit_length()
    spectrum = np.fft.rfft(remainder, size)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    first, last = -(-MIN_WAVES * size // count), size // 3
    if last <= first + 1:
        return 0.0
    peak = first + int(power[first : last + 1].argmax())
    reach = max(size // 24, 6 * size // count)
    background = median(power[max(peak - reach, 1) : peak + reach]) / np.log(2)
    if power[peak] < background * np.log(count / FALSE_WAVES) or not power[peak - 1] <= power[peak] >= power[peak + 1]:
        return 0.0
    low, middle, high = power[peak - 1 : peak + 2]
    curvature = low - 2 * middle + high
    shift = 0.5 * (low - high) / curvature if curvature < 0 else 0.0
    return float(size / (peak + shift))


def without_line(values: Array, observed: Mask) -> Array | None:
    """Return the readings, clipped to a wide range, without their least-squares line, in units of their spread."""
    is_whole = bool(observed.all())
    low, middle, high = quantiles(values if is_whole else values[observed], (0.1, 0.5, 0.9))
    centred = values - middle
    reach = max(float(np.abs(centred).max()), 1e-300)
    centred /= reach
    width = (high - low) / reach
    if width > 0:
        centred = np.minimum(np.maximum(centred, -4 * width), 4 * width)
    time = _time(len(values))
    seen, at = (centred, time) if is_whole else (centred[observed], time[observed])
    middle_of_time = 0.0 if is_whole else float(at.mean())
    at = at - middle_of_time
    slope = float(at @ seen) / max(float(at @ at), 1e-300)
    residuals: Array = centred - (_mean(seen) + slope * (time - middle_of_time))
    left = residuals if is_whole else residuals[observed]
    spread = math.sqrt(float(left @ left) / len(left))
    is_line = spread <= 1e-9 or spread * reach <= 1e-12 * float(np.abs(values).max())
    return None if is_line else residuals / spread


def without_dependence(values: Array, before: Array, is_known: Mask, least: float) -> Array:
    """Return what an AR(1) forecast leaves of values; 0 where they are unknown."""
    is_whole = bool(is_known.all())
    known, past = (values, before) if is_whole else (values[is_known], before[is_known])
    phi = float(known @ past) / max(float(past @ past), 1e-300)
    phi = min(max(phi, least), 1.0)
    remainder = values - phi * before
    seen = remainder if is_whole else remainder[is_known]
    if seen.size:
        mean = _mean(seen)
        remainder, seen = remainder - mean, seen - mean
        bound = CLIP * 1.4826 * median(np.abs(seen))
        if bound > 1e-6:
            remainder = np.minimum(np.maximum(remainder, -bound), bound)
    return remainder if is_whole else np.where(is_known, remainder, 0.0)


def by_lag(values: Array) -> Array:
    """Return the sums of the products of values (…, time) with those a lag before: (…, lags)."""
    time = values.shape[-1]
    size = 1 << (2 * time - 1).bit_length()
    spectrum = np.fft.rfft(values, size)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    sums: Array = np.fft.irfft(power, size)[..., :time]
    return sums


class Lags(NamedTuple):
    """What the lags from 0 to half of `count` readings have in common. Each is (lags,), but for `multiples`.

    multiples: of each lag, (MULTIPLES, lags), and the last of them that the readings hold; beyond the readings they are
    count − 1. first, after: the lags from half to three halves of each.
    """

    multiples: Labels
    last: Labels
    first: Labels
    after: Labels
    width: Labels


@functools.lru_cache(128)
def lags_of(count: int) -> Lags:
    """Return the lags of so many readings, whose remainder has one reading less."""
    lags = np.arange(count // 2 + 1)
    last = np.minimum(MULTIPLES, np.maximum((count // 2) // np.maximum(lags, 1), 1)) * lags
    first = np.maximum(lags - (lags + 1) // 2, 1)
    after = np.minimum(lags + (lags + 1) // 2, len(lags) - 1) + 1
    multiples = np.minimum(np.arange(1, MULTIPLES + 1)[:, None] * lags, count - 1)
    return Lags(multiples, np.minimum(last, count - 2), first, after, np.maximum(after - first, 1))


def pooled(by_lag: Array, multiples: Labels) -> Array:
    """Return the sums over the multiples of each lag; by_lag: (…, lags)."""
    padded = np.zeros((*by_lag.shape[:-1], by_lag.shape[-1] + 1))
    padded[..., :-1] = by_lag
    total: Array = padded.take(multiples, axis=-1).sum(axis=-2)
    return total


def around(correlation: Array, lags: Lags) -> Array:
    """Return the mean over the lags from half to three halves of each: high where what is left is slow, not seasonal."""
    sums = np.zeros(len(correlation) + 1)
    np.cumsum(correlation[1:], out=sums[2:])
    mean: Array = (sums[lags.after] - sums[lags.first]) / lags.width
    return np.maximum(mean, 0.0)


def difference(residuals: Array, observed: Mask, count: int) -> Array:
    """Return the mean square difference at each of `count` lags, over that at lag 1; infinity with few pairs."""
    size = len(residuals)
    if size - count >= MIN_PAIRS and observed.all():
        return _difference_without_gaps(residuals, count)
    known, mask = np.where(observed, residuals, 0.0), observed.astype(np.float64)
    products, all_pairs = by_lag(np.stack([known, mask]))
    pairs = all_pairs.round()[:count]
    sums = _cross(np.square(known), mask)[:count] - 2 * products[:count]
    mean = np.maximum(np.maximum(sums, 0) / np.maximum(pairs, 1), 1e-12)
    ratio: Array = np.where((pairs >= MIN_PAIRS) & (pairs[1] >= MIN_PAIRS), mean / mean[1], np.inf)
    return ratio


def _difference_without_gaps(residuals: Array, count: int) -> Array:
    """Of the squares, those that have a reading a lag before, and those that have one a lag after, less the products."""
    sums = np.cumsum(np.square(residuals))
    both: Array = sums[::-1][:count] + sums[-1]
    both[1:] -= sums[: count - 1]
    both -= 2 * by_lag(residuals)[:count]
    both /= np.arange(len(residuals), len(residuals) - count, -1.0)
    np.maximum(both, 1e-12, out=both)
    both /= both[1]
    return both


def _cross(first: Array, second: Array) -> Array:
    """Sums of the products of one with the other a lag before, and a lag after."""
    size = 1 << (2 * len(first) - 1).bit_length()
    of_first, of_second = np.fft.rfft(np.stack([first, second]), size)
    sums = np.fft.irfft(of_first * np.conj(of_second), size)
    both: Array = sums[: len(first)]
    both[0] *= 2
    both[1:] += sums[: size - len(first) : -1]
    return both


@functools.lru_cache(128)
def _time(count: int) -> Array:
    """So many times, one apart, about 0."""
    return np.arange(count) - np.float64((count - 1) / 2)


def _mean(values: Array) -> float:
    return float(np.add.reduce(values)) / len(values)


def is_peak(values: Array) -> Mask:
    """Return whether a value exceeds those beside it."""
    is_higher: Mask = np.ones(len(values), dtype=bool)
    is_higher[1:] = values[1:] >= values[:-1]
    is_higher[:-1] &= values[:-1] >= values[1:]
    return is_higher
