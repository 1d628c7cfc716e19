"""Autocorrelation of readings without their line and their AR(1) dependence, and the strongest wave of what is left."""

import numpy as np

from service.forecast.order_statistics import median, quantiles
from service.interfaces import Array, Labels, Mask

MULTIPLES = 4  # of a lag that are pooled with it, at most
FALSE_WAVES = 0.003  # the share of series of noise in which the strongest wave stands out, about
MIN_WAVES = 3  # that the readings must hold for a wave to be a season
CLIP = 5.0  # robust standard deviations of the remainder; more would let one reading decide
MIN_PAIRS = 6


def wave(remainder: Array, count: int) -> float:
    """Return the period of the strongest wave of a remainder if it stands out from noise (Fisher, 1929), else 0."""
    size = 4 << (count - 1).bit_length()
    power = np.square(np.abs(np.fft.rfft(remainder, size)))
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
    low, middle, high = quantiles(values[observed], (0.1, 0.5, 0.9))
    reach = max(float(np.abs(values - middle).max()), 1e-300)
    centred = (values - middle) / reach
    width = (high - low) / reach
    if width > 0:
        centred = np.clip(centred, -4 * width, 4 * width)
    time = np.arange(len(values)) - (len(values) - 1) / 2
    seen, at = centred[observed], time[observed]
    at = at - at.mean()
    slope = float(at @ seen) / max(float(at @ at), 1e-300)
    residuals: Array = centred - seen.mean() - slope * (time - time[observed].mean())
    spread = float(np.sqrt(np.mean(np.square(residuals[observed]))))
    is_line = spread <= 1e-9 or spread * reach <= 1e-12 * float(np.abs(values).max())
    return None if is_line else residuals / spread


def without_dependence(values: Array, before: Array | None, is_known: Mask, least: float) -> Array:
    """Return what an AR(1) forecast leaves of values; 0 where they are unknown. Without `before` they are their own past."""
    if before is None:
        before = np.append(0.0, values[:-1])
    known, past = values[is_known], before[is_known]
    phi = float(known @ past) / max(float(past @ past), 1e-300)
    phi = min(max(phi, least), 1.0)
    remainder = values - phi * before
    seen = remainder[is_known]
    if seen.size:
        remainder = remainder - seen.mean()
        bound = CLIP * 1.4826 * median(np.abs(seen - seen.mean()))
        if bound > 1e-6:
            remainder = np.clip(remainder, -bound, bound)
    return np.where(is_known, remainder, 0.0)


def by_lag(values: Array) -> Array:
    """Return the sums of the products of values (…, time) with those a lag before: (…, lags)."""
    time = values.shape[-1]
    size = 1 << (2 * time - 1).bit_length()
    sums: Array = np.fft.irfft(np.abs(np.fft.rfft(values, size)) ** 2, size)[..., :time]
    return sums


def pooled(by_lag: Array, lags: Labels) -> Array:
    """Return the sums over the multiples of each lag; by_lag: (…, lags)."""
    padded = np.concatenate([by_lag, np.zeros((*by_lag.shape[:-1], 1))], axis=-1)
    multiples = np.minimum(np.arange(1, MULTIPLES + 1)[:, None] * lags, by_lag.shape[-1])
    total: Array = padded.take(multiples, axis=-1).sum(axis=-2)
    return total


def around(correlation: Array) -> Array:
    """Return the mean over the lags from half to three halves of each: high where what is left is slow, not seasonal."""
    lags = np.arange(len(correlation))
    sums = np.append(0.0, np.cumsum(np.append(0.0, correlation[1:])))
    first, last = np.maximum(lags - (lags + 1) // 2, 1), np.minimum(lags + (lags + 1) // 2, len(correlation) - 1)
    mean: Array = (sums[last + 1] - sums[first]) / np.maximum(last + 1 - first, 1)
    return np.maximum(mean, 0.0)


def difference(residuals: Array, observed: Mask, lags: Labels) -> Array:
    """Return the mean square difference at each lag, over that at lag 1; infinity with few pairs."""
    known, mask = np.where(observed, residuals, 0.0), observed.astype(np.float64)
    products, all_pairs = by_lag(np.stack([known, mask]))
    pairs = all_pairs.round()[lags]
    sums = _cross(np.square(known), mask)[lags] - 2 * products[lags]
    mean = np.maximum(np.maximum(sums, 0) / np.maximum(pairs, 1), 1e-12)
    ratio: Array = np.where((pairs >= MIN_PAIRS) & (pairs[1] >= MIN_PAIRS), mean / mean[1], np.inf)
    return ratio


def _cross(first: Array, second: Array) -> Array:
    """Sums of the products of one with the other a lag before, and a lag after."""
    size = 1 << (2 * len(first) - 1).bit_length()
    of_first, of_second = np.fft.rfft(np.stack([first, second]), size)
    sums = np.fft.irfft(of_first * np.conj(of_second), size)
    both: Array = sums[: len(first)]
    both[0] *= 2
    both[1:] += sums[: size - len(first) : -1]
    return both


def is_peak(values: Array) -> Mask:
    """Return whether a value exceeds those beside it."""
    before, after = np.append(-np.inf, values[:-1]), np.append(values[1:], -np.inf)
    return (values >= before) & (values >= after)
