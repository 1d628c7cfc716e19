"""One network per seed, and the average of their weights, each blended with the linear model of n-grams."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
from rich.console import Console

from service.interfaces import Array
from training.evaluation import classification
from training.networks import averaging
from training.sentiment import fitting
from training.sentiment.encoding import EncodedSplit, TrainingSet
from training.sentiment.initialization import Initialization
from training.sentiment.options import FitConfig


@dataclass(frozen=True)
class SeedRun:
    """A fitted network of one seed with its history, its blend with the n-grams, and its blended logits by split.

    An average of several networks has all their seeds, and the mean of their histories.
    """

    seeds: tuple[int, ...]
    network: keras.Model
    history: dict[str, list[float]]
    blend: classification.Blend
    logits: dict[str, Array]

    @property
    def best_epoch(self) -> int:
        """The epoch of least validation loss, counted from 1."""
        return int(np.argmin(self.history["val_loss"])) + 1


def fit_seeds(
    seeds: Sequence[int],
    training: TrainingSet,
    held_out: Sequence[EncodedSplit],
    initialization: Initialization,
    linear_logits: dict[str, Array],
    config: FitConfig,
    console: Console,
) -> list[SeedRun]:
    """Fit one network per seed, in parallel, and blend each with the n-grams.

    `held_out` has the validation set, which chooses the epoch and the blend, and perhaps other splits to predict.
    `linear_logits` are those of the n-grams, by split. All networks have the same initial weights. Each draws its other
    random numbers from its own generators, all of which are seeded before the first fit.
    """
    networks: list[keras.Model] = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        networks.append(initialization.build_network())
        networks[-1].set_weights(networks[0].get_weights())

    def fit(seed: int, network: keras.Model) -> SeedRun:
        def show(epoch: int, logs: dict[str, float]) -> None:
            metrics = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            console.print(f"seed {seed}, epoch {epoch + 1}: {metrics}")

        history = fitting.fit(network, training, held_out[0].training_set, config, seed, show)
        return with_ngrams((seed,), network, history, held_out, linear_logits)

    with ThreadPoolExecutor(min(len(seeds), os.cpu_count() or 1)) as pool:
        return list(pool.map(fit, seeds, networks))


def average_weights(
    runs: Sequence[SeedRun],
    initialization: Initialization,
    held_out: Sequence[EncodedSplit],
    linear_logits: dict[str, Array],
) -> SeedRun:
    """Average the weights of all runs; the result is often better than each of them (Wortsman et al., 2022)."""
    network = initialization.build_network()
    network.set_weights(averaging.mean_weights([run.network for run in runs]))
    history = {name: np.mean([run.history[name] for run in runs], axis=0).tolist() for name in runs[0].history}
    return with_ngrams(tuple(seed for run in runs for seed in run.seeds), network, history, held_out, linear_logits)


def with_ngrams(
    seeds: tuple[int, ...],
    network: keras.Model,
    history: dict[str, list[float]],
    held_out: Sequence[EncodedSplit],
    linear_logits: dict[str, Array],
) -> SeedRun:
    """Blend a fitted network with the n-grams on the validation set, `held_out[0]`."""
    validation = held_out[0]
    logits = {split.name: fitting.logits(network, split.truncated) for split in held_out}
    blend = classification.blend(validation.labels, logits[validation.name], linear_logits[validation.name])
    return SeedRun(seeds, network, history, blend, {name: blend(logits[name], linear_logits[name]) for name in logits})
