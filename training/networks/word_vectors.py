"""Layers that read words: vectors of known words and of spellings, and the weights of word n-grams; trained, and as bytes."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN
from training.networks.ngram_hash import CHARACTER_BUCKETS, CHARACTER_ORDERS, ORDERS, buckets_of
from training.networks.registry import serializable

BEGIN, END = ord("<"), ord(">")  # stand before and after the bytes of a word


def character_ngrams(spellings: Any) -> tuple[Any, Any]:
    """Return the buckets of the character n-grams of spellings (words, SPELLING_BYTES), and which exist: both (words, n-grams).

    The word stands between BEGIN and END.
    """
    codes = ops.pad(ops.cast(spellings, "int64"), ((0, 0), (1, 1)))
    first = ops.pad(ops.zeros_like(codes[:, 1:]), ((0, 0), (1, 0)), constant_values=BEGIN)
    before = ops.pad(codes[:, :-1], ((0, 0), (1, 0)))
    is_end = ops.logical_and(ops.logical_and(ops.equal(codes, 0), before > 0), ops.equal(first, 0))
    codes = codes + first + ops.cast(is_end, "int64") * END
    buckets, exist = [], []
    for order in CHARACTER_ORDERS:
        width = SPELLING_BYTES + 3 - order
        parts = [codes[:, offset : offset + width] for offset in range(order)]
        buckets.append(buckets_of(parts, CHARACTER_BUCKETS))
        exist.append(parts[-1] > 0)
    return ops.concatenate(buckets, axis=1), ops.concatenate(exist, axis=1)


def place(vectors: Any, tokens: Any, spelled: Any) -> Any:
    """Add the vectors of spellings (unknown words, size) to those (batch, time, size) of the tokens UNKNOWN, row by row."""
    import tensorflow as tf

    return tf.tensor_scatter_nd_add(vectors, tf.where(tf.equal(tokens, UNKNOWN)), spelled)


@serializable()
class WordVectors(layers.Layer):  # type: ignore[misc]
    """Tokens (batch, time) and spellings → word vectors (batch, time, size).

    The vector of an unknown word is that of UNKNOWN plus the mean of the vectors of its character n-grams, after fastText
    (Bojanowski et al., 2017).
    """

    def __init__(self, vocabulary: int, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.size = vocabulary, size

    def build(self, tokens_shape: tuple[int, ...], spellings_shape: tuple[int, ...]) -> None:
        initial = keras.initializers.RandomUniform(-0.05, 0.05)
        self.embeddings = self.add_weight(shape=(self.vocabulary, self.size), initializer=initial, name="embeddings")
        self.pieces = self.add_weight(shape=(CHARACTER_BUCKETS, self.size), initializer=initial, name="pieces")

    def call(self, tokens: Any, spellings: Any) -> Any:
        return place(ops.take(self.embeddings, tokens, axis=0), tokens, self.spell(spellings))

    def spell(self, spellings: Any) -> Any:
        """Return the mean vector of the n-grams of each spelling: (words, size)."""
        import tensorflow as tf

        buckets, exist = character_ngrams(spellings)
        words = tf.where(exist)[:, 0]
        vectors = ops.take(self.pieces, tf.boolean_mask(buckets, exist), axis=0)
        count = ops.maximum(ops.sum(ops.cast(exist, "float32"), axis=1, keepdims=True), 1.0)
        return tf.math.unsorted_segment_sum(vectors, words, tf.shape(spellings)[0]) / count

    def compute_output_spec(self, tokens: Any, spellings: Any) -> Any:
        return keras.KerasTensor((*tokens.shape, self.size), "float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}


@serializable()
class Int8WordVectors(layers.Layer):  # type: ignore[misc]
    """`WordVectors` of one byte per number: each row has codes from −127 to 127 and a scale that multiplies them."""

    def __init__(self, vocabulary: int, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.size = vocabulary, size

    def build(self, tokens_shape: tuple[int, ...], spellings_shape: tuple[int, ...]) -> None:
        self.codes, self.scale = self._add("words", self.vocabulary)
        self.piece_codes, self.piece_scale = self._add("pieces", CHARACTER_BUCKETS)

    def _add(self, name: str, rows: int) -> tuple[Any, Any]:
        zeros = {"initializer": "zeros", "trainable": False}
        codes = self.add_weight(shape=(rows, self.size), dtype="int8", name=f"{name}_codes", **zeros)
        return codes, self.add_weight(shape=(rows, 1), name=f"{name}_scale", **zeros)

    def store(self, vectors: npt.NDArray[np.float32], pieces: npt.NDArray[np.float32]) -> None:
        """Round the vectors of words (vocabulary, size) and of n-grams to codes; the first, of padding, becomes zero."""
        vectors = np.concatenate([np.zeros_like(vectors[:1]), vectors[1:]])
        for values, codes, scales in ((vectors, self.codes, self.scale), (pieces, self.piece_codes, self.piece_scale)):
            scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-12) / 127
            codes.assign(np.rint(values / scale).astype(np.int8))
            scales.assign(scale)

    def restored(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the vectors of words and of n-grams, as they were rounded."""
        return (
            np.asarray(self.codes, np.float32) * np.asarray(self.scale),
            np.asarray(self.piece_codes, np.float32) * np.asarray(self.piece_scale),
        )

    def call(self, tokens: Any, spellings: Any) -> Any:
        buckets, exist = character_ngrams(spellings)
        pieces = _scaled(self.piece_codes, self.piece_scale, buckets) * ops.cast(exist, "float32")[:, :, None]
        count = ops.maximum(ops.sum(ops.cast(exist, "float32"), axis=1, keepdims=True), 1.0)
        return place(_scaled(self.codes, self.scale, tokens), tokens, ops.sum(pieces, axis=1) / count)

    def compute_output_spec(self, tokens: Any, spellings: Any) -> Any:
        return keras.KerasTensor((*tokens.shape, self.size), "float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}


def _scaled(codes: Any, scale: Any, rows: Any) -> Any:
    return ops.cast(ops.take(codes, rows, axis=0), "float32") * ops.take(scale, rows, axis=0)


@serializable()
class NgramWeights(layers.Layer):  # type: ignore[misc]
    """Tokens (batch, time) → the weights of the n-grams that start at each position (batch, time, orders, classes).

    One byte per bucket and class: code c stands for c·|c| times one common scale, so that small weights keep their
    precision beside large ones. The first class has no weights: those of the others are what they have more.
    """

    def __init__(self, buckets: int, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.buckets, self.classes = buckets, classes

    def build(self, tokens_shape: tuple[int, ...]) -> None:
        shape = (self.buckets, self.classes - 1)
        self.codes = self.add_weight(shape=shape, dtype="int8", initializer="zeros", trainable=False, name="codes")
        self.scale = self.add_weight(shape=(), initializer="zeros", trainable=False, name="scale")

    def store(self, weights: npt.NDArray[np.float32]) -> None:
        """Round the weights (buckets, classes) to codes."""
        weights = weights[:, 1:] - weights[:, :1]
        scale = max(float(np.abs(weights).max()), 1e-12) / 127**2
        self.codes.assign((np.sign(weights) * np.rint(np.sqrt(np.abs(weights) / scale))).astype(np.int8))
        self.scale.assign(scale)

    def restored(self) -> npt.NDArray[np.float32]:
        """Return the weights (buckets, classes), as they were rounded."""
        codes = np.asarray(self.codes, np.float32)
        return np.pad(codes * np.abs(codes) * float(self.scale), ((0, 0), (1, 0)))

    def call(self, tokens: Any) -> Any:
        words = [ops.cast(shift(tokens, -offset), "int64") for offset in range(len(ORDERS))]
        weights = []
        for order in ORDERS:
            codes = ops.cast(ops.take(self.codes, buckets_of(words[:order], self.buckets), axis=0), "float32")
            weights.append(codes * ops.abs(codes) * ops.cast(words[order - 1] > 0, "float32")[:, :, None])
        return ops.pad(ops.stack(weights, axis=2) * self.scale, ((0, 0), (0, 0), (0, 0), (1, 0)))

    def compute_output_shape(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        return (*tokens, len(ORDERS), self.classes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets, "classes": self.classes}


def shift(values: Any, offset: int) -> Any:
    """Move values (batch, time, …) later by `offset` positions, or earlier if it is negative; zeros fill the gap."""
    if offset == 0:
        return values
    rest = ((0, 0),) * (len(values.shape) - 2)
    if offset > 0:
        return ops.pad(values, ((0, 0), (offset, 0), *rest))[:, :-offset]
    return ops.pad(values, ((0, 0), (0, -offset), *rest))[:, -offset:]
