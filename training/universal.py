"""Train the universal forecaster: one small recurrent network, on synthetic series alone, for any series.

    python -m training.universal --directory runs/universal    # an hour of one core; goes on where it stopped

and writes it to models/ as the next version of `universal`.

An encoder of two GRU layers reads the context, a third GRU layer runs over the steps asked for, with what simple
forecasts say of each (service/context.py), and gives nine quantiles of every step at once: none is fed back. The loss
is the mean pinball loss in units of the series' own seasonal difference. Batch n is made from (seed, n) alone, so a
run that was interrupted goes on with the batches that it would have had.
"""

import argparse
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from service.context import CONTEXT, HORIZON, QUANTILES, READING_FEATURES, STEP_FEATURES, view
from training import synthetic

NAME = "universal"
UNITS = 128
BATCH = 128
GROUPS = 4  # of one season each, in a batch
STEPS = 8_000
LEARNING_RATE = 2e-3
SEED = 0
LENGTHS = (12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, CONTEXT)
LENGTH_SHARES = (0.06, 0.07, 0.09, 0.1, 0.11, 0.12, 0.13, 0.12, 0.09, 0.06, 0.03, 0.02)  # the long cost the most
MAX_TARGET = 50.0  # in units of the scale; what lies further teaches no more
SAVE_EVERY = 250

Inputs = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """`readings` (128, time, 7), `steps` (128, steps, 18), `target` (128, steps) in units of the scale."""

    readings: Inputs
    steps: Inputs
    target: Inputs


def network(units: int = UNITS) -> keras.Model:
    """(batch, time, 7) and (batch, steps, 18) → (batch, steps, 9)."""
    readings = keras.Input((None, READING_FEATURES), name="readings")
    steps = keras.Input((None, STEP_FEATURES), name="steps")
    hidden = layers.GRU(units, return_sequences=True, use_cudnn=False, name="encoder_1")(readings)
    state = layers.GRU(units, use_cudnn=False, name="encoder_2")(hidden)
    ahead = layers.GRU(units, return_sequences=True, use_cudnn=False, name="decoder")(steps, initial_state=state)
    ahead = layers.Concatenate(name="beside")([ahead, steps])
    ahead = layers.Dense(units, activation="relu", name="mixing")(ahead)
    output = layers.Dense(len(QUANTILES), kernel_initializer="zeros", name="quantiles")(ahead)
    return keras.Model([readings, steps], output, name="universal")


@keras.saving.register_keras_serializable("gatecast")  # type: ignore[untyped-decorator]
def pinball(target: object, output: object) -> object:
    """Mean pinball loss (Koenker and Bassett, 1978), twice, so that at the median it is the absolute error."""
    ops = keras.ops
    levels = ops.convert_to_tensor(np.array(QUANTILES, np.float32))
    error = ops.expand_dims(target, -1) - output
    return 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)


def make_batch(seed: int, number: int) -> Batch:
    """One batch, of one length and one number of steps, and of a few seasons."""
    chance = np.random.default_rng((seed, number))
    time_ = int(chance.choice(LENGTHS, p=LENGTH_SHARES))
    steps = int(chance.choice([8, 16, 24, HORIZON], p=[0.3, 0.4, 0.2, 0.1]))
    parts = [_group(chance, BATCH // GROUPS, time_, min(steps, max(8, time_))) for _ in range(GROUPS)]
    return Batch(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _group(chance: np.random.Generator, rows: int, time_: int, steps: int) -> Batch:
    season = synthetic.choose_season(chance)
    early = int(chance.integers(0, 3 * season + 1))  # where in the season a series begins
    series = synthetic.sample(chance, rows, early + time_ + steps, season)[:, early:]
    told = _told(chance, season)
    known, future = series[:, :time_], series[:, time_:]
    lengths = np.full(rows, time_)
    shorter = chance.random(rows) < 0.3
    lengths[shorter] = chance.integers(max(4, time_ // 3), time_ + 1, shorter.sum())
    known, seen = with_gaps(chance, known)
    made = view(known, lengths, seen, told, steps)
    target = np.clip((future - made.base) / made.scale, -MAX_TARGET, MAX_TARGET)
    return Batch(made.readings, made.steps, target.astype(np.float32))


def _told(chance: np.random.Generator, season: int) -> int:
    """The season that the network is told: nearly always the true one."""
    draw = chance.random()
    if season > 1 and draw < 0.06:
        return 1
    return synthetic.choose_season(chance) if draw < 0.09 else season


def with_gaps(chance: np.random.Generator, values: synthetic.Array) -> tuple[synthetic.Array, npt.NDArray[np.bool_]]:
    """Take out readings here and there, and interpolate them as the service does."""
    seen = np.ones(values.shape, bool)
    gappy = chance.random(len(values)) < 0.08
    seen[gappy] = chance.random((gappy.sum(), values.shape[1])) > chance.uniform(0.02, 0.2, (gappy.sum(), 1))
    seen[:, [0, -1]] = True
    values = values.copy()
    position = np.arange(values.shape[1])
    for row in np.flatnonzero(gappy):
        there = seen[row]
        values[row, ~there] = np.interp(position[~there], position[there], values[row, there])
    return values, seen


def batches(seed: int, first: int, end: int) -> Iterator[Batch]:
    """Batches `first` to `end`, made on a thread beside the training."""
    made: queue.Queue[Batch] = queue.Queue(maxsize=4)

    def make() -> None:
        for number in range(first, end):
            made.put(make_batch(seed, number))

    threading.Thread(target=make, daemon=True).start()
    for _ in range(first, end):
        yield made.get()


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


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.universal", description=str(__doc__).split("\n")[0])
    add = parser.add_argument
    add("--directory", type=Path, required=True, help="for checkpoints and the log")
    add("--steps", type=int, default=STEPS, help=f"batches of {BATCH} series (default: %(default)s)")
    add("--seed", type=int, default=SEED, help="(default: %(default)s)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    from training.universal_export import export  # it knows this module

    options = arguments(argv)
    model = train(options.directory, options.seed, options.steps)
    print("wrote", export(model, options.seed, options.steps, options.models_dir))
    return 0


if __name__ == "__main__":
    sys.exit(main())
