"""The sentiment network: pairs of words through a bidirectional LSTM, its strongest states, and n-grams beside it.

tokens → word vectors → convolution over 3 words, every 2 → BiLSTM → the maximum of each state over the text → logit,
and the weights of hashed 1- to 3-grams added to it ("wide and deep", Cheng et al., 2016). Both parts are sums over the
places of a text, so what each word adds to the logit is known without another pass (see `Evidence`).
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from training.networks.ngram_hash import ORDERS, buckets_of

STRIDE = 2
WIDTH = 3
LENGTH = 100  # steps of a text whose usual states make the baseline
SHARE = 0.05  # of a step's weight that both of its words get whatever their own weights, before the rest is divided


def serializable(name: str | None = None) -> Any:
    """Register a layer with Keras; `name` is what versions on disk know it by, where that is not the class's own."""
    return keras.saving.register_keras_serializable("gatecast", name)


def trainable(vocabulary: int, size: int, filters: int, units: int, dropout: tuple[float, float]) -> keras.Model:
    """Token numbers (batch, time), 0 is padding → logit (batch, 1). `dropout`: of vectors, and of the pooled states."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    vectors = layers.Embedding(vocabulary, size, name="vectors")(tokens)
    vectors = layers.SpatialDropout1D(dropout[0], name="vector_dropout")(vectors)
    found = reader(size, filters, units, dropout[1])([vectors, tokens])
    return keras.Model(tokens, found["logit"][:, None], name="review")


def reader(size: int, filters: int, units: int, dropout: float = 0.0) -> keras.Model:
    """Word vectors (batch, time, size) and their token numbers → what `Evidence` finds."""
    vectors = keras.Input((None, size), name="vectors")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    hidden = vectors * ops.cast(tokens > 0, "float32")[:, :, None]
    hidden = layers.ZeroPadding1D((0, WIDTH - 1), name="after")(hidden)
    hidden = layers.Conv1D(filters, WIDTH, strides=STRIDE, name="pairs")(hidden)
    mask = tokens[:, ::STRIDE] > 0
    hidden = layers.Bidirectional(FusedLSTM(units, return_sequences=True), name="states")(hidden, mask=mask)
    return keras.Model([vectors, tokens], Attribution(dropout, name="evidence")(hidden, mask), name="reader")


def layer(network: keras.Model, name: str) -> keras.layers.Layer:
    """A layer of the network, or of the reader in it."""
    return network.get_layer(name) if name == "vectors" else network.get_layer("reader").get_layer(name)


def served(vocabulary: int, size: int, filters: int, units: int, buckets: int) -> keras.Model:
    """Token numbers (batch, time) → `probability` (batch, 1) and `weights` (batch, time), all small: see `filled`."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    vectors = Int8Embedding(vocabulary, size, name="vectors")(tokens)
    found = reader(size, filters, units)([vectors, tokens])
    ngrams = NgramWeights(buckets, name="ngrams")(tokens)
    weights = WordWeights(name="words")(tokens, found["steps"], ngrams)
    logit = found["logit"] + ops.sum(ngrams, axis=(1, 2))
    return keras.Model(tokens, {"probability": ops.sigmoid(logit)[:, None], "weights": weights}, name="sentiment")


def quantize(network: keras.Model, ngrams: npt.NDArray[np.float32]) -> keras.Model:
    """The network to be served: a trained one, and n-gram weights (buckets,) that are added to its logit."""
    vectors, read = network.get_layer("vectors"), network.get_layer("reader")
    filters, units = read.get_layer("pairs").filters, read.get_layer("states").forward_layer.units
    model = served(vectors.input_dim, vectors.output_dim, filters, units, len(ngrams))
    model.get_layer("vectors").store(np.asarray(vectors.embeddings))
    model.get_layer("ngrams").store(ngrams)
    model.get_layer("reader").set_weights(read.get_weights())
    return model


