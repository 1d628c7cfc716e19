"""By what a card knows readings that continue its series: the last readings, and the season's shape if it is special.

The limits are calibrated on the series' own later windows, each compared with the profile of the last seasons. They lie
a little beyond what those windows show, and never so low that a plain shape (a sine, a block, a ramp) would pass.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.artifacts.card import LearntSeries, SeasonalShape
from service.forecast.learnt_series import Likeness, Shape
from service.interfaces import Array

MAX_LAST = 168  # readings that are kept
SEASONS = 3  # of a window
PROFILE_SEASONS = 5  # the profile is their mean
MIN_SEASONS = 10  # of a series whose shape is calibrated: half of the windows must lie outside the profile's seasons
SHORTEST_SEASON, LONGEST_SEASON = 12, 168  # a shorter season has too few readings to have a shape of its own
MARGIN = 1.15  # of the distance from a correlation of 1 that later windows may have, over the largest one seen
LEAST_WINDOW_CORRELATION, LEAST_PROFILE_CORRELATION = 0.92, 0.93  # a series of weaker shape is not told by it
PASSING = 0.95  # the least share of the later windows that pass
LEVEL_DRIFT = 0.5  # how far a window's mean may lie beyond those seen: a share of the readings' range
AMPLITUDE_DRIFT = 1.5  # the same for the amplitude: a factor
NOISE_DRIFT = 0.5  # the noise may be so much less than the least one seen


def learnt_series(readings: Array, season_length: int) -> LearntSeries:
    """Return what the card keeps of a series (time,) without gaps."""
    kept = min(len(readings), max(24, min(SEASONS * season_length, MAX_LAST)))
    last = [float(value) for value in readings[-kept:]]
    return LearntSeries(last_readings=last, shape=_shape(readings, season_length))


def _shape(readings: Array, season_length: int) -> SeasonalShape | None:
    """The season's shape and its limits; None for a series that is not told by it."""
    if not SHORTEST_SEASON <= season_length <= LONGEST_SEASON or len(readings) < MIN_SEASONS * season_length:
        return None
    profile = seasonal_profile(readings, season_length)
    windows = sliding_window_view(readings, SEASONS * season_length)
    shape = Shape(profile, SEASONS)
    all_windows = [shape.likeness(window) for window in windows]
    later = all_windows[max(0, len(readings) // 2 - SEASONS * season_length) :]
    least_profile = max(_beyond([w.profile_correlation for w in later]), plainest(profile), LEAST_PROFILE_CORRELATION)
    least_window = max(_beyond([w.window_correlation for w in later]), LEAST_WINDOW_CORRELATION)
    if _passing(later, least_profile, least_window) < PASSING:
        return None
    means, drift = windows.mean(axis=1), LEVEL_DRIFT * float(np.ptp(readings))
    amplitudes = [w.amplitude for w in all_windows]
    return SeasonalShape(
        profile=[float(value) for value in profile],
        seasons=SEASONS,
        profile_correlation_minimum=least_profile,
        window_correlation_minimum=least_window,
        noise_minimum=NOISE_DRIFT * min(w.noise for w in later),
        level_minimum=float(means.min()) - drift,
        level_maximum=float(means.max()) + drift,
        amplitude_minimum=min(amplitudes) / AMPLITUDE_DRIFT,
        amplitude_maximum=max(amplitudes) * AMPLITUDE_DRIFT,
    )


def _beyond(correlations: list[float]) -> float:
    """The least correlation, and a margin."""
    return 1 - MARGIN * (1 - min(correlations))


def _passing(windows: list[Likeness], least_profile: float, least_window: float) -> float:
    passes = [w.profile_correlation >= least_profile and w.window_correlation >= least_window for w in windows]
    return float(np.mean(passes))


def seasonal_profile(readings: Array, season_length: int) -> Array:
    """Return the mean deviation of each position from its season's mean, without the slope: (season_length,)."""
    seasons = readings[-PROFILE_SEASONS * season_length :].reshape(PROFILE_SEASONS, season_length)
    means = seasons.mean(axis=1)
    slope = (means[-1] - means[0]) / (season_length * (PROFILE_SEASONS - 1))
    position = np.arange(season_length) - (season_length - 1) / 2
    profile: Array = (seasons - means[:, None] - slope * position).mean(axis=0)
    return profile


def plainest(profile: Array) -> float:
    """Return the highest correlation of a profile with a plain shape at any position, either way up.

    Plain are each sine of whole waves, each block of high readings among low ones, and the ramp.
    """
    length = len(profile)
    spectrum = np.fft.rfft(profile - profile.mean())
    power = np.square(np.abs(spectrum))
    power[1 : (length + 1) // 2] *= 2
    best = float(np.sqrt(power.max() / max(power.sum(), 1e-300)))
    position = np.arange(length)
    for plain in (position.astype(float), *((position < width).astype(float) for width in range(1, length))):
        other = np.fft.rfft(plain - plain.mean())
        products = np.fft.irfft(spectrum * np.conj(other), length)
        norm = float(np.linalg.norm(profile - profile.mean()) * np.linalg.norm(plain - plain.mean()))
        best = max(best, float(np.abs(products).max()) / max(norm, 1e-300))
    return best
