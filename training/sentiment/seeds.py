"""Networks fitted once a seed, and the mean of their weights, each blended with the n-grams."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
from rich.console import Console

from service import interfaces
from service.interfaces import Array
from training.evaluation import classification
from training.networks import averaging
from training.sentiment import fitting
from training.sentiment.encoding import EncodedSplit
from training.sentiment.initialization import Initialization

TrainingSet = tuple[list[interfaces.Tokens], interfaces.Inputs]


@dataclass(frozen=True)
class SeedRun:
    """A network at its best epoch, its n-grams' share in the answer, and how it got there.

    Of one seed; or of several, the mean of whose weights it has, and of whose histories.
    """

    seeds: tuple[int, ...]
    network: keras.Model
    history: dict[str, list[float]]
    blend: classification.Blend
    logits: dict[str, Array]  # blended, by part

    @property
    def kept(self) -> int:
        return int(np.argmin(self.history["val_loss"])) + 1


def fit_seeds(
    seeds: Sequence[int],
    lessons: TrainingSet,
    judged: Sequence[EncodedSplit],
    begun: Initialization,
    plain: dict[str, Array],
    settings: fitting.FitConfig,
    console: Console,
) -> list[SeedRun]:
    """A network a seed, fitted side by side on what cores there are; each blended with the n-grams on `judged[0]`.

    All begin at the same weights. All other randomness of a network is drawn from its own generators, which are seeded
    before the first is fitted.
    """
    fitted: list[keras.Model] = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        fitted.append(begun.network())
        fitted[-1].set_weights(fitted[0].get_weights())

    def tried(seed: int, network: keras.Model) -> SeedRun:
        def show(epoch: int, logs: dict[str, float]) -> None:
            found = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            console.print(f"seed {seed}, epoch {epoch + 1}: {found}")

        history = fitting.fit(network, lessons, (judged[0].read, judged[0].targets), settings, seed, show)
        return with_ngrams((seed,), network, history, judged, plain)

    with ThreadPoolExecutor(min(len(seeds), os.cpu_count() or 1)) as pool:
        return list(pool.map(tried, seeds, fitted))


def average_weights(
    trials: Sequence[SeedRun], begun: Initialization, judged: Sequence[EncodedSplit], plain: dict[str, Array]
) -> SeedRun:
    """The network whose weights are the means of the trials', which is often better than each (Wortsman et al., 2022)."""
    network = begun.network()
    network.set_weights(averaging.mean_weights([trial.network for trial in trials]))
    history = {name: np.mean([t.history[name] for t in trials], axis=0).tolist() for name in trials[0].history}
    return with_ngrams(tuple(seed for trial in trials for seed in trial.seeds), network, history, judged, plain)


def with_ngrams(
    seeds: tuple[int, ...],
    network: keras.Model,
    history: dict[str, list[float]],
    judged: Sequence[EncodedSplit],
    plain: dict[str, Array],
) -> SeedRun:
    """A fitted network with n-grams, whose logits `plain` are, beside it."""
    validation = judged[0]
    deep = {part.name: fitting.logits(network, part.read) for part in judged}
    blend = classification.blend(validation.labels, deep[validation.name], plain[validation.name])
    return SeedRun(seeds, network, history, blend, {name: blend(deep[name], plain[name]) for name in deep})
