"""The sentiment network: a convolution, a bidirectional LSTM with max pooling, and n-gram weights beside them.

tokens → word vectors → convolution over 3 words, every 2 → BiLSTM → maximum of each state over the text → logit.
The weights of hashed 1- to 3-grams are added to that logit ("wide and deep", Cheng et al., 2016). Both parts are sums over
the positions of a text, so the network also returns what each word adds to the logit, in the same pass (`Attribution`).
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from training.networks.ngram_hash import ORDERS, buckets_of

STRIDE = 2  # words per step
WIDTH = 3  # words that the convolution reads at a step
BASELINE_STEPS = 100  # length, in steps, of the average text that word weights are measured against
SMOOTHING = 0.05  # added to the weight of each word before a step's weight is divided between its words


def serializable(name: str | None = None) -> Any:
    """Register a layer with Keras. Pass `name` where saved versions know the layer by another name than its class's."""
    return keras.saving.register_keras_serializable("gatecast", name)


def trainable_network(
    vocabulary: int, size: int, filters: int, units: int, dropout: tuple[float, float]
) -> keras.Model:
    """Build the network for training: token numbers (batch, time), where 0 is padding → logit (batch, 1).

    `dropout` has two rates: of the word vectors, and of the pooled states.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    vectors = layers.Embedding(vocabulary, size, name="vectors")(tokens)
    vectors = layers.SpatialDropout1D(dropout[0], name="vector_dropout")(vectors)
    outputs = reader(size, filters, units, dropout[1])([vectors, tokens])
    return keras.Model(tokens, outputs["logit"][:, None], name="review")


def reader(size: int, filters: int, units: int, dropout: float = 0.0) -> keras.Model:
    """Build the part that reads word vectors (batch, time, size) and their token numbers; it returns `Attribution`'s outputs."""
    vectors = keras.Input((None, size), name="vectors")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    hidden = vectors * ops.cast(tokens > 0, "float32")[:, :, None]
    hidden = layers.ZeroPadding1D((0, WIDTH - 1), name="after")(hidden)
    hidden = layers.Conv1D(filters, WIDTH, strides=STRIDE, name="pairs")(hidden)
    mask = tokens[:, ::STRIDE] > 0
    hidden = layers.Bidirectional(FusedLSTM(units, return_sequences=True), name="states")(hidden, mask=mask)
    return keras.Model([vectors, tokens], Attribution(dropout, name="evidence")(hidden, mask), name="reader")


def layer(network: keras.Model, name: str) -> keras.layers.Layer:
    """Return a layer of the network, or of the reader inside it."""
    return network.get_layer(name) if name == "vectors" else network.get_layer("reader").get_layer(name)


