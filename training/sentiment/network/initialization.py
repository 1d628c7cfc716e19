"""What a sentiment network begins with: a vocabulary and word vectors of the run's texts, or a trained version."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import keras
import numpy as np
from rich.console import Console

from service.artifacts import bundle
from service.artifacts.card import SentimentCard
from service.artifacts.files import BundleError
from service.artifacts.tokenizer import SPELLING_BYTES, spell
from service.interfaces import Inputs
from training.data.tables import DataError
from training.export.onnx_graph import CannotCompile
from training.export.restore import restore
from training.networks import review
from training.networks.attribution import LAST_END
from training.networks.review import Sizes
from training.networks.word_vectors import character_ngrams
from training.sentiment.network import word_vectors
from training.sentiment.options import DEFAULT_VOCABULARY, TrainOptions
from training.sentiment.texts import encoding
from training.sentiment.texts.corpus import Corpus
from training.sentiment.texts.encoding import Encoder

VECTOR_SIZE = 100
FILTERS = 96
UNITS = 64
DROPOUT = (0.2, 0.5)  # of the word vectors, and of the pooled states
SEED = 0
UNLABELLED_WEIGHT = 0.3  # of their words in the vocabulary
MAX_NEW_WORDS = 20_000  # that a run adds to the vocabulary of the version that it starts from


@dataclass(frozen=True)
class Initialization:
    """A vocabulary, vectors of its words and of character n-grams, and the other layers of a version that is trained further.

    `layers` has the weights by layer, `classes` those of the version, `ngrams` its weights of n-grams (buckets, classes).
    """

    words: list[str]
    vectors: Inputs
    pieces: Inputs
    layers: dict[str, list[Inputs]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    ngrams: Inputs | None = None
    version: str = "none"
    vectors_source: str = "co-occurrences in the texts"
    seconds: float = 0.0  # that the vectors took
    sha256: str = ""  # of the file that the version was trained on
    audit: list[str] = field(default_factory=list)  # of that file; it also says where the test set is from

    def with_words_of(self, texts: Iterable[str]) -> "Initialization":
        """Return the initialization with the words that the texts have twice or more, at the end of the vocabulary.

        Such a word begins as the network has read it so far: by its spelling. Only then can it get a meaning of its own, and
        n-grams. The first words keep their numbers, and so the n-grams that are known.
        """
        counts, known = encoding.count_words(texts), set(self.words)
        found = [word for word, count in counts.items() if count >= encoding.MIN_COUNT and word not in known]
        new = sorted(found, key=lambda word: (-counts[word], word))[:MAX_NEW_WORDS]
        vectors = np.concatenate([self.vectors, _spelt_vectors(new, self.pieces)])
        return replace(self, words=[*self.words, *new], vectors=vectors)

    def build_network(self, classes: Sequence[str]) -> keras.Model:
        """Build a network for training; what the initialization does not have is random."""
        filters = self.layers["pairs"][0].shape[2] if "pairs" in self.layers else FILTERS
        units = self.layers["states"][1].shape[0] if "states" in self.layers else UNITS
        sizes = Sizes(len(self.words), self.vectors.shape[1], filters, units, len(classes))
        network = review.trainable_network(sizes, DROPOUT)
        network.get_layer("vectors").set_weights([self.vectors, self.pieces])
        for name in ("pairs", "states"):
            if name in self.layers:
                review.layer(network, name).set_weights(self.layers[name])
        if "evidence" in self.layers:
            self._set_outputs(review.layer(network, "evidence"), classes)
        return network

    def knows(self, classes: Sequence[str]) -> bool:
        """Whether the version has all these classes."""
        return set(classes) <= set(self.classes)

    def _set_outputs(self, layer: keras.layers.Layer, classes: Sequence[str]) -> None:
        """Take over the output weights of the classes that the version has too, by name."""
        kernel, bias, *rest = (np.array(weights) for weights in layer.get_weights())
        old_kernel, old_bias = self.layers["evidence"][:2]
        for column, name in enumerate(classes):
            if name in self.classes:
                kernel[:, column] = old_kernel[:, self.classes.index(name)]
                bias[column] = old_bias[self.classes.index(name)]
        layer.set_weights([kernel, bias, *map(np.zeros_like, rest)])


def _spelt_vectors(words: Sequence[str], pieces: Inputs) -> Inputs:
    """The mean vectors of the words' character n-grams (words, size)."""
    spellings = np.frombuffer(spell(words), np.uint8).reshape(-1, SPELLING_BYTES)
    buckets, exist = (np.asarray(values) for values in character_ngrams(spellings))
    total = (pieces[buckets] * exist[:, :, None]).sum(axis=1)
    return np.asarray(total / np.maximum(exist.sum(axis=1), 1)[:, None], np.float32)


