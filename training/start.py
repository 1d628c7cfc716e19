"""What a sentiment network begins with: the texts' own words, or what a trained version knows."""

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

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
WORDS, LEARNT_FROM, SECONDS = "words", "learnt from", "seconds"  # in a file of a start, beside its weights

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Start:
    """A vocabulary, the weights of layers that are known already, by name, and n-gram weights to build on."""

    words: list[str]
    layers: dict[str, list[Weights]]
    ngrams: Weights | None = None
    version: str = "none"
    epochs: int = 0  # of pretraining
    seconds: float = 0.0  # that it took to learn

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


def from_texts(texts: Sequence[str], vocabulary: int, epochs: int, console: Console, file: Path | None = None) -> Start:
    """What texts teach without labels; kept in `file`, and read from it when the same is asked for again.

    Raises DataError where the file keeps something else.
    """
    if file is None:
        return _learn(texts, vocabulary, epochs, console)
    learnt_from = _fingerprint(texts, vocabulary, epochs)
    if not file.exists():
        start = _learn(texts, vocabulary, epochs, console)
        _keep(file, start, learnt_from)
        return start
    start, found = _kept(file)
    start = replace(start, epochs=epochs)
    if found != learnt_from:
        raise DataError(
            f"{file} was learnt from other texts, or with another --vocabulary or --pretraining; "
            "give the same ones, or another file for --pretrained"
        )
    console.print(f"pretrained: {file}")
    return start


def _fingerprint(texts: Sequence[str], vocabulary: int, epochs: int) -> str:
    found = hashlib.sha256(f"{vocabulary} {epochs}".encode())
    for text in texts:
        found.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return found.hexdigest()


def _keep(file: Path, start: Start, learnt_from: str) -> None:
    arrays = {f"{name} {place}": w for name, layer in start.layers.items() for place, w in enumerate(layer)}
    file.parent.mkdir(parents=True, exist_ok=True)
    about = {WORDS: np.array(start.words), LEARNT_FROM: np.array(learnt_from), SECONDS: np.array(start.seconds)}
    with file.open("wb") as out:
        np.savez(out, allow_pickle=False, **about, **arrays)


def _kept(file: Path) -> tuple[Start, str]:
    try:
        with np.load(file, allow_pickle=False) as found:
            arrays = dict(found)
        words, learnt_from = arrays.pop(WORDS).tolist(), str(arrays.pop(LEARNT_FROM))
        seconds = float(arrays.pop(SECONDS))
        layers: dict[str, list[Weights]] = {}
        for key in sorted(arrays):
            layers.setdefault(key.rpartition(" ")[0], []).append(arrays[key])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{file} keeps no pretrained network: {error}") from error
    return Start(words, layers, seconds=seconds), learnt_from


def _learn(texts: Sequence[str], vocabulary: int, epochs: int, console: Console) -> Start:
    """Word vectors from the texts; with `epochs`, a network that has learnt to read them. No labels are seen."""
    began = perf_counter()
    words = reading.vocabulary(texts, vocabulary)
    found = reading.tokens(texts, Tokeniser(words))
    known = vectors.word_vectors(found, len(words), VECTOR_SIZE, SEED)
    console.print(f"word vectors: {len(known):,} words of {known.shape[1]} numbers")
    start = Start(words, {"vectors": [known]}, seconds=perf_counter() - began)
    if not epochs:
        return start
    keras.utils.set_random_seed(SEED)
    network = start.network()

    def show(epoch: int, loss: float) -> None:
        console.print(f"pretraining, epoch {epoch + 1}: loss {loss:.4f}")

    pretraining.pretrain(network, found, epochs, SEED, show)
    layers = {name: review_network.layer(network, name).get_weights() for name in ("vectors", "pairs", "states")}
    return Start(words, layers, epochs=epochs, seconds=perf_counter() - began)


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
