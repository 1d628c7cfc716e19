"""How each forecaster is built and trained: its decomposition of the window, its network and its settings.

A tuned network reads (batch, window, 1) of readings divided by their maximum (if all are positive; see `fit_scaler`) and
gives (batch, steps) in the same units. The window, in logarithms where possible, goes through a fixed decomposition into
a base and a remainder; a small recurrent core forecasts the remainder:

    forecast = exp(base + scale · core((log window − base of the window) / scale))

`time_distributed` gives a forecast at every position, (batch, window, steps); the last position is the answer.
`TUTORIAL` keeps the tutorial's networks and settings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from service.artifacts.scaler import MinMax
from service.interfaces import Array
from training.forecast.fitting import windows
from training.networks import decomposition, tutorial
from training.networks.decomposition import Decomposition, Exp, FixedProjection, Log

MIN_SHARE_FOR_LOG = 1e-3  # logarithms are taken if every reading is above this share of the largest
MIN_INPUTS = 12  # positions that the core reads, at least
MIN_SCALE = 1e-3
TRAINED_POSITIONS = 13  # the last of the window, where there is a forecast at every position
HUBER_DELTA = 0.1  # where the loss turns from quadratic to linear, in units of the scale
EPOCHS = 20  # parts of a training, for its loss curve
WEIGHT_DECAY = 1e-4
DROPOUT = 0.2
TUTORIAL_WINDOW = 15
TUTORIAL_BATCH_SIZE = 32


@dataclass(frozen=True)
class ForecasterConfig:
    """How one tuned forecaster is built and trained.

    It is trained for `updates` steps on `batch_size` windows each, drawn with replacement; the learning rate decays to 0
    as a cosine. `trend_jitter` says how much random growth is added to the windows, see `bootstrap_windows`.
    """

    name: str
    layers: str  # in words, for the card
    core: Callable[[int], list[Any]]  # steps → layers
    decomposition: Literal["profile", "level", "everywhere"] = "profile"
    profile_seasons: int = 3
    input_seasons: int = 1
    trend_jitter: float = 1.0
    updates: int = 300
    batch_size: int = 64
    learning_rate: float = 5e-3


@dataclass(frozen=True)
class TutorialConfig:
    """One of the tutorial's networks, trained for a number of epochs."""

    name: str
    layers: str  # in words, for the card
    epochs: int = 100


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


def build(config: ForecasterConfig, season_length: int, steps: int, scale: float) -> keras.Model:
    """Build the untrained network from windows (batch, window) to forecasts, both in logarithms if those are taken.

    `scale` is that of the remainder, see `remainder_scale`. Forecasts are (batch, steps), or (batch, window, steps).
    """
    parts = _decompose(config, season_length, steps)
    window, positions = parts.inputs.shape
    values = keras.Input((window,))
    inputs = FixedProjection.of(parts.inputs)(values)
    inputs = layers.Rescaling(1 / scale, -0.0)(inputs)  # -0.0 keeps the files of a version as they were
    inputs = layers.Reshape((positions, 1))(inputs)
    core = keras.Sequential([keras.Input((positions, 1)), *config.core(steps)])
    remainder, base = core(inputs), FixedProjection.of(parts.base)(values)
    if config.decomposition == "everywhere":
        base = layers.Reshape((window, steps))(base)
    return keras.Model(values, layers.Add()([base, layers.Rescaling(scale)(remainder)]))


def in_scaled_units(model: keras.Model, positive: bool) -> keras.Model:
    """Wrap a network of `build`: the result reads (batch, window, 1) in scaled units and takes logarithms if it may."""
    length = model.input_shape[1]
    window = keras.Input((length, 1), name="window")
    values = layers.Reshape((length,))(window)
    return keras.Model(window, Exp()(model(Log()(values))) if positive else model(values))


def ensemble(models: Sequence[keras.Model]) -> keras.Model:
    """Build one network that gives the mean of the models' forecasts; all models read the same window."""
    window = keras.Input(models[0].input_shape[1:], name="window")
    forecasts = [_last_position(model, model(window)) for model in models]
    return keras.Model(window, layers.Average()(forecasts), name="ensemble")


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
    x, y = bootstrap_windows(config, x, y, linear_trend(values), seed)
    losses = model.fit(
        _batches(x, _targets(config, x, y), config.batch_size),
        epochs=EPOCHS,
        steps_per_epoch=config.updates // EPOCHS,
        shuffle=False,
        verbose=0,
    ).history["loss"]
    return FittedNetwork(in_scaled_units(model, positive), scaler, losses)