def count_words(parts: Iterable[tuple[Sequence[str], float]]) -> Counter[str]:
    """Return how often each word occurs in parts of texts, each with a weight; so the counts need not be whole numbers."""
    total: Counter[str] = Counter()
    for texts, weight in parts:
        for word, count in encoding.count_words(texts).items():
            total[word] += count * weight  # type: ignore[assignment]
    return total


def from_texts(
    parts: Sequence[tuple[Sequence[str], float]], vocabulary: int, file: Path | None, console: Console
) -> Initialization:
    """Compute word vectors from texts without labels, half of their numbers from a `file` of vectors if there is one.

    `parts` are texts, each with a weight of their words in the vocabulary of `vocabulary` words. Raises DataError for a file
    that cannot be read.
    """
    start = perf_counter()
    counts = count_words(parts)
    words = encoding.vocabulary(counts, vocabulary)
    known = word_vectors.read_vectors(file, words) if file else np.zeros((len(words), 0), np.float32)
    encoder = Encoder(words)
    tokens = encoding.without_spellings([encoder(text) for texts, _ in parts for text in texts], len(words))
    own = word_vectors.word_vectors(tokens, len(words), max(1, VECTOR_SIZE - known.shape[1]), SEED)
    vectors = np.zeros((len(words), VECTOR_SIZE), np.float32)
    together = np.concatenate([known, own], axis=1)[:, :VECTOR_SIZE]
    vectors[:, : together.shape[1]] = together
    spelt = slice(LAST_END + 1, None)
    spellings = np.frombuffer(spell(words[spelt]), np.uint8).reshape(-1, SPELLING_BYTES)
    frequencies = np.array([counts[word] for word in words[spelt]], np.float64)
    pieces = word_vectors.fit_pieces(spellings, vectors[spelt], frequencies)
    seconds = perf_counter() - start
    source = f"co-occurrences in the texts, and {file.name}" if file else "co-occurrences in the texts"
    console.print(f"word vectors: {len(words):,} words of {VECTOR_SIZE} numbers, {seconds:.0f} s")
    return Initialization(words, vectors, pieces, vectors_source=source, seconds=seconds)


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
    vectors, pieces = network.get_layer("vectors").restored()
    return Initialization(
        words,
        vectors,
        pieces,
        {name: review.layer(network, name).get_weights() for name in ("pairs", "states", "evidence")},
        tuple(card.classes),
        network.get_layer("ngrams").restored(),
        f"{card.name} v{card.version}",
        sha256=card.data.sha256,
        audit=card.data.audit,
    )


def initialize(options: TrainOptions, version: Path | None, corpus: Corpus, console: Console) -> Initialization:
    """Compute word vectors of the texts of the run, or load the version to train further. Raises DataError."""
    if version is None:
        network = options.network
        parts = [*((pool.texts, pool.share) for pool in corpus.pools), (corpus.unlabelled, UNLABELLED_WEIGHT)]
        return from_texts(parts, network.vocabulary or DEFAULT_VOCABULARY, network.vectors, console)
    initialization = from_version(version)
    check_test_set(initialization, corpus)
    known = len(initialization.words)
    initialization = initialization.with_words_of(text for pool in corpus.pools for text in pool.texts)
    console.print(f"{len(initialization.words) - known:,} words of the texts join the vocabulary of {known:,}")
    return initialization


def check_test_set(initialization: Initialization, corpus: Corpus) -> None:
    """Raise DataError if the version to train further has been trained on the same file with another test set."""
    if initialization.sha256 == corpus.data.sha256 and initialization.audit != corpus.data.audit:
        raise DataError(
            f"{initialization.version} was trained on {corpus.data.source} with another test set, so it may have been trained "
            "on texts of this one: add --start none, or give other texts"
        )
