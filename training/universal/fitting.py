"""Training that can be interrupted: it saves checkpoints and goes on from the last one."""

import json
import time
from pathlib import Path

import keras
import numpy as np

from training.networks.universal import network, pinball
from training.universal.batches import batches

LEARNING_RATE = 2e-3
FIRST_RATE = 1e-4  # of the warm-up
WARMUP_STEPS = 300
SAVE_EVERY = 250  # batches


def train(directory: Path, seed: int, steps: int) -> keras.Model:
    """Train until `steps` batches are done, and return the network.

    Every `SAVE_EVERY` batches the network is saved to `directory` and a line with the mean loss is added to
    `log.jsonl`. Where `directory` holds a checkpoint, training goes on from there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    checkpoint = directory / "checkpoint.keras"
    keras.utils.set_random_seed(seed)
    model = keras.models.load_model(checkpoint) if checkpoint.exists() else _new_model(steps)
    done = int(model.optimizer.iterations)
    losses: list[float] = []
    start = time.monotonic()
    for number, batch in enumerate(batches(seed, done, steps), start=done + 1):
        losses.append(float(model.train_on_batch([batch.readings, batch.steps], batch.target)))
        model.reset_metrics()
        if number % SAVE_EVERY == 0 or number == steps:
            row = {"step": number, "loss": float(np.mean(losses)), "seconds": round(time.monotonic() - start)}
            _log(directory / "log.jsonl", row)
            _save(model, checkpoint)
            losses = []
    return model


def _new_model(steps: int) -> keras.Model:
    """Build the network with Adam; the learning rate rises for `WARMUP_STEPS`, then falls to 0 as a cosine."""
    model = network()
    rate = keras.optimizers.schedules.CosineDecay(
        FIRST_RATE, max(steps - WARMUP_STEPS, 1), warmup_target=LEARNING_RATE, warmup_steps=WARMUP_STEPS
    )
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss=pinball)
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