def fit_tutorial(
    config: TutorialConfig, readings: Array, steps: int, seed: int, validation_size: int = 0
) -> FittedNetwork:
    """Train as the tutorial does: min-max scaling, mean squared error, Adam, every window once per epoch.

    The last `validation_size` readings are not trained on; the loss on them is measured after every epoch.
    """
    keras.utils.set_random_seed(seed)
    train = readings[: len(readings) - validation_size]
    scaler = MinMax(float(train.min()), float(train.max()))
    model = tutorial.FORECASTERS[config.name](TUTORIAL_WINDOW, steps)
    x, y = _tutorial_examples(config.name, scaler.transform(train), steps)
    if model.output_shape[1:] != y.shape[1:]:
        raise ValueError(f"{config.name} gives {model.output_shape}, its targets are {y.shape}")
    validation = None
    if validation_size:
        recent = readings[-validation_size - TUTORIAL_WINDOW :]
        validation = _tutorial_validation(config.name, scaler.transform(recent), steps)
    model.compile(optimizer="adam", loss="mse")
    history = model.fit(
        x, y, epochs=config.epochs, batch_size=TUTORIAL_BATCH_SIZE, validation_data=validation, verbose=0
    ).history
    return FittedNetwork(model, scaler, history["loss"], history.get("val_loss", []))


def remainder_scale(config: ForecasterConfig, season_length: int, steps: int, x: Array) -> float:
    """Return the standard deviation of the remainder of windows x (n, window, 1) in the last season."""
    remainder = x[..., 0] @ _decompose(config, season_length, steps).inputs
    last_season = remainder[:, -max(decomposition.effective_season_length(season_length), MIN_INPUTS) :]
    return float(max(last_season.std(), MIN_SCALE))


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


def _decompose(config: ForecasterConfig, season_length: int, steps: int) -> Decomposition:
    window, season_length = decomposition.window_of(season_length), decomposition.effective_season_length(season_length)
    positions = min(window, max(config.input_seasons * season_length, MIN_INPUTS))
    if config.decomposition == "everywhere":
        return decomposition.at_every_position(window, season_length, steps, config.profile_seasons)
    if config.decomposition == "profile":
        return decomposition.level_and_profile(window, season_length, steps, config.profile_seasons, positions)
    return decomposition.level_only(window, season_length, steps, positions)


def _last_position(model: keras.Model, forecast: Any) -> Any:
    """Keep the forecast at the last position, if there is one at every position."""
    if len(model.output_shape) == 2:
        return forecast
    return layers.Reshape((model.output_shape[2],))(layers.Cropping1D((model.output_shape[1] - 1, 0))(forecast))


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


def _tutorial_examples(name: str, values: Array, steps: int) -> tuple[Array, Array]:
    if name == "time_distributed":
        return windows.shifted(values, TUTORIAL_WINDOW)
    return windows.next_steps(values, TUTORIAL_WINDOW, steps if name == "lstm14" else 1)


def _tutorial_validation(name: str, values: Array, steps: int) -> tuple[Array, ...]:
    """Return windows and targets of the validation set; only targets that were not trained on have a weight."""
    x, y = _tutorial_examples(name, values, steps)
    if name != "time_distributed":
        return x, y
    row, position = np.indices(y.shape[:2])
    is_new = row + position >= TUTORIAL_WINDOW - 1
    return x, y, is_new * (is_new.size / is_new.sum())


def _gru(units: int) -> Any:
    return layers.GRU(units, use_cudnn=False)


def _lstm(units: int, return_sequences: bool = False) -> Any:
    return layers.LSTM(units, return_sequences=return_sequences, use_cudnn=False)


def _single(cell: Callable[[int], Any], units: int) -> Callable[[int], list[Any]]:
    return lambda steps: [cell(units), layers.Dropout(DROPOUT), layers.Dense(steps)]


def _stacked(steps: int) -> list[Any]:
    return [_lstm(24, return_sequences=True), _lstm(24), layers.Dropout(DROPOUT), layers.Dense(steps)]


def _distributed(steps: int) -> list[Any]:
    return [
        _lstm(24, return_sequences=True),
        layers.Dropout(DROPOUT),
        layers.TimeDistributed(layers.Dense(steps)),
    ]


TUNED: dict[str, ForecasterConfig] = {
    config.name: config
    for config in (
        ForecasterConfig(
            "simple_rnn", "log → less level and profile → SimpleRNN(16)", _single(layers.SimpleRNN, 16), updates=400
        ),
        ForecasterConfig("lstm", "log → less level and profile → 2 × LSTM(24)", _stacked, updates=400),
        ForecasterConfig("lstm14", "log → less level and profile → LSTM(48)", _single(_lstm, 48)),
        ForecasterConfig(
            "time_distributed",
            "log → less the base at every position → LSTM(24, sequences) → TimeDistributed(Dense)",
            _distributed,
            decomposition="everywhere",
            trend_jitter=0.6,
        ),
        ForecasterConfig(
            "gru",
            "log → less level and profile → GRU(16)",
            _single(_gru, 16),
            updates=200,
            batch_size=128,
            learning_rate=1e-2,
        ),
        # for the ensemble only: it reads two seasons and uses no profile, so that its errors differ from the others'
        ForecasterConfig(
            "level",
            "log → less level → GRU(32)",
            _single(_gru, 32),
            decomposition="level",
            input_seasons=2,
            updates=600,
        ),
    )
}
ENSEMBLE = ("simple_rnn", "lstm14", "time_distributed", "gru", "level")  # chosen on validation folds; equal weights
TUTORIAL: dict[str, TutorialConfig] = {
    name: TutorialConfig(name, tutorial.LAYERS[name]) for name in tutorial.FORECASTERS
}
