"""How a tuned network is built from its recipe.

It reads (batch, window, 1) of readings divided by their maximum (if all are positive; see `training.fit_scaler`) and gives
(batch, steps) in the same units. The window, in logarithms where possible, goes through a fixed decomposition into a base
and a remainder; a small recurrent core forecasts the remainder:

    forecast = exp(base + scale · core((log window − base of the window) / scale))

`time_distributed` gives a forecast at every position, (batch, window, steps); the last position is the answer.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from service.interfaces import Array
from training.forecast.fitting.recipes import ForecasterConfig
from training.networks import decomposition
from training.networks.decomposition import Decomposition, Exp, FixedProjection, Log

MIN_INPUTS = 12  # positions that the core reads, at least
MIN_SCALE = 1e-3


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


def remainder_scale(config: ForecasterConfig, season_length: int, steps: int, x: Array) -> float:
    """Return the standard deviation of the remainder of windows x (n, window, 1) in the last season."""
    remainder = x[..., 0] @ _decompose(config, season_length, steps).inputs
    last_season = remainder[:, -max(decomposition.effective_season_length(season_length), MIN_INPUTS) :]
    return float(max(last_season.std(), MIN_SCALE))


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
