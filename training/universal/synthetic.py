"""Synthetic series of every kind, for a network that must forecast series it has never seen.

    python -m training.universal.synthetic pictures/      # plots samples of every family

Each family below is a way in which real series arise. `sample` takes rows from a mixture of the families, and
`disturb` adds what happens to any series: mixing, changes of level, spikes, calendar effects, other scales and units.
No real reading is used anywhere. The generator is one file, because a card names it by the SHA-256 of this file.

Sources of the ideas: ForecastPFN (Dooley et al., 2023, arXiv 2311.01933) for trend × season × noise; TempoPFN
(Moroshan et al., 2025, arXiv 2510.25502) for Gaussian processes, regime-switching stochastic differential equations,
sawtooths, steps, spikes and augmentations; innovations state space models (Hyndman et al., 2008) and seasonal ARIMA
(Box and Jenkins, 1970) for the two simulations.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from scipy.signal import lfilter

from service.interfaces import Array
from training.universal import calendar

Family = Callable[[Generator, int, int, int], Array]  # (rng, rows, length, season length) → (rows, length)

SEASONS = (1, 4, 12, 7, 24, 52, 48, 96, 288, 5, 2, 3, 6, 13, 26)
SEASON_SHARES = (0.15, 0.16, 0.28, 0.12, 0.12, 0.07, 0.03, 0.015, 0.01, 0.01, 0.005, 0.01, 0.01, 0.005, 0.005)
LONGER_SEASONS = {7: 365, 24: 168, 48: 336, 96: 672}
REPEATING_SHARE = 0.015  # of rows that repeat a pattern exactly, or nearly


def choose_season_length(rng: Generator) -> int:
    """Choose one of `SEASONS` with the probabilities `SEASON_SHARES`."""
    return int(rng.choice(SEASONS, p=SEASON_SHARES))


def sample(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Return `rows` series of `length` readings each, all of one season length: (rows, length).

    Every row comes from a family, chosen at random with the probabilities `SHARES`; then `disturb` changes it.
    """
    families, shares = _families(season_length)
    counts = rng.multinomial(rows, shares)
    parts = [family(rng, count, length, season_length) for family, count in zip(families, counts, strict=True) if count]
    series = disturb(rng, rng.permutation(np.concatenate(parts)), season_length)
    for row in np.flatnonzero(rng.random(rows) < REPEATING_SHARE):
        series[row] = _repeating(rng, length, season_length)
    return series


def _families(season_length: int) -> tuple[tuple[Family, ...], Array]:
    """The families of a season length, with their shares: growth is usual in years, days and weeks have their own."""
    special: dict[Family, float] = {growing: GROWING_SHARES.get(season_length, OTHER_GROWING_SHARE)}
    if season_length in CALENDAR_FAMILIES:
        special[CALENDAR_FAMILIES[season_length]] = CALENDAR_SHARE
    rest = 1 - sum(special.values())
    return (*FAMILIES, *special), np.array([*(share * rest for share in SHARES), *special.values()])


def _repeating(rng: Generator, length: int, season_length: int) -> Array:
    """A timetable: the same pattern for ever, with hardly any noise or none."""
    pattern = (
        rng.normal(size=max(season_length, 2)).round(1)
        if rng.random() < 0.7
        else rng.integers(0, 3, max(season_length, 2))
    )
    noise = rng.normal(size=length) * (10 ** rng.uniform(-4, -1) if rng.random() < 0.6 else 0.0)
    series: Array = np.resize(pattern, length) * 10.0 ** rng.uniform(-2, 4) + noise
    return series


