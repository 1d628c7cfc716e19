"""Networks fitted once a seed, each blended with the n-grams; and what all of them teach another."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from rich.console import Console

from training import classification, fitting, ngrams, reading
from training.reading import Part
from training.start import Start

BUCKETS = 1 << 21
Logits = npt.NDArray[np.float64]
Lessons = tuple[list[reading.Tokens], fitting.Targets]


@dataclass(frozen=True)
class Trial:
    """One seed, fitted: the network at its best epoch, its n-grams' share in the answer, and how it got there."""

    seed: int
    network: keras.Model
    history: dict[str, list[float]]
    blend: classification.Blend
    logits: dict[str, Logits]  # blended, by part

    @property
    def kept(self) -> int:
        return int(np.argmin(self.history["val_loss"])) + 1


def taught(trials: Sequence[Trial], linear: ngrams.Linear, texts: list[reading.Tokens]) -> Lessons:
    """Texts without labels, and what all seeds and the n-grams together say of them (Hinton, Vinyals and Dean, 2015)."""
    plain = linear.logits(ngrams.counted(texts, BUCKETS))
    said = [classification.sigmoid(trial.blend(fitting.logits(trial.network, texts), plain)) for trial in trials]
    return texts, np.mean(said, axis=0).astype(np.float32)


def try_seed(
    seed: int,
    lessons: Lessons,
    judged: Sequence[Part],
    begun: Start,
    plain: dict[str, Logits],
    settings: fitting.Fitting,
    console: Console,
) -> Trial:
    """Fit the network of one seed, and blend it with the n-grams on the first of the parts judged, the validation part."""
    validation = judged[0]
    keras.utils.set_random_seed(seed)
    network = begun.network()

    def show(epoch: int, logs: dict[str, float]) -> None:
        found = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        console.print(f"seed {seed}, epoch {epoch + 1}: {found}")

    history = fitting.fit(network, lessons, (validation.read, validation.targets), settings, seed, show)
    deep = {part.name: fitting.logits(network, part.read) for part in judged}
    blend = classification.blend(validation.labels, deep["validation"], plain["validation"])
    return Trial(seed, network, history, blend, {name: blend(deep[name], plain[name]) for name in deep})
