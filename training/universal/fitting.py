"""Training that can be interrupted: it saves checkpoints and goes on from the last one."""

import json
import time
from pathlib import Path

import keras
import numpy as np

from training.networks.universal import network, pinball
from training.universal.batches import batches

LEARNING_RATE = 2e-3
WARMUP_STEPS = 300
DECAY_SHARE = 0.3  # of the steps, in which the learning rate falls
SAVE_EVERY = 250  # batches
JIT_COMPILE = True


def train(directory: Path, seed: int, steps: int) -> keras.Model:
    """Train until `steps` batches are done, and return the network.

    Every `SAVE_EVERY` batches the network is saved to `directory` and a line with the mean loss is added to
    `log.jsonl`. Where `directory` holds a checkpoint, training goes on from there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    checkpoint = directory / "checkpoint.keras"
    keras.utils.set_random_seed(seed)
    model = keras.models.load_model(checkpoint) if checkpoint.exists() else _new_model()
    done = int(model.optimizer.iterations)
    losses: list[float] = []
    start = time.monotonic()
    for number, batch in enumerate(batches(seed, done, steps), start=done + 1):
        model.optimizer.learning_rate = learning_rate(number - 1, steps)
        losses.append(float(model.train_on_batch([batch.readings, batch.steps], batch.target)))
        model.reset_metrics()
        if number % SAVE_EVERY == 0 or number == steps:
            row = {"step": number, "loss": float(np.mean(losses)), "seconds": round(time.monotonic() - start)}
            _log(directory / "log.jsonl", row)
            _save(model, checkpoint)
            losses = []
    return model


def learning_rate(step: int, steps: int) -> float:
    """Return the rate of a step: it rises for `WARMUP_STEPS`, stays, and falls to 0 over the last `DECAY_SHARE`.

    Until it falls it does not depend on the number of steps, so a run may still be made shorter or longer.
    """
    rise, fall = (step + 1) / WARMUP_STEPS, (steps - step) / (DECAY_SHARE * steps)
    return LEARNING_RATE * min(1.0, rise, fall)


def _new_model() -> keras.Model:
    """Build the network with Adam; XLA compiles one program for each shape of a batch, and halves the time."""
    model = network()
    model.compile(keras.optimizers.Adam(LEARNING_RATE, clipnorm=1.0), loss=pinball, jit_compile=JIT_COMPILE)
    model.optimizer.build(model.trainable_variables)  # in the first step, they would make TensorFlow trace it twice
    return model


def _log(path: Path, row: dict[str, float]) -> None:
    print(json.dumps(row), flush=True)
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


def _save(model: keras.Model, checkpoint: Path) -> None:
    """Write to another file first, so that an interruption never leaves half a checkpoint."""
    part = checkpoint.with_name("part.keras")
    model.save(part)
    part.replace(checkpoint)
