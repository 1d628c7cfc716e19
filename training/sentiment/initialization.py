"""The initialization of a sentiment network: pretrained on the texts of the run, or taken from a trained version.

`pretraining` has the computations; here are their file and the weights by layer.
"""

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
from training.sentiment import encoding, pretraining

VECTOR_SIZE = 128
FILTERS = 128
UNITS = 96
DROPOUT = (0.2, 0.5)  # of the word vectors, and of the pooled states
SEED = 0
RECIPE = (1, VECTOR_SIZE, FILTERS, UNITS, SEED)  # increase the first number when pretraining changes
WORDS, FINGERPRINT, SECONDS = "words", "learnt from", "seconds"  # keys in the file, beside those of the weights
MAX_BYTES = 1 << 28


@dataclass(frozen=True)
class Initialization:
    """A vocabulary, the initial weights of some layers by name, and n-gram weights of an earlier version."""

    words: list[str]
    layers: dict[str, list[Inputs]]
    ngrams: Inputs | None = None
    version: str = "none"
    epochs: int = 0  # of pretraining
    seconds: float = 0.0  # that pretraining took
    sha256: str = ""  # of the file that the version was trained on
    audit: list[str] = field(default_factory=list)  # of that file; it also says where the test set is from

    def tokenizer(self) -> Tokenizer:
        """Return a tokenizer of this vocabulary."""
        return Tokenizer(self.words)

    def build_network(self) -> keras.Model:
        """Build a network for training; layers without initial weights are random."""
        vocabulary, size = self.layers["vectors"][0].shape
        filters = self.layers["pairs"][0].shape[2] if "pairs" in self.layers else FILTERS
        units = self.layers["states"][1].shape[0] if "states" in self.layers else UNITS
        network = review.trainable_network(vocabulary, size, filters, units, DROPOUT)
        for name, weights in self.layers.items():
            review.layer(network, name).set_weights(weights)
        return network


def from_texts(
    texts: Sequence[str], vocabulary: int, epochs: int, console: Console, file: Path | None = None
) -> Initialization:
    """Pretrain on texts without labels. If `file` exists, load it instead; otherwise save the result there.

    `vocabulary` is the number of words, `epochs` those of language modelling. Raises DataError if the file was made from
    other texts or with other numbers, cannot be read, or cannot be written.
    """
    if file is None:
        return _pretrain(texts, vocabulary, epochs, console)
    fingerprint = _fingerprint(texts, vocabulary, epochs)
    if not file.exists():
        _check_writable(file)
        initialization = _pretrain(texts, vocabulary, epochs, console)
        _save(file, initialization, fingerprint)
        return initialization
    initialization = _load(file, fingerprint, epochs)
    console.print(f"pretrained: {file}")
    return initialization


def _check_writable(file: Path) -> None:
    """Fail before pretraining, which may take an hour."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error}") from error


def _fingerprint(texts: Sequence[str], vocabulary: int, epochs: int) -> str:
    digest = hashlib.sha256(f"{(vocabulary, epochs, RECIPE)}".encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


def _save(file: Path, initialization: Initialization, fingerprint: str) -> None:
    arrays: dict[str, Any] = {
        WORDS: "\n".join(initialization.words),
        FINGERPRINT: fingerprint,
        SECONDS: initialization.seconds,
    }
    arrays |= {
        f"{name} {number}": weights
        for name, layer in initialization.layers.items()
        for number, weights in enumerate(layer)
    }
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as out:
            np.savez(out, **arrays)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _load(file: Path, fingerprint: str, epochs: int) -> Initialization:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES >> 20} MiB")
        with np.load(file, allow_pickle=False) as arrays:
            if str(arrays[FINGERPRINT]) != fingerprint:
                raise DataError(
                    f"{file} was made from other texts, or with another --vocabulary or --pretraining; "
                    "give the same ones, or another file for --pretrained"
                )
            words, seconds = str(arrays[WORDS]).split("\n"), float(arrays[SECONDS])
            layers: dict[str, list[Inputs]] = {}
            for key in sorted(set(arrays.files) - {WORDS, FINGERPRINT, SECONDS}):
                layers.setdefault(key.rpartition(" ")[0], []).append(arrays[key])
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file} is not a file of pretrained weights: {error}") from error
    return Initialization(words, layers, epochs=epochs, seconds=seconds)


def _pretrain(texts: Sequence[str], vocabulary: int, epochs: int, console: Console) -> Initialization:
    """Compute word vectors and, if there are `epochs`, pretrain a network as a language model."""
    start = perf_counter()
    words = encoding.vocabulary(texts, vocabulary)
    tokens = encoding.tokenize(texts, Tokenizer(words))
    vectors = pretraining.word_vectors(tokens, len(words), VECTOR_SIZE, SEED)
    console.print(f"word vectors: {len(vectors):,} words of {vectors.shape[1]} numbers")
    initialization = Initialization(words, {"vectors": [vectors]}, seconds=perf_counter() - start)
    if not epochs:
        return initialization
    keras.utils.set_random_seed(SEED)
    network = initialization.build_network()

    def show(epoch: int, loss: float) -> None:
        console.print(f"pretraining, epoch {epoch + 1}: loss {loss:.4f}")

    pretraining.pretrain(network, tokens, epochs, SEED, show)
    layers = {name: review.layer(network, name).get_weights() for name in ("vectors", "pairs", "states")}
    return Initialization(words, layers, epochs=epochs, seconds=perf_counter() - start)


def from_version(path: Path) -> Initialization:
    """Load a trained version, to train it further. Raises DataError if it is not a network of this kind."""
    try:
        bundle.verify(path)
        card, _, _ = bundle.read(path)
        if not isinstance(card, SentimentCard):
            raise CannotCompile("it is not a sentiment model")
        network, words = restore(path, card)
    except (BundleError, CannotCompile, OSError) as error:
        raise DataError(f"{path} cannot be started from: {error}") from error
    assert words is not None
    embedding, ngrams = network.get_layer("vectors"), network.get_layer("ngrams")
    layers = {name: review.layer(network, name).get_weights() for name in ("pairs", "states", "evidence")}
    kernel, bias, *baseline = layers["evidence"]
    layers["evidence"] = [kernel, bias, *map(np.zeros_like, baseline)]
    layers["vectors"] = [np.asarray(embedding.codes, np.float32) * np.asarray(embedding.scale)]
    codes = np.asarray(ngrams.codes, np.float32)
    return Initialization(
        words,
        layers,
        codes * np.abs(codes) * float(ngrams.scale),
        f"{card.name} v{card.version}",
        sha256=card.data.sha256,
        audit=card.data.audit,
    )
