"""Made-up series of every kind, for a network that must forecast series it has never seen.

    python -m training.universal.synthetic pictures/      # draws a page of samples for every family

Each family below is a way that real series come about; `sample` draws a group from a mixture of them and passes it
through what happens to any series: mixing, damping of the trend, changes of level, spikes, calendar effects, other
scales and units. No real reading is used anywhere.

Sources of the ideas: ForecastPFN (Dooley et al., 2023, arXiv 2311.01933) for trend × season × noise; TempoPFN
(Moroshan et al., 2025, arXiv 2510.25502) for Gaussian processes, regime-switching stochastic differential equations,
sawtooths, steps, spikes and augmentations; innovations state space models (Hyndman et al., 2008) and seasonal ARIMA
(Box and Jenkins, 1970) for the two simulations.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from service.interfaces import Array

Chance = np.random.Generator
Family = Callable[[Chance, int, int, int], Array]  # (chance, rows, length, season) → (rows, length)

SEASONS = (1, 4, 5, 7, 12, 24, 48, 52)
SEASON_SHARES = (0.17, 0.17, 0.02, 0.11, 0.33, 0.09, 0.06, 0.05)
LONGER_SEASONS = {7: 365, 24: 168, 48: 336, 52: 0, 12: 0, 4: 0, 5: 0, 1: 0}


def choose_season(chance: Chance) -> int:
    return int(chance.choice(SEASONS, p=SEASON_SHARES))


def sample(chance: Chance, rows: int, length: int, season: int) -> Array:
    """(rows, length) series of one season; the families are drawn row by row from their shares."""
    counts = chance.multinomial(rows, SHARES)
    parts = [family(chance, count, length, season) for family, count in zip(FAMILIES, counts, strict=True) if count]
    series = chance.permutation(np.concatenate(parts))
    return disturbed(chance, series, season)


def composed(chance: Chance, rows: int, length: int, season: int) -> Array:
    """Trend, season and noise, added or multiplied."""
    size = _between(chance, rows, 0.0, 1.2, power=2.0)
    trend = _trend(chance, rows, length) * _log_between(chance, rows, 0.1, 10)
    wave = _season(chance, rows, length, season) * _log_between(chance, rows, 0.3, 10)
    wave *= _often(chance, rows, 0.85)
    noise = _noise(chance, rows, length, season) * _log_between(chance, rows, 0.3, 2.0)
    total = trend + wave + noise
    total /= total.std(axis=1, keepdims=True) + 1e-9
    grown = np.exp(np.clip(size * total, -6, 6))
    chosen: Array = np.where(_often(chance, rows, 0.5), grown, total)
    return chosen


def state_space(chance: Chance, rows: int, length: int, season: int) -> Array:
    """Exponential smoothing run forwards: level, damped trend and season moved by the same error."""
    alpha = _between(chance, rows, 0.02, 0.99, power=1.3)[:, 0]
    beta = (alpha * chance.uniform(0, 0.3, rows)) * (chance.random(rows) < 0.5)
    gamma = (1 - alpha) * chance.uniform(0, 0.5, rows) * (chance.random(rows) < 0.7)
    damping = chance.choice([1.0, 0.98, 0.95, 0.9, 0.8], rows)
    sigma = _log_between(chance, rows, 0.02, 1.5)[:, 0]
    level, slope = np.zeros(rows), chance.normal(0, 0.05, rows) * (chance.random(rows) < 0.6)
    wave = _pattern(chance, rows, season) * _often(chance, rows, 0.85) if season > 1 else np.zeros((rows, 1))
    errors = _noise(chance, rows, length, season, plain=True) * sigma[:, None]
    out = np.empty((rows, length))
    for t in range(length):
        phase = t % season
        out[:, t] = level + slope + wave[:, phase] + errors[:, t]
        level = level + damping * slope + alpha * errors[:, t]
        slope = damping * slope + beta * errors[:, t]
        wave[:, phase] += gamma * errors[:, t] * (season > 1)
    grown = np.exp(np.clip(out * _log_between(chance, rows, 0.02, 0.4), -8, 8))
    return np.where(_often(chance, rows, 0.45), grown, out)


def seasonal_arima(chance: Chance, rows: int, length: int, season: int) -> Array:
    """Autoregressive and moving-average terms, plain and seasonal, integrated or not."""
    out = np.empty((rows, length))
    warm = length + 4 * season + 50
    for row in range(rows):
        shocks = chance.normal(size=warm) if chance.random() < 0.7 else chance.standard_t(4, warm)
        top, bottom = np.array([1.0]), np.array([1.0])
        bottom = np.convolve(bottom, _stable(chance))
        top = np.convolve(top, [1.0, chance.uniform(-0.9, 0.6)])
        if season > 1 and chance.random() < 0.85:
            gap = np.zeros(season - 1)
            top = np.convolve(top, np.concatenate([[1.0], gap, [chance.uniform(-0.9, 0.1)]]))
            reach = 1.0 if chance.random() < 0.7 else chance.uniform(0.3, 0.98)
            bottom = np.convolve(bottom, np.concatenate([[1.0], gap, [-reach]]))
        if chance.random() < 0.45:
            bottom = np.convolve(bottom, [1.0, -1.0])
        out[row] = lfilter(top, bottom, shocks)[-length:]
    wave = _season(chance, rows, length, season) * _log_between(chance, rows, 0.1, 3) * _often(chance, rows, 0.6)
    out = out / (out.std(axis=1, keepdims=True) + 1e-9) + wave
    drift = chance.normal(0, 1.5, (rows, 1)) * np.linspace(0, 1, length) * _often(chance, rows, 0.5)
    out += drift
    grown = np.exp(np.clip(out * _log_between(chance, rows, 0.03, 0.6), -8, 8))
    chosen: Array = np.where(_often(chance, rows, 0.45), grown, out)
    return chosen


def gaussian_process(chance: Chance, rows: int, length: int, season: int) -> Array:
    """Smooth, rough and periodic processes, by random Fourier features (Rahimi and Recht, 2007)."""
    time = np.arange(length)
    out = np.zeros((rows, length))
    for _ in range(2):
        scale = _log_between(chance, rows, 3, 2.0 * length)
        freedom = chance.choice([2.0, 3.0, 5.0, 60.0], (rows, 1))
        frequency = chance.standard_t(freedom, (rows, 24)) / scale
        phase = chance.uniform(0, 2 * np.pi, (rows, 24))
        waves = np.cos(frequency[:, :, None] * time + phase[:, :, None]).sum(axis=1)
        out += waves / np.sqrt(12) * _log_between(chance, rows, 0.2, 3)
    wave = _season(chance, rows, length, season) * _log_between(chance, rows, 0.1, 3) * _often(chance, rows, 0.75)
    return out + wave + _noise(chance, rows, length, season) * _log_between(chance, rows, 0.03, 1)


def switching_walk(chance: Chance, rows: int, length: int, season: int) -> Array:
    """A mean-reverting diffusion whose level, pull and volatility switch between regimes."""
    regimes = 3
    stay = chance.choice([0.98, 0.99, 0.998, 1.0], rows)
    pull = _log_between(chance, rows * regimes, 0.003, 0.7).reshape(rows, regimes)
    level = chance.normal(0, 2, (rows, regimes))
    wild = _log_between(chance, rows * regimes, 0.1, 1.0).reshape(rows, regimes)
    state, value = chance.integers(0, regimes, rows), level[:, 0].copy()
    shocks, moves = chance.normal(size=(length, rows)), chance.random((length, rows))
    fresh = chance.integers(0, regimes, (length, rows))
    out, each = np.empty((rows, length)), np.arange(rows)
    for t in range(length):
        state = np.where(moves[t] < stay, state, fresh[t])
        value = value + pull[each, state] * (level[each, state] - value) + wild[each, state] * shocks[t]
        out[:, t] = value
    wave = _season(chance, rows, length, season) * _log_between(chance, rows, 0.3, 4) * _often(chance, rows, 0.6)
    return out + wave


def cycles(chance: Chance, rows: int, length: int, season: int) -> Array:
    """Irregular cycles of no calendar: damped stochastic oscillations, sharpened into sawtooths or floods and ebbs."""
    out = np.empty((rows, length))
    for row in range(rows):
        period, damp = np.exp(chance.uniform(np.log(5), np.log(max(12.0, length / 4)))), chance.uniform(0.9, 0.998)
        poles = [1.0, -2 * damp * np.cos(2 * np.pi / period), damp**2]
        out[row] = lfilter([1.0], poles, chance.normal(size=length + 200))[200:]
    out /= out.std(axis=1, keepdims=True) + 1e-9
    sharpened = np.where(_often(chance, rows, 0.5), np.exp(out * _between(chance, rows, 0.2, 1.3)), out)
    period = _log_between(chance, rows, 4, max(8.0, length / 3))
    saw = ((np.arange(length) / period + chance.random((rows, 1))) % 1.0) - 0.5
    sharpened += saw * chance.normal(0, 2, (rows, 1)) * _often(chance, rows, 0.25)
    return sharpened + _noise(chance, rows, length, season) * _log_between(chance, rows, 0.02, 0.5)


def counts(chance: Chance, rows: int, length: int, season: int) -> Array:
    """Counted events: Poisson about a slowly moving, seasonal mean, sometimes mostly zero."""
    mean = np.exp(
        _trend(chance, rows, length) * 0.4
        + _season(chance, rows, length, season) * chance.uniform(0, 0.6, (rows, 1))
        + np.log(_log_between(chance, rows, 0.5, 500))
    )
    return chance.poisson(np.clip(mean, 0, 1e6)).astype(float)


FAMILIES: tuple[Family, ...] = (
    composed, state_space, seasonal_arima, gaussian_process, switching_walk, cycles, counts,
)  # fmt: skip
SHARES = (0.34, 0.24, 0.19, 0.07, 0.05, 0.08, 0.03)


def disturbed(chance: Chance, series: Array, season: int) -> Array:
    """What happens to any series: mixing with another, steps of level, spikes, calendar effects, its own units."""
    rows, length = series.shape
    spread = series.std(axis=1, keepdims=True)
    flat = spread < 1e-9
    series = series / np.where(flat, 1, spread)
    other = np.roll(series, 1, axis=0)
    share = np.where(_often(chance, rows, 0.12), chance.beta(1.5, 1.5, (rows, 1)), 1.0)
    series = share * series + (1 - share) * other
    steps = (chance.random((rows, length)) < 0.7 / length) * chance.normal(0, 1.2, (rows, length))
    series = series + np.cumsum(steps, axis=1) * _often(chance, rows, 0.12)
    spikes = (chance.random((rows, length)) < 0.01) * chance.standard_t(3, (rows, length)) * 1.5
    series = series + spikes * _often(chance, rows, 0.12)
    if season in (4, 12):
        series = series + _calendar(chance, rows, length) * _often(chance, rows, 0.2)
    kept = np.where(_often(chance, rows, 0.03), np.maximum(series, np.quantile(series, 0.3, axis=1)[:, None]), series)
    return kept * _log_between(chance, rows, 1e-3, 1e5) + chance.normal(0, 5, (rows, 1)) * _often(chance, rows, 0.5)


def _calendar(chance: Chance, rows: int, length: int) -> Array:
    """Working days in a month: an irregular small pattern that a fixed season does not hold."""
    drift = (np.arange(length) * 30.44 + chance.uniform(0, 7, (rows, 1))) % 7
    return np.sin(2 * np.pi * drift / 7) * chance.uniform(0, 0.15, (rows, 1))


def _trend(chance: Chance, rows: int, length: int) -> Array:
    """None, straight, bent, exponential, saturating, damped, or a wandering line; about unit size over the length."""
    time = np.linspace(0, 1, length)
    slope = chance.normal(0, 1, (rows, 1))
    straight = slope * time
    at = chance.uniform(0.05, 1.0, (rows, 3))
    bends = np.maximum(time - at[:, :, None], 0) * chance.normal(0, 2.0, (rows, 3, 1))
    bent = straight + bends.sum(axis=1)
    growth = slope * np.expm1(3 * time) / np.expm1(3)
    steep = _log_between(chance, rows, 4, 30)
    saturating = slope / (1 + np.exp(np.clip(-steep * (time - chance.uniform(0, 1, (rows, 1))), -50, 50)))
    damped = slope * (1 - np.exp(-_log_between(chance, rows, 1, 20) * time))
    smooth = np.cumsum(np.cumsum(chance.normal(size=(rows, length)), axis=1), axis=1)
    walk = np.cumsum(chance.normal(size=(rows, length)), axis=1)
    wandering = smooth / (np.abs(smooth).max(axis=1, keepdims=True) + 1e-9)
    walking = walk / (np.abs(walk).max(axis=1, keepdims=True) + 1e-9)
    kinds = np.stack([0 * bent, straight, bent, growth, saturating, damped, wandering, walking])
    kind = chance.choice(8, rows, p=[0.12, 0.16, 0.22, 0.1, 0.08, 0.08, 0.1, 0.14])
    return kinds[kind, np.arange(rows)]


def _season(chance: Chance, rows: int, length: int, season: int) -> Array:
    """A repeated pattern of unit size that may change slowly, grow or fade; and a longer season above some."""
    if season == 1:
        return np.zeros((rows, length))
    phase = np.arange(length) % season
    first, later = _pattern(chance, rows, season), _pattern(chance, rows, season)
    share = np.linspace(0, 1, length) * np.where(_often(chance, rows, 0.35), chance.uniform(0, 1, (rows, 1)), 0)
    wave = first[:, phase] * (1 - share) + later[:, phase] * share
    size = 1 + np.where(_often(chance, rows, 0.3), chance.uniform(-0.8, 1.5, (rows, 1)), 0) * np.linspace(0, 1, length)
    wave = wave * size
    longer = LONGER_SEASONS.get(season, 0)
    if longer:
        above = _pattern(chance, rows, longer)[:, np.arange(length) % longer]
        wave = wave + above * chance.uniform(0, 1.2, (rows, 1)) * _often(chance, rows, 0.6)
        if longer % season == 0:  # a pattern of days beside the pattern within a day
            days = chance.normal(0, 1, (rows, 7)) * (chance.random((rows, 1)) < 0.5)
            days[:, 5:] += chance.normal(0, 1.5, (rows, 1))
            wave = wave * (1 + 0.25 * days[:, np.arange(length) // season % 7])
    return wave


def _pattern(chance: Chance, rows: int, season: int) -> Array:
    """(rows, season) of zero mean and unit deviation: a few waves, or any value per phase, or a few spikes."""
    time = np.arange(season) / season
    orders = np.arange(1, min(season // 2, 6) + 1)
    fade = orders[None, :] ** -chance.uniform(0.3, 2.5, (rows, 1))
    sizes, shifts = chance.normal(size=(rows, len(orders))) * fade, chance.uniform(0, 1, (rows, len(orders)))
    waves = (sizes[:, :, None] * np.sin(2 * np.pi * (orders[:, None] * time + shifts[:, :, None]))).sum(axis=1)
    free = chance.normal(size=(rows, season))
    spiky = chance.standard_t(2.5, (rows, season)) * (chance.random((rows, season)) < 0.3)
    kind = chance.choice(3, rows, p=[0.5, 0.32, 0.18])
    pattern = np.stack([waves, free, spiky])[kind, np.arange(rows)]
    pattern = pattern - pattern.mean(axis=1, keepdims=True)
    unit: Array = pattern / (pattern.std(axis=1, keepdims=True) + 1e-3)
    return unit


def _noise(chance: Chance, rows: int, length: int, season: int, plain: bool = False) -> Array:
    """Unit noise: normal or heavy-tailed, sometimes autocorrelated, of changing or seasonal variance."""
    normal = chance.normal(size=(rows, length))
    heavy = chance.standard_t(4, (rows, length)) / np.sqrt(2)
    noise = np.where(_often(chance, rows, 0.25), heavy, normal)
    if plain:
        return noise
    memory = chance.uniform(0.2, 0.95, rows) * (chance.random(rows) < 0.45)
    for row in np.flatnonzero(memory):
        noise[row] = lfilter([np.sqrt(1 - memory[row] ** 2)], [1.0, -memory[row]], noise[row])
    swing = np.exp(0.7 * np.sin(2 * np.pi * np.arange(length) / max(season, 8) + chance.uniform(0, 6, (rows, 1))))
    noise = np.where(_often(chance, rows, 0.12), noise * swing, noise)
    change = np.exp(np.linspace(-0.5, 0.5, length) * chance.normal(0, 1.2, (rows, 1)))
    return np.where(_often(chance, rows, 0.15), noise * change, noise)


def _stable(chance: Chance) -> Array:
    """1 − φ₁B − φ₂B² of a stationary process, from its roots."""
    if chance.random() < 0.3:
        return np.array([1.0])
    if chance.random() < 0.7:
        return np.array([1.0, -chance.uniform(-0.5, 0.95)])
    size, angle = chance.uniform(0.3, 0.95), chance.uniform(0, np.pi)
    return np.array([1.0, -2 * size * np.cos(angle), size**2])


def _often(chance: Chance, rows: int, share: float) -> npt.NDArray[np.bool_]:
    return chance.random((rows, 1)) < share


def _between(chance: Chance, rows: int, low: float, high: float, power: float = 1.0) -> Array:
    return low + (high - low) * chance.random((rows, 1)) ** power


def _log_between(chance: Chance, rows: int, low: float, high: float) -> Array:
    return np.exp(chance.uniform(np.log(low), np.log(high), (rows, 1)))


def draw(directory: Path) -> None:
    """A page of samples for every family, and one of the whole mixture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    directory.mkdir(parents=True, exist_ok=True)
    for name, family in {**{f.__name__: f for f in FAMILIES}, "mixture": sample}.items():
        chance = np.random.default_rng(0)
        figure, axes = plt.subplots(4, 4, figsize=(14, 7), constrained_layout=True)
        for axis in axes.flat:
            season = choose_season(chance)
            axis.plot(family(chance, 2, 200, season)[0], linewidth=0.8)
            axis.set_title(f"season {season}", fontsize=8)
            axis.tick_params(labelsize=6)
        figure.suptitle(name.replace("_", " "))
        figure.savefig(directory / f"synthetic_{name}.png", dpi=70)
        plt.close(figure)


if __name__ == "__main__":
    draw(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
