"""Made-up series for the tests of forecasters."""

import numpy as np

from service.interfaces import Array


def noise(seed: int, count: int) -> Array:
    return np.random.default_rng(seed).normal(size=count)


def random_walk(seed: int, count: int) -> Array:
    return np.cumsum(noise(seed, count))


def autoregression(seed: int, count: int, coefficient: float) -> Array:
    values = noise(seed, count + 50)
    for index in range(1, len(values)):
        values[index] += coefficient * values[index - 1]
    return values[50:]


def seasonal(seed: int, count: int, season_length: int, spread: float = 0.3) -> Array:
    """A random pattern of standard deviation 1 about 50, with noise."""
    rng = np.random.default_rng(seed)
    pattern = rng.normal(size=season_length)
    pattern = (pattern - pattern.mean()) / pattern.std()
    values: Array = 50 + pattern[np.arange(count) % season_length] + spread * rng.normal(size=count)
    return values


def wave(seed: int, count: int, season_length: float, spread: float = 0.3) -> Array:
    time = np.arange(count)
    values: Array = 50 + 1.5 * np.sin(2 * np.pi * time / season_length) + spread * noise(seed, count)
    return values