@serializable()
class FusedLSTM(layers.LSTM):  # type: ignore[misc]
    """Keras' LSTM over right-padded texts, by TensorFlow's fused kernel: several times quicker on a CPU.

    Of the kernel's first version, as the gradient of the second assumes another order of gates than it computes with.
    Always returns sequences. `mask` (batch, time) must be true up to the length of a text and false after it.
    """

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        import tensorflow as tf

        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        values = tf.transpose(sequences, (1, 0, 2))
        if self.go_backwards:
            values = tf.reverse_sequence(values, lengths, seq_axis=0, batch_axis=1)
        nothing = tf.zeros((tf.shape(values)[1], self.units))
        no_peephole = tf.zeros((self.units,))
        kernel = tf.concat([self.cell.kernel, self.cell.recurrent_kernel], axis=0)
        states = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(tf.shape(values)[0], tf.int64),
            x=values,
            cs_prev=nothing,
            h_prev=nothing,
            w=_gates(kernel),
            wci=no_peephole,
            wcf=no_peephole,
            wco=no_peephole,
            b=_gates(self.cell.bias),
            forget_bias=0.0,
            cell_clip=0.0,
            use_peephole=False,
        ).h
        if self.go_backwards:
            states = tf.reverse_sequence(states, lengths, seq_axis=0, batch_axis=1)
            states = tf.reverse(states, (0,))  # which Bidirectional takes back
        return tf.transpose(states, (1, 0, 2))


def _gates(weights: Any) -> Any:
    """Keras' input, forget, cell, output → the kernel's input, cell, forget, output."""
    first, forget, cell, output = ops.split(weights, 4, axis=-1)
    return ops.concatenate([first, cell, forget, output], axis=-1)


