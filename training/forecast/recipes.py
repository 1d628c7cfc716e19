"""How each forecaster is built and trained: a recipe names its view of the window, its network and its knobs.

A tuned network reads (batch, window, 1) of readings over their largest (all of them positive; see `scaler`) and
gives (batch, steps) in the same units. Its window, in logarithms where it may, goes through a fixed view to a small
recurrent core, which forecasts what is left over the view's base:

    forecast = exp(base + scale · core((log window − base of the window) / scale))

`time_distributed` gives that at every position, (batch, window, steps); the last position is the forecast.
The tutorial's settings stay as they were, in `TUTORIAL`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from service.artifacts.scaler import MinMax
from service.interfaces import Array
from training.forecast import windows
from training.networks import decomposition, tutorial
from training.networks.decomposition import Decomposition, Exp, FixedProjection, Log

ROOM_FOR_LOG = 1e-3  # readings that all lie above this share of the largest are looked at as logarithms
HUBER = 0.1  # where the loss turns from square to linear, in units of the scale
EPOCHS = 20  # parts of a training, for its curve
TUTORIAL_WINDOW = 15
DROPOUT = 0.2


@dataclass(frozen=True)
class ForecasterConfig:
    """One forecaster. `updates` steps of `batch` windows each, drawn with replacement; rate falls to 0 as a cosine."""

    name: str
    layers: str  # in words, for the card
    core: Callable[[int], list[Any]] | None  # steps → layers; None: the tutorial's network of this name
    decomposition: str = "profile"  # or level, everywhere
    years: int = 3  # seasons in the profile
    seasons: int = 1  # seasons of inputs
    logs: bool = True
    drift: float = 1.0  # how much random growth is added to the windows, in units of the series' own
    updates: int = 300
    batch: int = 64
    rate: float = 5e-3
    decay: float = 1e-4
    huber: bool = True
    epochs: int = 100  # the tutorial's


@dataclass
class FittedNetwork:
    """A trained network with its scaler; one loss an epoch, in units of the scale squared."""

    model: keras.Model
    scaler: MinMax
    losses: list[float]
    validation: list[float]
    epochs: int


def is_positive(readings: Array) -> bool:
    """Whether the readings may be looked at as logarithms."""
    return bool(readings.min() > ROOM_FOR_LOG * readings.max() > 0)


def scaler(readings: Array) -> MinMax:
    """0 to the largest reading → 0 to 1; where readings are not all positive, their range."""
    return MinMax(0.0 if is_positive(readings) else float(readings.min()), float(readings.max()))


def window_of(recipe: ForecasterConfig, season: int) -> int:
    return TUTORIAL_WINDOW if recipe.core is None else decomposition.window_of(season)


def build(recipe: ForecasterConfig, season: int, steps: int, positive: bool, scale: float = 1.0) -> keras.Model:
    """The network, untrained. `scale` is that of what the view leaves, see `residual_scale`."""
    if recipe.core is None:
        return tutorial.FORECASTERS[recipe.name](TUTORIAL_WINDOW, steps)
    return _outer(recipe, _inner(recipe, season, steps, scale), positive)


def decompose(recipe: ForecasterConfig, season: int, steps: int) -> Decomposition:
    window, season = decomposition.window_of(season), decomposition.effective_season_length(season)
    positions = min(window, max(recipe.seasons * season, 12))
    if recipe.decomposition == "everywhere":
        return decomposition.at_every_position(window, season, steps, recipe.years)
    if recipe.decomposition == "profile":
        return decomposition.level_and_profile(window, season, steps, recipe.years, positions)
    return decomposition.level_only(window, season, steps, positions)


def _inner(recipe: ForecasterConfig, season: int, steps: int, scale: float) -> keras.Model:
    """(batch, window), logarithms where wanted → the forecasts of them."""
    seen = decompose(recipe, season, steps)
    window, positions = seen.inputs.shape
    values = keras.Input((window,))
    # -0.0 keeps the files of a version as they were
    inputs = layers.Rescaling(1 / scale, -0.0)(FixedProjection.of(seen.inputs)(values))
    inputs = layers.Reshape((positions, 1))(inputs)
    core = keras.Sequential([keras.Input((positions, 1)), *recipe.core(steps)])  # type: ignore[misc]
    left, base = core(inputs), FixedProjection.of(seen.base)(values)
    if recipe.decomposition == "everywhere":
        base = layers.Reshape((window, steps))(base)
    return keras.Model(values, layers.Add()([base, layers.Rescaling(scale)(left)]))


def _outer(recipe: ForecasterConfig, inner: keras.Model, positive: bool) -> keras.Model:
    """(batch, window, 1) → forecasts, both in scaled units."""
    window = keras.Input((inner.input_shape[1], 1), name="window")
    values = layers.Reshape((inner.input_shape[1],))(window)
    if not (recipe.logs and positive):
        return keras.Model(window, inner(values))
    return keras.Model(window, Exp()(inner(Log()(values))))


def ensemble(models: Sequence[keras.Model]) -> keras.Model:
    """The mean of the models' forecasts, as one network of one input; they must read the same window."""
    window = keras.Input(models[0].input_shape[1:], name="window")
    answers = [_last(model, model(window)) for model in models]
    return keras.Model(window, layers.Average()(answers), name="ensemble")


