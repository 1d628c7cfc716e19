"""What a sentiment network begins with: the texts' own words, or what a trained version knows."""

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import keras
import numpy as np
from rich.console import Console

from service.artifacts import bundle
from service.artifacts.card import SentimentCard
from service.artifacts.files import BundleError
from service.artifacts.tokenizer import Tokenizer
from service.interfaces import Inputs
from training.data.tables import DataError
from training.export.onnx_graph import CannotCompile
from training.export.restore import restore
from training.networks import review
from training.sentiment import encoding, pretraining, word_vectors

VECTOR_SIZE = 128
FILTERS = 128
UNITS = 96
DROPOUT = (0.2, 0.5)  # of the word vectors, and of the pooled states
SEED = 0
RECIPE = (1, VECTOR_SIZE, FILTERS, UNITS, SEED)  # the first number changes when the way of learning does
WORDS, LEARNT_FROM, SECONDS = "words", "learnt from", "seconds"  # in a file of a start, beside its weights
MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Initialization:
    """A vocabulary, the weights of layers that are known already, by name, and n-gram weights to build on."""

    words: list[str]
    layers: dict[str, list[Inputs]]
    ngrams: Inputs | None = None
    version: str = "none"
    epochs: int = 0  # of pretraining
    seconds: float = 0.0  # that it took to learn
    file: str = ""  # sha256 of what it has learnt from
    audit: list[str] = field(default_factory=list)  # of that file, and of where its test part is from

    def tokeniser(self) -> Tokenizer:
        return Tokenizer(self.words)

    def network(self) -> keras.Model:
        """A network to be trained; what is not known is drawn at random."""
        vocabulary, size = self.layers["vectors"][0].shape
        filters = self.layers["pairs"][0].shape[2] if "pairs" in self.layers else FILTERS
        units = self.layers["states"][1].shape[0] if "states" in self.layers else UNITS
        network = review.trainable(vocabulary, size, filters, units, DROPOUT)
        for name, weights in self.layers.items():
            review.layer(network, name).set_weights(weights)
        return network


def from_texts(
    texts: Sequence[str], vocabulary: int, epochs: int, console: Console, file: Path | None = None
) -> Initialization:
    """What texts teach without labels; kept in `file`, and read from it when the same is asked for again.

    Raises DataError where the file keeps something else.
    """
    if file is None:
        return _learn(texts, vocabulary, epochs, console)
    learnt_from = _fingerprint(texts, vocabulary, epochs)
    if not file.exists():
        _can_be_written(file)
        start = _learn(texts, vocabulary, epochs, console)
        _keep(file, start, learnt_from)
        return start
    start = _kept(file, learnt_from, epochs)
    console.print(f"pretrained: {file}")
    return start


def _can_be_written(file: Path) -> None:
    """Before what may take an hour."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error}") from error


def _fingerprint(texts: Sequence[str], vocabulary: int, epochs: int) -> str:
    found = hashlib.sha256(f"{(vocabulary, epochs, RECIPE)}".encode())
    for text in texts:
        found.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return found.hexdigest()


def _keep(file: Path, start: Initialization, learnt_from: str) -> None:
    arrays: dict[str, Any] = {WORDS: "\n".join(start.words), LEARNT_FROM: learnt_from, SECONDS: start.seconds}
    arrays |= {f"{name} {place}": w for name, layer in start.layers.items() for place, w in enumerate(layer)}
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as out:
            np.savez(out, **arrays)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _kept(file: Path, learnt_from: str, epochs: int) -> Initialization:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES >> 20} MiB")
        with np.load(file, allow_pickle=False) as found:
            if str(found[LEARNT_FROM]) != learnt_from:
                raise DataError(
                    f"{file} was learnt from other texts, or with another --vocabulary or --pretraining; "
                    "give the same ones, or another file for --pretrained"
                )
            words, seconds = str(found[WORDS]).split("\n"), float(found[SECONDS])
            layers: dict[str, list[Inputs]] = {}
            for key in sorted(set(found.files) - {WORDS, LEARNT_FROM, SECONDS}):
                layers.setdefault(key.rpartition(" ")[0], []).append(found[key])
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file} keeps no pretrained network: {error}") from error
    return Initialization(words, layers, epochs=epochs, seconds=seconds)


def _learn(texts: Sequence[str], vocabulary: int, epochs: int, console: Console) -> Initialization:
    """Word vectors from the texts; with `epochs`, a network that has learnt to read them. No labels are seen."""
    began = perf_counter()
    words = encoding.vocabulary(texts, vocabulary)
    found = encoding.tokens(texts, Tokenizer(words))
    known = word_vectors.word_vectors(found, len(words), VECTOR_SIZE, SEED)
    console.print(f"word vectors: {len(known):,} words of {known.shape[1]} numbers")
    start = Initialization(words, {"vectors": [known]}, seconds=perf_counter() - began)
    if not epochs:
        return start
    keras.utils.set_random_seed(SEED)
    network = start.network()

    def show(epoch: int, loss: float) -> None:
        console.print(f"pretraining, epoch {epoch + 1}: loss {loss:.4f}")

    pretraining.pretrain(network, found, epochs, SEED, show)
    layers = {name: review.layer(network, name).get_weights() for name in ("vectors", "pairs", "states")}
    return Initialization(words, layers, epochs=epochs, seconds=perf_counter() - began)


def from_version(path: Path) -> Initialization:
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
    layers = {name: review.layer(model, name).get_weights() for name in ("pairs", "states", "evidence")}
    kernel, bias, *usual = layers["evidence"]
    layers["evidence"] = [kernel, bias, *map(np.zeros_like, usual)]
    layers["vectors"] = [np.asarray(bytes_.codes, np.float32) * np.asarray(bytes_.worth)]
    codes = np.asarray(ngrams.codes, np.float32)
    return Initialization(
        words,
        layers,
        codes * np.abs(codes) * float(ngrams.worth),
        f"{card.name} v{card.version}",
        file=card.data.sha256,
        audit=card.data.audit,
    )
