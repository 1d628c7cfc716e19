"""Training that can be resumed: checkpoints, and the batches that come next."""

import json
import time
from pathlib import Path

import keras
import numpy as np

from training.networks.universal import network, pinball
from training.universal.batches import batches

LEARNING_RATE = 2e-3
SAVE_EVERY = 250


def train(directory: Path, seed: int, steps: int) -> keras.Model:
    """Train up to `steps` batches, going on from the checkpoint in `directory` where there is one."""
    directory.mkdir(parents=True, exist_ok=True)
    checkpoint, log = directory / "checkpoint.keras", directory / "log.jsonl"
    keras.utils.set_random_seed(seed)
    if checkpoint.exists():
        model = keras.models.load_model(checkpoint)
    else:
        model = network()
        rate = keras.optimizers.schedules.CosineDecay(1e-4, steps - 300, warmup_target=LEARNING_RATE, warmup_steps=300)
        model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), loss=pinball)
    done = int(model.optimizer.iterations)
    losses: list[float] = []
    began = time.monotonic()
    for number, batch in enumerate(batches(seed, done, steps), start=done + 1):
        losses.append(float(model.train_on_batch([batch.readings, batch.steps], batch.target)))
        model.reset_metrics()
        if number % SAVE_EVERY == 0 or number == steps:
            row = {"step": number, "loss": float(np.mean(losses)), "seconds": round(time.monotonic() - began)}
            print(json.dumps(row), flush=True)
            with log.open("a") as file:
                file.write(json.dumps(row) + "\n")
            part = checkpoint.with_name("part.keras")
            model.save(part)
            part.replace(checkpoint)
            losses = []
    return model
