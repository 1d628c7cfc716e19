"""How a tuned network is trained on a series: scaling, windows drawn with replacement, and the loss."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from service.artifacts.scaler import MinMax
from service.interfaces import Array
from training.forecast.fitting import windows
from training.forecast.fitting.building import build, in_scaled_units, remainder_scale
from training.forecast.fitting.recipes import ForecasterConfig
from training.networks import decomposition

MIN_SHARE_FOR_LOG = 1e-3  # logarithms are taken if every reading is above this share of the largest
TRAINED_POSITIONS = 13  # the last of the window, where there is a forecast at every position
HUBER_DELTA = 0.1  # where the loss turns from quadratic to linear, in units of the scale
EPOCHS = 20  # parts of a training, for its loss curve
WEIGHT_DECAY = 1e-4


@dataclass
class FittedNetwork:
    """A trained network with its scaler, and the loss of every epoch (on the validation set, too, if there was one)."""

    model: keras.Model
    scaler: MinMax
    losses: list[float]
    validation_losses: list[float] = field(default_factory=list)


def is_positive(readings: Array) -> bool:
    """Whether the readings have logarithms, none of them far below the others."""
    return bool(readings.min() > MIN_SHARE_FOR_LOG * readings.max() > 0)


def fit_scaler(readings: Array) -> MinMax:
    """Map 0 to the largest reading to 0 to 1; if the readings are not all positive, map their range."""
    return MinMax(0.0 if is_positive(readings) else float(readings.min()), float(readings.max()))


def fit(config: ForecasterConfig, readings: Array, season_length: int, steps: int, seed: int) -> FittedNetwork:
    """Train a tuned network on readings (time,). The same seed gives the same network."""
    keras.utils.set_random_seed(seed)
    scaler, positive = fit_scaler(readings), is_positive(readings)
    values = scaler.transform(readings)
    if positive:
        values = np.log(np.maximum(values, decomposition.FLOOR))
    x, y = windows.next_steps_padded(values, decomposition.window_of(season_length), steps)
    scale = remainder_scale(config, season_length, steps, x)
    model = build(config, season_length, steps, scale)
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.updates)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY, clipnorm=1.0)
    model.compile(optimizer=optimizer, loss=pseudo_huber(scale))
    optimizer.build(model.trainable_variables)  # in the first step, they would make TensorFlow trace it twice
    x, y = bootstrap_windows(config, x, y, linear_trend(values), seed)
    losses = model.fit(
        _batches(x, _targets(config, x, y), config.batch_size),
        epochs=EPOCHS,
        steps_per_epoch=config.updates // EPOCHS,
        shuffle=False,
        verbose=0,
    ).history["loss"]
    return FittedNetwork(in_scaled_units(model, positive), scaler, losses)


def linear_trend(values: Array) -> float:
    """Return the least-squares slope of values (time,) per reading."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


def bootstrap_windows(config: ForecasterConfig, x: Array, y: Array, trend: float, seed: int) -> tuple[Array, Array]:
    """Draw `updates` × `batch_size` windows and their targets, with replacement, and add a random trend to each.

    x (n, window, 1) and y (n, steps) become (draws, window) and (draws, steps). The trends of the drawn windows have a
    mean of (1 − `trend_jitter`) times the series' own `trend` and a standard deviation of `trend_jitter` times it: the
    network must read a trend from the window and cannot learn it by heart.
    """
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(x), config.updates * config.batch_size)
    added = trend * config.trend_jitter * rng.normal(-1, 1, (len(rows), 1))
    time = np.arange(x.shape[1] + y.shape[1]) - x.shape[1] + 1.0
    return x[rows, :, 0] + added * time[: x.shape[1]], y[rows] + added * time[x.shape[1] :]


def pseudo_huber(scale: float) -> Callable[[Any, Any], Any]:
    """Return a loss: the mean pseudo-Huber error, in units of the scale, of targets that are not NaN."""
    ops = keras.ops

    def loss(actual: Any, forecast: Any) -> Any:
        known = ops.cast(ops.logical_not(ops.isnan(actual)), "float32")
        error = known * (ops.nan_to_num(actual) - forecast) / scale
        losses = ops.sqrt(ops.square(error) + HUBER_DELTA**2) - HUBER_DELTA
        return ops.sum(known * losses) / ops.maximum(ops.sum(known), 1.0)

    return loss


def _targets(config: ForecasterConfig, x: Array, y: Array) -> Array:
    """Return y, or the `steps` readings after every position: (n, window, steps), NaN where it is not trained."""
    if config.decomposition != "everywhere":
        return y
    readings = np.concatenate([x, y], axis=1)
    targets = np.lib.stride_tricks.sliding_window_view(readings[:, 1:], y.shape[1], axis=1).copy()
    targets[:, : x.shape[1] - TRAINED_POSITIONS] = np.nan
    return targets


def _batches(x: Array, y: Array, batch_size: int) -> Any:
    import tensorflow as tf

    pair = tf.data.Dataset.from_tensor_slices((x.astype(np.float32), y.astype(np.float32)))
    return pair.batch(batch_size)
