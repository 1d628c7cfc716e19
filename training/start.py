"""What a sentiment network begins with: the texts' own words, or what a trained version knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from rich.console import Console

from service import bundle
from service.card import SentimentCard
from service.files import BundleError
from service.tokeniser import Tokeniser
from training import pretraining, reading, review_network, vectors
from training.compile import restore
from training.compiling import CannotCompile
from training.data import DataError

VECTOR_SIZE = 128
FILTERS = 128
UNITS = 96
DROPOUT = (0.2, 0.5)  # of the word vectors, and of the pooled states
SEED = 0

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Start:
    """A vocabulary, the weights of layers that are known already, by name, and n-gram weights to build on."""

    words: list[str]
    layers: dict[str, list[Weights]]
    ngrams: Weights | None = None
    version: str = "none"

    def tokeniser(self) -> Tokeniser:
        return Tokeniser(self.words)

    def network(self) -> keras.Model:
        """A network to be trained; what is not known is drawn at random."""
        vocabulary, size = self.layers["vectors"][0].shape
        filters = self.layers["pairs"][0].shape[2] if "pairs" in self.layers else FILTERS
        units = self.layers["states"][1].shape[0] if "states" in self.layers else UNITS
        network = review_network.trainable(vocabulary, size, filters, units, DROPOUT)
        for name, weights in self.layers.items():
            review_network.layer(network, name).set_weights(weights)
        return network


def from_texts(texts: Sequence[str], vocabulary: int, epochs: int, console: Console) -> Start:
    """Word vectors from the texts; with `epochs`, a network that has learnt to read them. No labels are seen."""
    words = reading.vocabulary(texts, vocabulary)
    found = reading.tokens(texts, Tokeniser(words))
    known = vectors.word_vectors(found, len(words), VECTOR_SIZE, SEED)
    console.print(f"word vectors: {len(known):,} words of {known.shape[1]} numbers")
    start = Start(words, {"vectors": [known]})
    if not epochs:
        return start
    keras.utils.set_random_seed(SEED)
    network = start.network()

    def show(epoch: int, loss: float) -> None:
        console.print(f"pretraining, epoch {epoch + 1}: loss {loss:.4f}")

    pretraining.pretrain(network, found, epochs, SEED, show)
    layers = {name: review_network.layer(network, name).get_weights() for name in ("vectors", "pairs", "states")}
    return Start(words, layers)


def from_version(path: Path) -> Start:
    """Everything that a version knows, to be fitted further. Raises DataError where it is not a network of this kind."""
    try:
        bundle.verify(path)
        card, _, _ = bundle.read(path)
        if not isinstance(card, SentimentCard):
            raise CannotCompile("it is no sentiment model")
        model, words = restore(path, card)
    except (BundleError, CannotCompile, OSError) as error:
        raise DataError(f"{path} cannot be started from: {error}") from error
    assert words is not None
    bytes_, ngrams = model.get_layer("vectors"), model.get_layer("ngrams")
    layers = {name: review_network.layer(model, name).get_weights() for name in ("pairs", "states", "evidence")}
    kernel, bias, usual = layers["evidence"]
    layers["evidence"] = [kernel, bias, np.zeros_like(usual)]
    layers["vectors"] = [np.asarray(bytes_.codes, np.float32) * np.asarray(bytes_.worth)]
    codes = np.asarray(ngrams.codes, np.float32)
    return Start(words, layers, codes * np.abs(codes) * float(ngrams.worth), f"{card.name} v{card.version}")
