"""How the tutorial's networks are trained: as in the tutorial, with the loss on later readings after every epoch."""

import keras
import numpy as np

from service.artifacts.scaler import MinMax
from service.interfaces import Array
from training.forecast.fitting import windows
from training.forecast.fitting.recipes import TUTORIAL_WINDOW, TutorialConfig
from training.forecast.fitting.training import FittedNetwork
from training.networks import tutorial

TUTORIAL_BATCH_SIZE = 32


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
    x, y = _examples(config.name, scaler.transform(train), steps)
    if model.output_shape[1:] != y.shape[1:]:
        raise ValueError(f"{config.name} gives {model.output_shape}, its targets are {y.shape}")
    validation = None
    if validation_size:
        recent = readings[-validation_size - TUTORIAL_WINDOW :]
        validation = _validation(config.name, scaler.transform(recent), steps)
    model.compile(optimizer="adam", loss="mse")
    model.optimizer.build(model.trainable_variables)  # in the first step, they would make TensorFlow trace it twice
    history = model.fit(
        x, y, epochs=config.epochs, batch_size=TUTORIAL_BATCH_SIZE, validation_data=validation, verbose=0
    ).history
    return FittedNetwork(model, scaler, history["loss"], history.get("val_loss", []))


def _examples(name: str, values: Array, steps: int) -> tuple[Array, Array]:
    if name == "time_distributed":
        return windows.shifted(values, TUTORIAL_WINDOW)
    return windows.next_steps(values, TUTORIAL_WINDOW, steps if name == "lstm14" else 1)


def _validation(name: str, values: Array, steps: int) -> tuple[Array, ...]:
    """Return windows and targets of the validation set; only targets that were not trained on have a weight."""
    x, y = _examples(name, values, steps)
    if name != "time_distributed":
        return x, y
    row, position = np.indices(y.shape[:2])
    is_new = row + position >= TUTORIAL_WINDOW - 1
    return x, y, is_new * (is_new.size / is_new.sum())
