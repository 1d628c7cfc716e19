"""How a window is split into a base forecast and the network's inputs: fixed linear maps, as matrices and Keras layers.

A decomposition takes a window x of readings, or of their logarithms. It gives the network's inputs, x @ inputs, and the
base forecast, x @ base; the network forecasts the rest. Nothing here is trained. Step h may use only readings that are
known at the origin: it repeats the season that lies season_length × ceil(h / season_length) readings back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from service.interfaces import Array

LONGEST_SEASON = 60  # a longer season is not used: two of them would make too long a window
SHORTEST_WINDOW = 24
FLOOR = 1e-4  # a scaled reading below it counts as this before a logarithm; the largest training reading is 1
CEILING = 3.0  # a forecast's logarithm at most: 20 times the largest training reading


@dataclass(frozen=True)
class Decomposition:
    """Matrices for windows (batch, window): `inputs` (window, positions), `base` (window, steps)."""

    inputs: Array
    base: Array


def effective_season_length(season_length: int) -> int:
    """Return the season length that is used: the given one, or 1 where it is too long."""
    return season_length if 1 < season_length <= LONGEST_SEASON else 1


def window_of(season_length: int) -> int:
    """Return the readings in a window: three seasons, two if a season is longer than 24; 24 where there is none."""
    season_length = effective_season_length(season_length)
    if season_length == 1:
        return SHORTEST_WINDOW
    seasons = 3 if season_length <= 24 else 2
    return max(-(-SHORTEST_WINDOW // season_length) * season_length, seasons * season_length)


def level(window: int, season_length: int, end: int | None = None) -> Array:
    """Return weights (window,) of the mean over the season before position `end`, the window's end if not given."""
    end = window if end is None else end
    weights = np.zeros(window)
    start = max(0, end - season_length)
    weights[start:end] = 1 / (end - start)
    return weights


def profile(window: int, season_length: int, profile_seasons: int) -> Array:
    """Return weights (window, season_length) of how far each phase lies above the mean of its season.

    It is the mean over the last `profile_seasons` seasons. Phase 0 is that of the first reading after the window.
    """
    count = max(1, min(profile_seasons, window // season_length))
    weights = np.zeros((window, season_length))
    for season in range(1, count + 1):
        start = window - season * season_length
        for phase in range(season_length):
            weights[start + phase, phase] += 1 / count
            weights[:, phase] -= level(window, season_length, start + season_length) / count
    return weights


def level_and_profile(
    window: int, season_length: int, steps: int, profile_seasons: int, positions: int
) -> Decomposition:
    """Return a base of the last season's mean plus the profile; the inputs are the last readings less both."""
    mean, shape = level(window, season_length), profile(window, season_length, profile_seasons)
    inputs = [
        np.eye(window)[i] - mean - shape[:, (i - window) % season_length] for i in range(window - positions, window)
    ]
    base = [mean + shape[:, step % season_length] for step in range(steps)]
    return Decomposition(np.stack(inputs, axis=1), np.stack(base, axis=1))


def level_only(window: int, season_length: int, steps: int, positions: int) -> Decomposition:
    """Return a base of the last season's mean; the inputs are the last readings less it."""
    mean = level(window, season_length)
    inputs = [np.eye(window)[i] - mean for i in range(window - positions, window)]
    return Decomposition(np.stack(inputs, axis=1), np.tile(mean[:, np.newaxis], steps))


def at_every_position(window: int, season_length: int, steps: int, profile_seasons: int) -> Decomposition:
    """Return, for every position, the base of the `steps` readings after it: `base` (window, window × steps).

    A base uses only the readings up to its position. The inputs are each reading less its base one position before.
    """
    identity = np.eye(window)
    bases = np.zeros((window, window, steps))
    inputs = [np.zeros(window)]
    for position in range(window):
        known = position + 1
        if known < season_length:
            bases[:, position] = np.repeat(level(window, season_length, known)[:, np.newaxis], steps, axis=1)
        else:
            bases[:known, position] = level_and_profile(known, season_length, steps, profile_seasons, 1).base
        if known < window:
            inputs.append(identity[known] - bases[:, position, 0])
    return Decomposition(np.stack(inputs, axis=1), bases.reshape(window, window * steps))


@keras.saving.register_keras_serializable("gatecast", "Fixed")  # the name in versions on disk
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
        """Return the layer for a matrix (rows, columns)."""
        return cls(matrix.shape[0], matrix.shape[1], matrix)

    def call(self, values: Any) -> Any:
        return keras.ops.matmul(values, self.matrix)

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (shape[0], self.columns)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rows": self.rows, "columns": self.columns}


@keras.saving.register_keras_serializable("gatecast")
class Log(layers.Layer):  # type: ignore[misc]
    """The natural logarithm; values below `FLOOR` count as `FLOOR`."""

    def call(self, values: Any) -> Any:
        return keras.ops.log(keras.ops.maximum(values, FLOOR))


@keras.saving.register_keras_serializable("gatecast")
class Exp(layers.Layer):  # type: ignore[misc]
    """e to the power of each value; values above `CEILING` count as `CEILING`."""

    def call(self, values: Any) -> Any:
        return keras.ops.exp(keras.ops.minimum(values, CEILING))