def composed(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Trend, season and noise, added or multiplied."""
    size = _power_uniform(rng, rows, 0.0, 1.2, power=2.0)
    trend = _trend(rng, rows, length) * _log_uniform(rng, rows, 0.1, 10)
    wave = _seasonal(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.3, 10)
    wave *= _bernoulli(rng, rows, 0.85)
    noise = _noise(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.3, 2.0)
    total = trend + wave + noise
    total /= total.std(axis=1, keepdims=True) + 1e-9
    exponential = np.exp(np.clip(size * total, -6, 6))
    series: Array = np.where(_bernoulli(rng, rows, 0.5), exponential, total)
    return series


def state_space(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Simulated exponential smoothing: the same error moves the level, the damped trend and the season."""
    alpha = _power_uniform(rng, rows, 0.02, 0.99, power=1.3)[:, 0]
    beta = (alpha * rng.uniform(0, 0.3, rows)) * (rng.random(rows) < 0.5)
    gamma = (1 - alpha) * rng.uniform(0, 0.5, rows) * (rng.random(rows) < 0.7)
    damping = rng.choice([1.0, 0.98, 0.95, 0.9, 0.8], rows)
    sigma = _log_uniform(rng, rows, 0.02, 1.5)[:, 0]
    level, slope = np.zeros(rows), rng.normal(0, 0.05, rows) * (rng.random(rows) < 0.6)
    wave = (
        _pattern(rng, rows, season_length) * _bernoulli(rng, rows, 0.85) if season_length > 1 else np.zeros((rows, 1))
    )
    errors = _noise(rng, rows, length, season_length, plain=True) * sigma[:, None]
    out = np.empty((rows, length))
    for t in range(length):
        phase = t % season_length
        out[:, t] = level + slope + wave[:, phase] + errors[:, t]
        level = level + damping * slope + alpha * errors[:, t]
        slope = damping * slope + beta * errors[:, t]
        wave[:, phase] += gamma * errors[:, t] * (season_length > 1)
    exponential = np.exp(np.clip(out * _log_uniform(rng, rows, 0.02, 0.4), -8, 8))
    return np.where(_bernoulli(rng, rows, 0.45), exponential, out)


def seasonal_arima(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Autoregressive and moving-average terms, plain and seasonal, integrated or not."""
    out = np.empty((rows, length))
    simulated = length + 4 * season_length + 50
    for row in range(rows):
        shocks = rng.normal(size=simulated) if rng.random() < 0.7 else rng.standard_t(4, simulated)
        moving_average, autoregression = np.array([1.0]), np.array([1.0])
        autoregression = np.convolve(autoregression, _stationary_polynomial(rng))
        moving_average = np.convolve(moving_average, [1.0, rng.uniform(-0.9, 0.6)])
        if season_length > 1 and rng.random() < 0.85:
            gap = np.zeros(season_length - 1)
            moving_average = np.convolve(moving_average, np.concatenate([[1.0], gap, [rng.uniform(-0.9, 0.1)]]))
            seasonal_root = 1.0 if rng.random() < 0.7 else rng.uniform(0.3, 0.98)
            autoregression = np.convolve(autoregression, np.concatenate([[1.0], gap, [-seasonal_root]]))
        if rng.random() < 0.45:
            autoregression = np.convolve(autoregression, [1.0, -1.0])
        out[row] = lfilter(moving_average, autoregression, shocks)[-length:]
    wave = _seasonal(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.1, 3) * _bernoulli(rng, rows, 0.6)
    out = out / (out.std(axis=1, keepdims=True) + 1e-9) + wave
    drift = rng.normal(0, 1.5, (rows, 1)) * np.linspace(0, 1, length) * _bernoulli(rng, rows, 0.5)
    out += drift
    exponential = np.exp(np.clip(out * _log_uniform(rng, rows, 0.03, 0.6), -8, 8))
    series: Array = np.where(_bernoulli(rng, rows, 0.45), exponential, out)
    return series


def gaussian_process(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Smooth, rough and periodic processes, by random Fourier features (Rahimi and Recht, 2007)."""
    time = np.arange(length)
    out = np.zeros((rows, length))
    for _ in range(2):
        scale = _log_uniform(rng, rows, 3, 2.0 * length)
        freedom = rng.choice([2.0, 3.0, 5.0, 60.0], (rows, 1))
        frequency = rng.standard_t(freedom, (rows, 12)) / scale
        phase = rng.uniform(0, 2 * np.pi, (rows, 12))
        waves = np.cos(frequency[:, :, None] * time + phase[:, :, None]).sum(axis=1)
        out += waves / np.sqrt(6) * _log_uniform(rng, rows, 0.2, 3)
    wave = _seasonal(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.1, 3) * _bernoulli(rng, rows, 0.75)
    return out + wave + _noise(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.03, 1)


def switching_walk(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """A mean-reverting diffusion whose level, pull and volatility switch between regimes."""
    regimes = 3
    stay = rng.choice([0.98, 0.99, 0.998, 1.0], rows)
    pull = _log_uniform(rng, rows * regimes, 0.003, 0.7).reshape(rows, regimes)
    level = rng.normal(0, 2, (rows, regimes))
    volatility = _log_uniform(rng, rows * regimes, 0.1, 1.0).reshape(rows, regimes)
    state, value = rng.integers(0, regimes, rows), level[:, 0].copy()
    shocks, moves = rng.normal(size=(length, rows)), rng.random((length, rows))
    fresh = rng.integers(0, regimes, (length, rows))
    out, row = np.empty((rows, length)), np.arange(rows)
    for t in range(length):
        state = np.where(moves[t] < stay, state, fresh[t])
        value = value + pull[row, state] * (level[row, state] - value) + volatility[row, state] * shocks[t]
        out[:, t] = value
    wave = _seasonal(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.3, 4) * _bernoulli(rng, rows, 0.6)
    return out + wave


def cycles(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Irregular cycles outside the calendar: damped stochastic oscillations, some as sawtooths, some with sharp peaks."""
    out = np.empty((rows, length))
    for row in range(rows):
        period, damp = np.exp(rng.uniform(np.log(5), np.log(max(12.0, length / 4)))), rng.uniform(0.9, 0.998)
        poles = [1.0, -2 * damp * np.cos(2 * np.pi / period), damp**2]
        out[row] = lfilter([1.0], poles, rng.normal(size=length + 200))[200:]
    out /= out.std(axis=1, keepdims=True) + 1e-9
    sharpened = np.where(_bernoulli(rng, rows, 0.5), np.exp(out * _power_uniform(rng, rows, 0.2, 1.3)), out)
    period = _log_uniform(rng, rows, 4, max(8.0, length / 3))
    saw = ((np.arange(length) / period + rng.random((rows, 1))) % 1.0) - 0.5
    sharpened += saw * rng.normal(0, 2, (rows, 1)) * _bernoulli(rng, rows, 0.25)
    return sharpened + _noise(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.02, 0.5)


def intermittent(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Demand that is mostly zero: it occurs with a changing probability, and its size varies (Croston, 1972)."""
    wave = _seasonal(rng, rows, length, season_length) * rng.uniform(0, 1, (rows, 1)) * _bernoulli(rng, rows, 0.5)
    odds = _trend(rng, rows, length) * 0.5 + wave + rng.normal(-1, 1, (rows, 1))
    occurs = rng.random((rows, length)) < 1 / (1 + np.exp(-odds))
    size = 1 + rng.poisson(rng.gamma(1.0, _log_uniform(rng, rows, 0.2, 20), (rows, length)))
    demand: Array = occurs * size.astype(float)
    return demand


def growing(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Growth that lasts, as of economies and populations: a walk whose drift changes slowly, with setbacks; most go up."""
    drift = _log_uniform(rng, rows, 0.05, 2.0) * np.where(_bernoulli(rng, rows, 0.8), 1, -1)
    memory, size = rng.uniform(0.8, 0.995, rows), _log_uniform(rng, rows, 0.05, 1.0)
    shocks = rng.normal(size=(rows, length))
    changes = np.stack([lfilter([np.sqrt(1 - m * m)], [1.0, -m], row) for m, row in zip(memory, shocks, strict=True)])
    moves = _noise(rng, rows, length, season_length, plain=True) * _log_uniform(rng, rows, 0.1, 1.0)
    setbacks = (rng.random((rows, length)) < 1 / max(length, 30)) * rng.normal(-3, 2, (rows, length))
    walk = np.cumsum(drift * (1 + size * changes) + moves + setbacks * _bernoulli(rng, rows, 0.3), axis=1)
    noise = rng.normal(size=(rows, length)) * _log_uniform(rng, rows, 0.03, 1.5) * _bernoulli(rng, rows, 0.7)
    wave = _seasonal(rng, rows, length, season_length) * _log_uniform(rng, rows, 0.2, 5) * _bernoulli(rng, rows, 0.85)
    out = walk + noise + wave
    growth = _log_uniform(rng, rows, 0.05, 3.0) * np.sqrt(min(length, 200) / 60)
    out = out - out[:, :1]
    exponential = np.exp(np.clip(out / (np.abs(walk).max(axis=1, keepdims=True) + 1e-9) * growth, -8, 8))
    above = out + (np.abs(out).max(axis=1, keepdims=True) * rng.uniform(0, 3, (rows, 1)))
    series: Array = np.where(_bernoulli(rng, rows, 0.55), exponential, above)
    return series


def counts(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """Counts of events: Poisson with a slowly moving, seasonal mean; some are mostly zero."""
    mean = np.exp(
        _trend(rng, rows, length) * 0.4
        + _seasonal(rng, rows, length, season_length) * rng.uniform(0, 0.6, (rows, 1))
        + np.log(_log_uniform(rng, rows, 0.5, 500))
    )
    return rng.poisson(np.clip(mean, 0, 1e6)).astype(float)


FAMILIES: tuple[Family, ...] = (
    composed, state_space, seasonal_arima, gaussian_process, switching_walk, cycles, counts, intermittent,
)  # fmt: skip
SHARES = (0.33, 0.24, 0.19, 0.06, 0.05, 0.08, 0.03, 0.02)
CALENDAR_FAMILIES: dict[int, Family] = {
    7: calendar.daily, 52: calendar.weekly, **dict.fromkeys(calendar.INTRADAY, calendar.intraday),
}  # fmt: skip
CALENDAR_SHARE = 0.45
GROWING_SHARES = {1: 0.35, 4: 0.2, 12: 0.15}
OTHER_GROWING_SHARE = 0.05


def disturb(rng: Generator, series: Array, season_length: int) -> Array:
    """Add what happens to any series: mixing with another, steps of level, spikes, calendar effects, its own units.

    Takes and returns (rows, length).
    """
    rows, length = series.shape
    spread = series.std(axis=1, keepdims=True)
    flat = spread < 1e-9
    series = series / np.where(flat, 1, spread)
    other = np.roll(series, 1, axis=0)
    share = np.where(_bernoulli(rng, rows, 0.12), rng.beta(1.5, 1.5, (rows, 1)), 1.0)
    series = share * series + (1 - share) * other
    steps = (rng.random((rows, length)) < 0.7 / length) * rng.normal(0, 1.2, (rows, length))
    series = series + np.cumsum(steps, axis=1) * _bernoulli(rng, rows, 0.12)
    spikes = (rng.random((rows, length)) < 0.01) * rng.standard_t(3, (rows, length)) * 1.5
    series = series + spikes * _bernoulli(rng, rows, 0.12)
    if season_length in (4, 12):
        series = series + _calendar(rng, rows, length) * _bernoulli(rng, rows, 0.2)
    floored = np.where(
        _bernoulli(rng, rows, 0.03), np.maximum(series, np.quantile(series, 0.3, axis=1)[:, None]), series
    )
    return floored * _log_uniform(rng, rows, 1e-3, 1e5) + rng.normal(0, 5, (rows, 1)) * _bernoulli(rng, rows, 0.5)


def _calendar(rng: Generator, rows: int, length: int) -> Array:
    """Working days in a month: a small irregular pattern that does not repeat with a fixed season."""
    drift = (np.arange(length) * 30.44 + rng.uniform(0, 7, (rows, 1))) % 7
    return np.sin(2 * np.pi * drift / 7) * rng.uniform(0, 0.15, (rows, 1))


def _trend(rng: Generator, rows: int, length: int) -> Array:
    """No trend, or one that is straight, bent, exponential, saturating, damped, smooth or a random walk; of about unit size."""
    time = np.linspace(0, 1, length)
    slope = rng.normal(0, 1, (rows, 1))
    straight = slope * time
    at = rng.uniform(0.05, 1.0, (rows, 3))
    bends = np.maximum(time - at[:, :, None], 0) * rng.normal(0, 2.0, (rows, 3, 1))
    bent = straight + bends.sum(axis=1)
    growth = slope * np.expm1(3 * time) / np.expm1(3)
    steep = _log_uniform(rng, rows, 4, 30)
    saturating = slope / (1 + np.exp(np.clip(-steep * (time - rng.uniform(0, 1, (rows, 1))), -50, 50)))
    damped = slope * (1 - np.exp(-_log_uniform(rng, rows, 1, 20) * time))
    smooth = np.cumsum(np.cumsum(rng.normal(size=(rows, length)), axis=1), axis=1)
    walk = np.cumsum(rng.normal(size=(rows, length)), axis=1)
    wandering = smooth / (np.abs(smooth).max(axis=1, keepdims=True) + 1e-9)
    walking = walk / (np.abs(walk).max(axis=1, keepdims=True) + 1e-9)
    kinds = np.stack([0 * bent, straight, bent, growth, saturating, damped, wandering, walking])
    kind = rng.choice(8, rows, p=[0.12, 0.16, 0.22, 0.1, 0.08, 0.08, 0.1, 0.14])
    return kinds[kind, np.arange(rows)]


def _seasonal(rng: Generator, rows: int, length: int, season_length: int) -> Array:
    """A repeated pattern of unit size that may change slowly, grow or fade; some have a longer season too."""
    if season_length == 1:
        return np.zeros((rows, length))
    phase = np.arange(length) % season_length
    first, later = _pattern(rng, rows, season_length), _pattern(rng, rows, season_length)
    share = np.linspace(0, 1, length) * np.where(_bernoulli(rng, rows, 0.35), rng.uniform(0, 1, (rows, 1)), 0)
    wave = first[:, phase] * (1 - share) + later[:, phase] * share
    size = 1 + np.where(_bernoulli(rng, rows, 0.3), rng.uniform(-0.8, 1.5, (rows, 1)), 0) * np.linspace(0, 1, length)
    wave = wave * size
    longer = LONGER_SEASONS.get(season_length, 0) if length > season_length else 0
    if longer:
        above = _pattern(rng, rows, longer)[:, np.arange(length) % longer]
        wave = wave + above * rng.uniform(0, 1.2, (rows, 1)) * _bernoulli(rng, rows, 0.6)
        if longer % season_length == 0:  # a pattern of days beside the pattern within a day
            days = rng.normal(0, 1, (rows, 7)) * (rng.random((rows, 1)) < 0.5)
            days[:, 5:] += rng.normal(0, 1.5, (rows, 1))
            wave = wave * (1 + 0.25 * days[:, np.arange(length) // season_length % 7])
    return wave


def _pattern(rng: Generator, rows: int, season_length: int) -> Array:
    """(rows, season_length) of zero mean and unit deviation: a few waves, any value at each phase, or a few spikes."""
    time = np.arange(season_length) / season_length
    orders = np.arange(1, min(season_length // 2, 6) + 1)
    fade = orders[None, :] ** -rng.uniform(0.3, 2.5, (rows, 1))
    sizes, shifts = rng.normal(size=(rows, len(orders))) * fade, rng.uniform(0, 1, (rows, len(orders)))
    waves = (sizes[:, :, None] * np.sin(2 * np.pi * (orders[:, None] * time + shifts[:, :, None]))).sum(axis=1)
    free = rng.normal(size=(rows, season_length))
    spiky = rng.standard_t(2.5, (rows, season_length)) * (rng.random((rows, season_length)) < 0.3)
    kind = rng.choice(3, rows, p=[0.5, 0.32, 0.18])
    pattern = np.stack([waves, free, spiky])[kind, np.arange(rows)]
    pattern = pattern - pattern.mean(axis=1, keepdims=True)
    unit: Array = pattern / (pattern.std(axis=1, keepdims=True) + 1e-3)
    return unit


def _noise(rng: Generator, rows: int, length: int, season_length: int, plain: bool = False) -> Array:
    """Unit noise: normal or heavy-tailed, sometimes autocorrelated, of changing or seasonal variance."""
    normal = rng.normal(size=(rows, length))
    heavy = rng.standard_t(4, (rows, length)) / np.sqrt(2)
    noise = np.where(_bernoulli(rng, rows, 0.25), heavy, normal)
    if plain:
        return noise
    memory = rng.uniform(0.2, 0.95, rows) * (rng.random(rows) < 0.45)
    for row in np.flatnonzero(memory):
        noise[row] = lfilter([np.sqrt(1 - memory[row] ** 2)], [1.0, -memory[row]], noise[row])
    swing = np.exp(0.7 * np.sin(2 * np.pi * np.arange(length) / max(season_length, 8) + rng.uniform(0, 6, (rows, 1))))
    noise = np.where(_bernoulli(rng, rows, 0.12), noise * swing, noise)
    change = np.exp(np.linspace(-0.5, 0.5, length) * rng.normal(0, 1.2, (rows, 1)))
    return np.where(_bernoulli(rng, rows, 0.15), noise * change, noise)


def _stationary_polynomial(rng: Generator) -> Array:
    """1 − φ₁B − φ₂B² of a stationary process, from its roots."""
    if rng.random() < 0.3:
        return np.array([1.0])
    if rng.random() < 0.7:
        return np.array([1.0, -rng.uniform(-0.5, 0.95)])
    radius, angle = rng.uniform(0.3, 0.95), rng.uniform(0, np.pi)
    return np.array([1.0, -2 * radius * np.cos(angle), radius**2])


def _bernoulli(rng: Generator, rows: int, share: float) -> npt.NDArray[np.bool_]:
    """(rows, 1): true with probability `share`."""
    return rng.random((rows, 1)) < share


def _power_uniform(rng: Generator, rows: int, low: float, high: float, power: float = 1.0) -> Array:
    """(rows, 1) between `low` and `high`: uniform where `power` is 1, nearer to `low` where it is larger."""
    return low + (high - low) * rng.random((rows, 1)) ** power


def _log_uniform(rng: Generator, rows: int, low: float, high: float) -> Array:
    """(rows, 1) between `low` and `high`, with a uniform logarithm."""
    return np.exp(rng.uniform(np.log(low), np.log(high), (rows, 1)))


def plot_samples(directory: Path) -> None:
    """Plot samples of every family, and of the whole mixture, into one PNG each."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    directory.mkdir(parents=True, exist_ok=True)
    own_season = {family: length for length, family in CALENDAR_FAMILIES.items()}
    for family in (*FAMILIES, growing, *own_season, sample):
        name = "mixture" if family is sample else family.__name__
        rng = np.random.default_rng(0)
        figure, axes = plt.subplots(4, 4, figsize=(14, 7), constrained_layout=True)
        for axis in axes.flat:
            season_length = own_season.get(family) or choose_season_length(rng)
            axis.plot(family(rng, 2, 200, season_length)[0], linewidth=0.8)
            axis.set_title(f"season {season_length}", fontsize=8)
            axis.tick_params(labelsize=6)
        figure.suptitle(name.replace("_", " "))
        figure.savefig(directory / f"synthetic_{name}.png", dpi=70)
        plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m training.universal.synthetic", description="Plot samples.")
    parser.add_argument("directory", type=Path, nargs="?", default=Path("pictures"), help="(default: %(default)s)")
    plot_samples(parser.parse_args().directory)