@serializable("Evidence")
class Attribution(layers.Layer):  # type: ignore[misc]
    """States (batch, steps, features) → what each step adds to the logit (batch, steps), and the logit without any.

    The logit of a max-pooled text is bias + Σ_f w_f max_t h_tf. Of it, w_f (max_t h_tf − usual_f − growth_f l) is counted to
    the step where feature f is at its maximum, so that steps add what sets them apart from a usual text of as many steps:
    the more there are, the larger a maximum usually is, and l is the logarithm of their number over LENGTH.
    bias + Σ_f w_f usual_f remains for a text without evidence, and l Σ_f w_f growth_f, what its length alone says, is
    shared evenly by all steps.
    """

    def __init__(self, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True  # it gets the mask by another name
        self.dropout = dropout
        self._drop = layers.Dropout(dropout)

    def build(self, states_shape: tuple[int, ...], present_shape: tuple[int, ...]) -> None:
        features = states_shape[-1]
        self.kernel = self.add_weight(
            shape=(features,), initializer=keras.initializers.RandomNormal(stddev=features**-0.5), name="kernel"
        )
        self.bias = self.add_weight(shape=(), initializer="zeros", name="bias")
        self.usual = self.add_weight(shape=(features,), initializer="zeros", name="usual", trainable=False)
        self.growth = self.add_weight(shape=(features,), initializer="zeros", name="growth", trainable=False)

    def call(self, states: Any, present: Any, training: bool = False) -> dict[str, Any]:
        states = ops.where(present[:, :, None], states, -2.0)  # below whatever an LSTM gives
        largest = ops.max(states, axis=1, keepdims=True)
        worded = ops.cast(ops.any(present, axis=1, keepdims=True), "float32")
        count = ops.maximum(ops.sum(ops.cast(present, "float32"), axis=1, keepdims=True), 1.0)
        longer = ops.log(count / LENGTH) * worded
        apart = largest[:, 0] - self.usual - longer * self.growth
        apart = self._drop(apart * worded, training=training) * self.kernel
        even = longer * ops.sum(self.kernel * self.growth)
        there = ops.cast(ops.equal(states, largest), "float32")
        steps = ops.sum(there / ops.sum(there, axis=1, keepdims=True) * apart[:, None, :], axis=2)
        steps += even / count * ops.cast(present, "float32")
        logit = ops.sum(apart, axis=1) + even[:, 0] + self.baseline()
        return {"pooled": largest[:, 0], "logit": logit, "steps": steps}

    def baseline(self) -> Any:
        """The logit of a usual text of LENGTH steps."""
        return self.bias + ops.sum(self.kernel * self.usual)

    def compute_output_spec(self, states: Any, present: Any, training: bool = False) -> dict[str, Any]:
        batch, steps, features = states.shape
        shapes = {"pooled": (batch, features), "logit": (batch,), "steps": (batch, steps)}
        return {name: keras.KerasTensor(shape, "float32") for name, shape in shapes.items()}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dropout": self.dropout}


@serializable("ByteVectors")
class Int8Embedding(layers.Layer):  # type: ignore[misc]
    """An embedding in a byte a number: row by row, codes −127 … 127 and what one of them is worth."""

    def __init__(self, vocabulary: int, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.size = vocabulary, size

    def build(self, tokens_shape: tuple[int, ...]) -> None:
        self.codes = self.add_weight(
            shape=(self.vocabulary, self.size), dtype="int8", initializer="zeros", trainable=False, name="codes"
        )
        self.worth = self.add_weight(shape=(self.vocabulary, 1), initializer="zeros", trainable=False, name="worth")

    def store(self, vectors: npt.NDArray[np.float32]) -> None:
        vectors = np.concatenate([np.zeros_like(vectors[:1]), vectors[1:]])  # padding
        worth = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12) / 127
        self.codes.assign(np.rint(vectors / worth).astype(np.int8))
        self.worth.assign(worth)

    def call(self, tokens: Any) -> Any:
        return ops.cast(ops.take(self.codes, tokens, axis=0), "float32") * ops.take(self.worth, tokens, axis=0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}


@serializable()
class NgramWeights(layers.Layer):  # type: ignore[misc]
    """Tokens (batch, time) → what the n-grams of each place weigh (batch, time, orders), from its first word on.

    A byte a bucket: code c is worth c·|c| times one number, so that small weights are not lost beside large ones.
    """

    def __init__(self, buckets: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.buckets = buckets

    def build(self, tokens_shape: tuple[int, ...]) -> None:
        self.codes = self.add_weight(
            shape=(self.buckets,), dtype="int8", initializer="zeros", trainable=False, name="codes"
        )
        self.worth = self.add_weight(shape=(), initializer="zeros", trainable=False, name="worth")

    def store(self, weights: npt.NDArray[np.float32]) -> None:
        worth = max(float(np.abs(weights).max()), 1e-12) / 127**2
        self.codes.assign((np.sign(weights) * np.rint(np.sqrt(np.abs(weights) / worth))).astype(np.int8))
        self.worth.assign(worth)

    def call(self, tokens: Any) -> Any:
        words = [ops.cast(shift(tokens, -place), "int64") for place in range(len(ORDERS))]
        found = []
        for order in ORDERS:
            codes = ops.cast(ops.take(self.codes, buckets_of(words[:order], self.buckets), axis=0), "float32")
            found.append(codes * ops.abs(codes) * ops.cast(words[order - 1] > 0, "float32"))
        return ops.stack(found, axis=2) * self.worth

    def compute_output_shape(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        return (*tokens, len(ORDERS))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets}


def shift(values: Any, places: int) -> Any:
    """(batch, time) moved later by so many places, or earlier for a negative number; zeros come in."""
    if places == 0:
        return values
    if places > 0:
        return ops.pad(values, ((0, 0), (places, 0)))[:, :-places]
    return ops.pad(values, ((0, 0), (0, -places)))[:, -places:]


@serializable()
class WordWeights(layers.Layer):  # type: ignore[misc]
    """What steps and n-grams add to the logit → what each word does (batch, time); the sum stays the same.

    An n-gram's weight is shared evenly by its words, a step's by its two words as their own 1-gram weights are large.
    """

    def call(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        shared = 0.0
        for column, order in enumerate(ORDERS):
            for place in range(order):
                shared = shared + shift(ngrams[:, :, column] / order, place)
        known = ops.cast(tokens > 0, "float32")
        own = (ops.abs(ngrams[:, :, 0]) + SHARE) * known
        pairs = ops.reshape(
            ops.pad(own, ((0, 0), (0, ops.mod(ops.shape(own)[1], STRIDE)))), (ops.shape(own)[0], -1, STRIDE)
        )
        part = pairs / ops.maximum(ops.sum(pairs, axis=2, keepdims=True), 1e-12)
        deep = ops.reshape(part * steps[:, :, None], (ops.shape(own)[0], -1))[:, : ops.shape(own)[1]]
        return shared + deep

    def compute_output_spec(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        return keras.KerasTensor(tokens.shape, "float32")