def _last(model: keras.Model, answer: Any) -> Any:
    """Of a forecast at every position, that at the last."""
    if len(model.output_shape) == 2:
        return answer
    return layers.Reshape((model.output_shape[2],))(layers.Cropping1D((model.output_shape[1] - 1, 0))(answer))


def fit(
    recipe: ForecasterConfig,
    readings: Array,
    season: int,
    steps: int,
    seed: int,
    watched: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> FittedNetwork:
    """Train on all but the last `watched` readings, and measure the loss on those after every epoch."""
    keras.utils.set_random_seed(seed)
    if recipe.core is None:
        return _tutorial(recipe, readings, steps, watched, callbacks)
    known = readings[: len(readings) - watched]
    scaled = scaler(known)
    positive = is_positive(known)

    def seen(values: Array) -> Array:
        values = scaled.transform(values)
        return np.log(np.maximum(values, decomposition.FLOOR)) if recipe.logs and positive else values

    window = window_of(recipe, season)
    x, y = windows.partly_known(seen(known), window, steps)
    scale = residual_scale(recipe, season, steps, x)
    inner = _inner(recipe, season, steps, scale)
    inner.compile(optimizer=_optimizer(recipe), loss=loss(scale, recipe.huber))
    held = None
    if watched:
        held = windows.next_steps(seen(readings[-watched - window :]), window, steps)
        held = held[0][..., 0], _targets(recipe, *held)
    x, y = bootstrap_windows(recipe, x, y, growth(seen(known)), seed)
    history = inner.fit(
        _batches(x, _targets(recipe, x, y), recipe.batch),
        epochs=EPOCHS,
        steps_per_epoch=recipe.updates // EPOCHS,
        validation_data=held,
        callbacks=list(callbacks),
        shuffle=False,
        verbose=0,
    ).history
    return FittedNetwork(_outer(recipe, inner, positive), scaled, history["loss"], history.get("val_loss", []), EPOCHS)


def _tutorial(
    recipe: ForecasterConfig, readings: Array, steps: int, watched: int, callbacks: Sequence[keras.callbacks.Callback]
) -> FittedNetwork:
    """The tutorial's way: min-max scaling, mean squared error, Adam, every window once an epoch."""
    known = readings[: len(readings) - watched]
    scaled = MinMax(float(known.min()), float(known.max()))
    model = tutorial.FORECASTERS[recipe.name](TUTORIAL_WINDOW, steps)
    x, y = _tutorial_examples(recipe.name, scaled.transform(known), steps)
    if model.output_shape[1:] != y.shape[1:]:
        raise ValueError(f"{recipe.name} gives {model.output_shape}, its targets are {y.shape}")
    model.compile(optimizer="adam", loss="mse")
    held = _tutorial_watched(recipe.name, scaled, readings, watched, steps) if watched else None
    told = {"epochs": recipe.epochs, "batch_size": recipe.batch, "validation_data": held, "verbose": 0}
    history = model.fit(x, y, callbacks=list(callbacks), **told).history
    return FittedNetwork(model, scaled, history["loss"], history.get("val_loss", []), recipe.epochs)


def _tutorial_examples(name: str, values: Array, steps: int) -> tuple[Array, Array]:
    if name == "time_distributed":
        return windows.shifted(values, TUTORIAL_WINDOW)
    return windows.next_steps(values, TUTORIAL_WINDOW, steps if name == "lstm14" else 1)


def _tutorial_watched(name: str, scaled: MinMax, readings: Array, watched: int, steps: int) -> tuple[Array, ...]:
    """Windows and targets of the watched part; at every position only targets that were not trained on count."""
    x, y = _tutorial_examples(name, scaled.transform(readings[-watched - TUTORIAL_WINDOW :]), steps)
    if name != "time_distributed":
        return x, y
    row, position = np.indices(y.shape[:2])
    unseen = row + position >= TUTORIAL_WINDOW - 1
    return x, y, unseen * (unseen.size / unseen.sum())


def residual_scale(recipe: ForecasterConfig, season: int, steps: int, x: Array) -> float:
    """The spread of what the view makes of the windows x (n, window, 1)."""
    inputs = x[..., 0] @ decompose(recipe, season, steps).inputs
    inputs = inputs[:, -max(decomposition.effective_season_length(season), 12) :]
    return float(max(inputs.std(), 1e-3))


def growth(values: Array) -> float:
    """Least-squares slope a reading."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


def bootstrap_windows(recipe: ForecasterConfig, x: Array, y: Array, slope: float, seed: int) -> tuple[Array, Array]:
    """`updates` × `batch` windows and their targets, drawn with replacement.

    With `drift` each gets a random growth, such that growths have a mean of (1 - drift) of the series' own and
    spread over as much: the network must read a trend from the window and cannot learn one by heart.
    """
    chance = np.random.default_rng(seed)
    rows = chance.integers(0, len(x), recipe.updates * recipe.batch)
    added = slope * recipe.drift * chance.normal(-1, 1, (len(rows), 1))
    time = np.arange(x.shape[1] + y.shape[1]) - x.shape[1] + 1.0
    return x[rows, :, 0] + added * time[: x.shape[1]], y[rows] + added * time[x.shape[1] :]


def _targets(recipe: ForecasterConfig, x: Array, y: Array) -> Array:
    """What is forecast: y, or at every position the `steps` readings after it."""
    if recipe.decomposition != "everywhere":
        return y
    x = x.reshape(len(x), -1)
    both = np.concatenate([x, y], axis=1)
    rows = np.lib.stride_tricks.sliding_window_view(both[:, 1:], y.shape[1], axis=1)
    targets = rows.copy()
    targets[:, : x.shape[1] - 13] = np.nan
    return targets


def _batches(x: Array, y: Array, size: int) -> Any:
    import tensorflow as tf

    pair = tf.data.Dataset.from_tensor_slices((x.astype(np.float32), y.astype(np.float32)))
    return pair.batch(size)


def _optimizer(recipe: ForecasterConfig) -> keras.optimizers.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, recipe.updates)
    return keras.optimizers.AdamW(rate, weight_decay=recipe.decay, clipnorm=1.0)


def loss(scale: float, huber: bool) -> Callable[[Any, Any], Any]:
    """Mean over known targets (not NaN) of the squared error, or the pseudo-Huber one, in units of the scale."""
    ops = keras.ops

    def measured(actual: Any, forecast: Any) -> Any:
        known = ops.cast(ops.logical_not(ops.isnan(actual)), "float32")
        error = known * (ops.nan_to_num(actual) - forecast) / scale
        each = ops.sqrt(ops.square(error) + HUBER**2) - HUBER if huber else ops.square(error)
        return ops.sum(known * each) / ops.maximum(ops.sum(known), 1.0)

    return measured


def _single(cell: Callable[[int], Any], units: int) -> Callable[[int], list[Any]]:
    return lambda steps: [cell(units), layers.Dropout(DROPOUT), layers.Dense(steps)]


def _gru(units: int) -> Any:
    return layers.GRU(units, use_cudnn=False)


def _lstm(units: int) -> Any:
    return layers.LSTM(units, use_cudnn=False)


def _stack(steps: int) -> list[Any]:
    first = layers.LSTM(24, return_sequences=True, use_cudnn=False)
    return [first, _lstm(24), layers.Dropout(DROPOUT), layers.Dense(steps)]


def _distributed(steps: int) -> list[Any]:
    cell = layers.LSTM(24, return_sequences=True, use_cudnn=False)
    return [cell, layers.Dropout(DROPOUT), layers.TimeDistributed(layers.Dense(steps))]


TUNED: dict[str, ForecasterConfig] = {
    recipe.name: recipe
    for recipe in (
        ForecasterConfig(
            "simple_rnn", "log → less level and profile → SimpleRNN(16)", _single(layers.SimpleRNN, 16), updates=400
        ),
        ForecasterConfig("lstm", "log → less level and profile → 2 × LSTM(24)", _stack, updates=400),
        ForecasterConfig("lstm14", "log → less level and profile → LSTM(48)", _single(_lstm, 48)),
        ForecasterConfig(
            "time_distributed",
            "log → less the base at every position → LSTM(24, sequences) → TimeDistributed(Dense)",
            _distributed,
            decomposition="everywhere",
            drift=0.6,
        ),
        ForecasterConfig(
            "gru",
            "log → less level and profile → GRU(16)",
            _single(_gru, 16),
            updates=200,
            batch=128,
            rate=1e-2,
        ),
        # no model of its own: it sees two seasons and no profile, so that its errors differ from the others'
        ForecasterConfig(
            "level", "log → less level → GRU(32)", _single(_gru, 32), decomposition="level", seasons=2, updates=600
        ),
    )
}
ENSEMBLE = ("simple_rnn", "lstm14", "time_distributed", "gru", "level")  # chosen on validation; equal weights
TUTORIAL: dict[str, ForecasterConfig] = {
    name: ForecasterConfig(name, tutorial.LAYERS[name], None, updates=0, batch=32, rate=1e-3, huber=False, logs=False)
    for name in tutorial.FORECASTERS
}
