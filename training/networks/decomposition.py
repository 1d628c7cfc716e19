"""What a network sees of its window, and what it must add to: fixed linear maps, as matrices and as Keras layers.

A view reads a window of readings x (or of their logarithms) and gives the network's inputs x @ inputs and the base
forecast x @ base; the network forecasts what is left. Nothing here is learnt. Step h may use the season before it
only where that is known at the origin: its references lie season × ceil(h / season) readings back, and further.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from service.interfaces import Array

LONGEST_SEASON = 60  # a longer one is not looked for: two of it would make too long a window
LONGEST_WINDOW = 120
SHORTEST_WINDOW = 24
FLOOR = 1e-4  # of the largest training reading: what is below counts as this before a logarithm
CEILING = 3.0  # a forecast's logarithm at most: 20 times the largest training reading


@dataclass(frozen=True)
class Decomposition:
    """Matrices from (batch, window): `inputs` (window, positions × channels), `base` (window, steps)."""

    inputs: Array
    base: Array


def usable(season: int) -> int:
    """The season that the views use: the given one, or none (1) where it is too long."""
    return season if 1 < season <= LONGEST_SEASON else 1


def window_of(season: int) -> int:
    """Readings in a window: three seasons, two of a longer one, within limits; 24 where there is no season."""
    season = usable(season)
    seasons = 3 if season <= 24 else 2
    return max(SHORTEST_WINDOW, -(-SHORTEST_WINDOW // season) * season, seasons * season) if season > 1 else 24


def level(window: int, season: int, end: int | None = None) -> Array:
    """(window,): the mean over the season before position `end`."""
    end = window if end is None else end
    weights = np.zeros(window)
    first = max(0, end - season)
    weights[first:end] = 1 / (end - first)
    return weights


def profile(window: int, season: int, years: int) -> Array:
    """(window, season): how far each phase lies over its season's mean, the mean of the last `years` seasons.

    Phase 0 is that of the reading after the window.
    """
    years = max(1, min(years, window // season))
    found = np.zeros((window, season))
    for year in range(1, years + 1):
        begin = window - year * season
        for phase in range(season):
            found[begin + phase, phase] += 1 / years
            found[:, phase] -= level(window, season, begin + season) / years
    return found


def over_profile(window: int, season: int, steps: int, years: int, positions: int) -> Decomposition:
    """Base: last season's mean and the profile. Inputs: the last readings less both."""
    mean, shape = level(window, season), profile(window, season, years)
    seen = range(window - positions, window)
    inputs = [np.eye(window)[i] - mean - shape[:, (i - window) % season] for i in seen]
    base = [mean + shape[:, h % season] for h in range(steps)]
    return Decomposition(np.stack(inputs, axis=1), np.stack(base, axis=1))


def over_level(window: int, season: int, steps: int, positions: int) -> Decomposition:
    """Base: last season's mean. Inputs: the last readings less it."""
    mean = level(window, season)
    inputs = [np.eye(window)[i] - mean for i in range(window - positions, window)]
    return Decomposition(np.stack(inputs, axis=1), np.tile(mean[:, np.newaxis], steps))


def over_season(window: int, season: int, steps: int, positions: int) -> Decomposition:
    """Base: the last known reading of the same phase. Inputs: seasonal differences."""
    one = np.eye(window)
    seen = range(max(season, window - positions), window)
    inputs = [one[i] - one[i - season] for i in seen]
    base = [one[window - season + h % season] for h in range(steps)]
    return Decomposition(np.stack(inputs, axis=1), np.stack(base, axis=1))


def as_it_is(window: int, season: int, steps: int, positions: int) -> Decomposition:
    """Base: nothing. Inputs: the last readings."""
    del season
    return Decomposition(np.eye(window)[:, window - positions :], np.zeros((window, steps)))


def everywhere(window: int, season: int, steps: int, years: int) -> Decomposition:
    """At every position the base of the `steps` after it, from what lies before: `base` (window, window × steps).

    Inputs: each reading less the base that the position before it had.
    """
    one = np.eye(window)
    bases = np.zeros((window, window, steps))
    inputs = [one[0] - one[0]]
    for i in range(window):
        known = i + 1
        if known < season:
            bases[:, i] = np.repeat(level(window, season, known)[:, np.newaxis], steps, axis=1)
        else:
            bases[:known, i] = over_profile(known, season, steps, years, 1).base
        if i + 1 < window:
            inputs.append(one[i + 1] - bases[:, i, 0])
    return Decomposition(np.stack(inputs, axis=1), bases.reshape(window, window * steps))


@keras.saving.register_keras_serializable("gatecast", "Fixed")  # as versions on disk know it
class FixedProjection(layers.Layer):  # type: ignore[misc]
    """(batch, rows) → (batch, columns): a product with a matrix that is not trained."""

    def __init__(self, rows: int, columns: int, matrix: Array | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows, self.columns = rows, columns
        start = np.zeros((rows, columns)) if matrix is None else matrix
        self.matrix = self.add_weight(
            shape=(rows, columns), initializer=lambda *_, **__: start.astype(np.float32), trainable=False, name="matrix"
        )

    @classmethod
    def of(cls, matrix: Array) -> "FixedProjection":
        return cls(matrix.shape[0], matrix.shape[1], matrix)

    def call(self, values: Any) -> Any:
        return keras.ops.matmul(values, self.matrix)

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (shape[0], self.columns)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rows": self.rows, "columns": self.columns}


@keras.saving.register_keras_serializable("gatecast")
class Log(layers.Layer):  # type: ignore[misc]
    """Natural logarithm, of `FLOOR` at least."""

    def call(self, values: Any) -> Any:
        return keras.ops.log(keras.ops.maximum(values, FLOOR))


@keras.saving.register_keras_serializable("gatecast")
class Exp(layers.Layer):  # type: ignore[misc]
    """e to the power of each value, of `CEILING` at most."""

    def call(self, values: Any) -> Any:
        return keras.ops.exp(keras.ops.minimum(values, CEILING))


@keras.saving.register_keras_serializable("gatecast")
class Spread(layers.Layer):  # type: ignore[misc]
    """(batch, n) → (batch, 1): the root mean square of each row, or its inverse."""

    def __init__(self, inverse: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inverse = inverse

    def call(self, values: Any) -> Any:
        found = keras.ops.sqrt(keras.ops.mean(keras.ops.square(values), axis=-1, keepdims=True) + SMALLEST)
        return 1.0 / found if self.inverse else found

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "inverse": self.inverse}


SMALLEST = 1e-6  # of a mean square: a constant window has a spread of a thousandth, not of nought
