"""One network per seed, and the average of their weights, each blended with the linear model of n-grams."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
from rich.console import Console

from service.interfaces import Array, Tokens
from training.evaluation import classification
from training.networks import averaging
from training.sentiment.network import fitting
from training.sentiment.network.fitting import Words
from training.sentiment.network.initialization import Initialization
from training.sentiment.options import FitConfig
from training.sentiment.texts.batches import Batches, Noise, Pool
from training.sentiment.texts.corpus import Labelled


@dataclass(frozen=True)
class Encoded:
    """The texts of a validation or test part as the network reads them, with the n-grams' logits (texts, classes)."""

    part: Labelled
    tokens: list[Tokens]
    linear: Array


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
    learning_rate: float

    @property
    def best_epoch(self) -> int:
        """The epoch of least validation loss, counted from 1."""
        return int(np.argmin(self.history["val_loss"])) + 1


def fit_seeds(
    seeds: Sequence[int],
    pools: Sequence[Pool],
    held_out: Sequence[Encoded],
    classes: Sequence[str],
    initialization: Initialization,
    words: Words,
    config: FitConfig,
    console: Console,
    start: SeedRun | None = None,
) -> list[SeedRun]:
    """Fit one network per seed and learning rate, in parallel, blend each with the n-grams, and return those of the best rate.

    `held_out` has the validation part, which chooses the epoch, the blend and the rate, and perhaps other parts to predict. All
    networks have the same initial weights, those of `start` if it is given. Each draws its other random numbers from its own
    generators, all of which are seeded before the first fit.
    """
    networks: list[keras.Model] = []
    jobs = [(seed, rate) for rate in config.learning_rates for seed in seeds]
    for seed, _ in jobs:
        keras.utils.set_random_seed(seed)
        networks.append(initialization.build_network(classes))
        networks[-1].set_weights((start.network if start else networks[0]).get_weights())
    validation = held_out[0]
    weights = validation.part.weights

    def fit(job: tuple[int, float], network: keras.Model) -> SeedRun:
        seed, rate = job
        name = f"seed {seed}" + (f", rate {rate:g}" if len(config.learning_rates) > 1 else "")

        def show(epoch: int, loss: float, validation_loss: float) -> None:
            console.print(
                f"{name}, epoch {epoch + 1} of {epochs}: loss {loss:.4f}, validation loss {validation_loss:.4f}"
            )

        def loss(network: keras.Model) -> float:
            logits = fitting.logits(network, validation.tokens, words)
            return classification.log_loss(validation.part.labels, logits, weights)

        batches = Batches(pools, *words, np.random.default_rng(seed), Noise(config.spelt, config.crop_share))
        epochs = max(config.epochs, -(-config.min_steps // batches.count))
        history = fitting.fit(network, batches, epochs, rate, loss, show)
        return with_ngrams((seed,), network, history, held_out, words, rate)

    with ThreadPoolExecutor(min(len(jobs), os.cpu_count() or 1)) as executor:
        return of_best_rate(list(executor.map(fit, jobs, networks)), validation.part)


def of_best_rate(runs: Sequence[SeedRun], part: Labelled) -> list[SeedRun]:
    """Return the runs of the learning rate whose runs have the least mean loss on the validation part."""
    losses: dict[float, list[float]] = {}
    for run in runs:
        loss = classification.log_loss(part.labels, run.logits[part.name], part.weights)
        losses.setdefault(run.learning_rate, []).append(loss)
    best = min(losses, key=lambda rate: float(np.mean(losses[rate])))
    return [run for run in runs if run.learning_rate == best]


def average_weights(
    runs: Sequence[SeedRun],
    classes: Sequence[str],
    initialization: Initialization,
    held_out: Sequence[Encoded],
    words: Words,
) -> SeedRun:
    """Average the weights of all runs; the result is often better than each of them (Wortsman et al., 2022)."""
    network = initialization.build_network(classes)
    network.set_weights(averaging.mean_weights([run.network for run in runs]))
    history = {name: np.mean([run.history[name] for run in runs], axis=0).tolist() for name in runs[0].history}
    seeds = tuple(seed for run in runs for seed in run.seeds)
    return with_ngrams(seeds, network, history, held_out, words, runs[0].learning_rate)


def with_ngrams(
    seeds: tuple[int, ...],
    network: keras.Model,
    history: dict[str, list[float]],
    held_out: Sequence[Encoded],
    words: Words,
    learning_rate: float,
) -> SeedRun:
    """Blend a fitted network with the n-grams on the validation part, `held_out[0]`, in which every set weighs the same."""
    logits = {encoded.part.name: fitting.logits(network, encoded.tokens, words) for encoded in held_out}
    part, linear = held_out[0].part, held_out[0].linear
    blend = classification.blend(part.labels, logits[part.name], linear, part.weights)
    blended = {encoded.part.name: blend(logits[encoded.part.name], encoded.linear) for encoded in held_out}
    return SeedRun(seeds, network, history, blend, blended, learning_rate)