def served_network(vocabulary: int, size: int, filters: int, units: int, buckets: int) -> keras.Model:
    """Build the network for serving: token numbers (batch, time) → `probability` (batch, 1) and `weights` (batch, time).

    All its weights are zero; `quantize` fills them.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    vectors = Int8Embedding(vocabulary, size, name="vectors")(tokens)
    outputs = reader(size, filters, units)([vectors, tokens])
    ngrams = NgramWeights(buckets, name="ngrams")(tokens)
    weights = WordWeights(name="words")(tokens, outputs["steps"], ngrams)
    logit = outputs["logit"] + ops.sum(ngrams, axis=(1, 2))
    return keras.Model(tokens, {"probability": ops.sigmoid(logit)[:, None], "weights": weights}, name="sentiment")


def quantize(network: keras.Model, ngram_weights: npt.NDArray[np.float32]) -> keras.Model:
    """Return the served form of a trained network, with n-gram weights (buckets,) added to its logit."""
    vectors, trained = network.get_layer("vectors"), network.get_layer("reader")
    filters, units = trained.get_layer("pairs").filters, trained.get_layer("states").forward_layer.units
    model = served_network(vectors.input_dim, vectors.output_dim, filters, units, len(ngram_weights))
    model.get_layer("vectors").store(np.asarray(vectors.embeddings))
    model.get_layer("ngrams").store(ngram_weights)
    model.get_layer("reader").set_weights(trained.get_weights())
    return model


@serializable()
class FusedLSTM(layers.LSTM):  # type: ignore[misc]
    """Keras' LSTM for right-padded texts, on TensorFlow's fused kernel, which is several times faster on a CPU.

    It uses the first version of the kernel: the gradient of the second assumes another order of gates than the kernel
    computes with. It always returns sequences. `mask` (batch, time) must be true up to the end of a text and false after it.
    """

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        import tensorflow as tf

        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        values = tf.transpose(sequences, (1, 0, 2))
        if self.go_backwards:
            values = tf.reverse_sequence(values, lengths, seq_axis=0, batch_axis=1)
        zeros = tf.zeros((tf.shape(values)[1], self.units))
        no_peephole = tf.zeros((self.units,))
        kernel = tf.concat([self.cell.kernel, self.cell.recurrent_kernel], axis=0)
        states = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(tf.shape(values)[0], tf.int64),
            x=values,
            cs_prev=zeros,
            h_prev=zeros,
            w=_reorder_gates(kernel),
            wci=no_peephole,
            wcf=no_peephole,
            wco=no_peephole,
            b=_reorder_gates(self.cell.bias),
            forget_bias=0.0,
            cell_clip=0.0,
            use_peephole=False,
        ).h
        if self.go_backwards:
            states = tf.reverse_sequence(states, lengths, seq_axis=0, batch_axis=1)
            states = tf.reverse(states, (0,))  # Bidirectional reverses them again
        return tf.transpose(states, (1, 0, 2))


def _reorder_gates(weights: Any) -> Any:
    """From Keras' order (input, forget, cell, output) to the kernel's (input, cell, forget, output)."""
    first, forget, cell, output = ops.split(weights, 4, axis=-1)
    return ops.concatenate([first, cell, forget, output], axis=-1)


@serializable("Evidence")
class Attribution(layers.Layer):  # type: ignore[misc]
    """Max pooling and the output weights, with what each step adds to the logit.

    States h (batch, steps, features) → `pooled` (batch, features), `logit` (batch,) and `steps` (batch, steps).

    The logit is bias + Σ_f w_f max_t h_tf. Longer texts have larger maxima. So the expected maximum of feature f is
    baseline_f + slope_f l, where l is the logarithm of the number of steps over BASELINE_STEPS. The logit has three parts:

    - w_f (max_t h_tf − baseline_f − slope_f l) for each feature f goes to the step at which f has its maximum.
    - l Σ_f w_f slope_f, the effect of the length alone, is shared evenly by all steps.
    - bias + Σ_f w_f baseline_f, the logit of an average text, goes to no step: `baseline()`.
    """

    def __init__(self, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True  # the mask comes as the argument `present`
        self.dropout = dropout
        self._drop = layers.Dropout(dropout)

    # Saved versions name the arguments of `build`, and Keras derives these from those of `call`: keep both.
    def build(self, states_shape: tuple[int, ...], present_shape: tuple[int, ...]) -> None:
        features = states_shape[-1]
        self.kernel = self.add_weight(
            shape=(features,), initializer=keras.initializers.RandomNormal(stddev=features**-0.5), name="kernel"
        )
        self.bias = self.add_weight(shape=(), initializer="zeros", name="bias")
        self.baseline_state = self.add_weight(
            shape=(features,), initializer="zeros", name="baseline_state", trainable=False
        )
        self.length_slope = self.add_weight(
            shape=(features,), initializer="zeros", name="length_slope", trainable=False
        )

    def call(self, states: Any, present: Any, training: bool = False) -> dict[str, Any]:
        states = ops.where(present[:, :, None], states, -2.0)  # below every output of an LSTM
        largest = ops.max(states, axis=1, keepdims=True)
        has_words = ops.cast(ops.any(present, axis=1, keepdims=True), "float32")
        count = ops.maximum(ops.sum(ops.cast(present, "float32"), axis=1, keepdims=True), 1.0)
        log_length = ops.log(count / BASELINE_STEPS) * has_words
        excess = largest[:, 0] - self.baseline_state - log_length * self.length_slope
        excess = self._drop(excess * has_words, training=training) * self.kernel
        length_effect = log_length * ops.sum(self.kernel * self.length_slope)
        is_largest = ops.cast(ops.equal(states, largest), "float32")
        steps = ops.sum(is_largest / ops.sum(is_largest, axis=1, keepdims=True) * excess[:, None, :], axis=2)
        steps += length_effect / count * ops.cast(present, "float32")
        logit = ops.sum(excess, axis=1) + length_effect[:, 0] + self.baseline()
        return {"pooled": largest[:, 0], "logit": logit, "steps": steps}

    def baseline(self) -> Any:
        """Return the logit of an average text of BASELINE_STEPS steps."""
        return self.bias + ops.sum(self.kernel * self.baseline_state)

    def compute_output_spec(self, states: Any, present: Any, training: bool = False) -> dict[str, Any]:
        batch, steps, features = states.shape
        shapes = {"pooled": (batch, features), "logit": (batch,), "steps": (batch, steps)}
        return {name: keras.KerasTensor(shape, "float32") for name, shape in shapes.items()}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dropout": self.dropout}


@serializable("ByteVectors")
class Int8Embedding(layers.Layer):  # type: ignore[misc]
    """An embedding of one byte per number: each row has codes from −127 to 127 and a scale that multiplies them."""

    def __init__(self, vocabulary: int, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.size = vocabulary, size

    def build(self, tokens_shape: tuple[int, ...]) -> None:
        self.codes = self.add_weight(
            shape=(self.vocabulary, self.size), dtype="int8", initializer="zeros", trainable=False, name="codes"
        )
        self.scale = self.add_weight(shape=(self.vocabulary, 1), initializer="zeros", trainable=False, name="scale")

    def store(self, vectors: npt.NDArray[np.float32]) -> None:
        """Round the vectors (vocabulary, size) to codes; the first, of padding, becomes zero."""
        vectors = np.concatenate([np.zeros_like(vectors[:1]), vectors[1:]])
        scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12) / 127
        self.codes.assign(np.rint(vectors / scale).astype(np.int8))
        self.scale.assign(scale)

    def call(self, tokens: Any) -> Any:
        return ops.cast(ops.take(self.codes, tokens, axis=0), "float32") * ops.take(self.scale, tokens, axis=0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}


@serializable()
class NgramWeights(layers.Layer):  # type: ignore[misc]
    """Tokens (batch, time) → the weights of the n-grams that start at each position (batch, time, orders).

    One byte per bucket: code c stands for c·|c| times one common scale, so that small weights keep their precision
    beside large ones.
    """

    def __init__(self, buckets: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.buckets = buckets

    def build(self, tokens_shape: tuple[int, ...]) -> None:
        self.codes = self.add_weight(
            shape=(self.buckets,), dtype="int8", initializer="zeros", trainable=False, name="codes"
        )
        self.scale = self.add_weight(shape=(), initializer="zeros", trainable=False, name="scale")

    def store(self, weights: npt.NDArray[np.float32]) -> None:
        """Round the weights (buckets,) to codes."""
        scale = max(float(np.abs(weights).max()), 1e-12) / 127**2
        self.codes.assign((np.sign(weights) * np.rint(np.sqrt(np.abs(weights) / scale))).astype(np.int8))
        self.scale.assign(scale)

    def call(self, tokens: Any) -> Any:
        words = [ops.cast(shift(tokens, -offset), "int64") for offset in range(len(ORDERS))]
        weights = []
        for order in ORDERS:
            codes = ops.cast(ops.take(self.codes, buckets_of(words[:order], self.buckets), axis=0), "float32")
            weights.append(codes * ops.abs(codes) * ops.cast(words[order - 1] > 0, "float32"))
        return ops.stack(weights, axis=2) * self.scale

    def compute_output_shape(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        return (*tokens, len(ORDERS))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets}


def shift(values: Any, offset: int) -> Any:
    """Move values (batch, time) later by `offset` positions, or earlier if it is negative; zeros fill the gap."""
    if offset == 0:
        return values
    if offset > 0:
        return ops.pad(values, ((0, 0), (offset, 0)))[:, :-offset]
    return ops.pad(values, ((0, 0), (0, -offset)))[:, -offset:]


@serializable()
class WordWeights(layers.Layer):  # type: ignore[misc]
    """What steps and n-grams add to the logit → what each word adds (batch, time); the sum stays the same.

    The words of an n-gram share its weight evenly. The two words of a step share its weight in proportion to the size of
    their own 1-gram weights.
    """

    def call(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        from_ngrams = 0.0
        for column, order in enumerate(ORDERS):
            for offset in range(order):
                from_ngrams = from_ngrams + shift(ngrams[:, :, column] / order, offset)
        is_word = ops.cast(tokens > 0, "float32")
        own = (ops.abs(ngrams[:, :, 0]) + SMOOTHING) * is_word
        pairs = ops.reshape(
            ops.pad(own, ((0, 0), (0, ops.mod(ops.shape(own)[1], STRIDE)))), (ops.shape(own)[0], -1, STRIDE)
        )
        shares = pairs / ops.maximum(ops.sum(pairs, axis=2, keepdims=True), 1e-12)
        from_steps = ops.reshape(shares * steps[:, :, None], (ops.shape(own)[0], -1))[:, : ops.shape(own)[1]]
        return from_ngrams + from_steps

    def compute_output_spec(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        return keras.KerasTensor(tokens.shape, "float32")
