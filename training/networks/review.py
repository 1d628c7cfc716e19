"""The sentiment network: word vectors and spellings, a convolution, a bidirectional LSTM with max pooling, n-gram weights beside.

tokens, spellings → word vectors → convolution over 3 words, every 2 → BiLSTM → maximum of each state over the text → logits.
The weights of hashed 1- to 3-grams are added to the logits ("wide and deep", Cheng et al., 2016). Both parts are sums over
the positions of a text, so the network also returns what each word adds to each logit, in the same pass. `attribution` has
the layers for this, `word_vectors` those that read words.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from service.artifacts.tokenizer import SPELLING_BYTES
from training.networks.attribution import Attribution, SentenceEvidence, WordWeights
from training.networks.registry import STRIDE, WIDTH, serializable
from training.networks.word_vectors import Int8WordVectors, NgramWeights, WordVectors


class Sizes(NamedTuple):
    """The sizes of a network: words, numbers of a word vector, filters, units of each direction, classes."""

    vocabulary: int
    vector: int
    filters: int
    units: int
    classes: int


def trainable_network(sizes: Sizes, dropout: tuple[float, float]) -> keras.Model:
    """Build the network for training: token numbers (batch, time), where 0 is padding, and spellings → logits (batch, classes).

    Spellings (unknown words, SPELLING_BYTES) have a row for each token UNKNOWN, row by row of the tokens. `dropout` has two
    rates: of the word vectors, and of the pooled states.
    """
    tokens, spellings = _inputs()
    vectors = WordVectors(sizes.vocabulary, sizes.vector, name="vectors")(tokens, spellings)
    vectors = layers.SpatialDropout1D(dropout[0], name="vector_dropout")(vectors)
    outputs = reader(sizes, dropout[1])([vectors, tokens])
    return keras.Model([tokens, spellings], outputs["logits"], name="review")


def _inputs() -> tuple[Any, Any]:
    return (
        keras.Input((None,), dtype="int32", name="tokens"),
        keras.Input((SPELLING_BYTES,), dtype="uint8", name="spellings"),
    )


def reader(sizes: Sizes, dropout: float = 0.0) -> keras.Model:
    """Build the part that reads word vectors (batch, time, size) and their token numbers; it returns `Attribution`'s outputs."""
    vectors = keras.Input((None, sizes.vector), name="vectors")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    hidden = vectors * ops.cast(tokens > 0, "float32")[:, :, None]
    hidden = layers.ZeroPadding1D((0, WIDTH - 1), name="after")(hidden)
    hidden = layers.Conv1D(sizes.filters, WIDTH, strides=STRIDE, name="pairs")(hidden)
    mask = tokens[:, ::STRIDE] > 0
    hidden = layers.Bidirectional(FusedLSTM(sizes.units, return_sequences=True), name="states")(hidden, mask=mask)
    outputs = Attribution(sizes.classes, dropout, name="evidence")(hidden, mask)
    return keras.Model([vectors, tokens], outputs, name="reader")


def layer(network: keras.Model, name: str) -> keras.layers.Layer:
    """Return a layer of the network, or of the reader inside it."""
    return network.get_layer(name) if name == "vectors" else network.get_layer("reader").get_layer(name)


def served_network(sizes: Sizes, buckets: int, poles: tuple[int, int] | None) -> keras.Model:
    """Build the network for serving; all its weights are zero, and `quantize` fills them.

    Token numbers (batch, time) and spellings → `probability` (batch, classes), `evidence` (batch, 2) and `weights` (batch,
    time, classes). `poles` are the numbers of the negative and of the positive class, if there are such.
    """
    tokens, spellings = _inputs()
    vectors = Int8WordVectors(sizes.vocabulary, sizes.vector, name="vectors")(tokens, spellings)
    outputs = reader(sizes)([vectors, tokens])
    ngrams = NgramWeights(buckets, sizes.classes, name="ngrams")(tokens)
    weights = WordWeights(name="words")(tokens, outputs["steps"], ngrams)
    evidence = SentenceEvidence(poles, name="sentences")(tokens, outputs["steps"], ngrams)
    logits = outputs["logits"] + ops.sum(ngrams, axis=(1, 2))
    return keras.Model(
        [tokens, spellings],
        {"probability": ops.softmax(logits), "evidence": evidence, "weights": weights},
        name="sentiment",
    )


def sizes_of(network: keras.Model) -> Sizes:
    """Return the sizes of a network, trainable or served."""
    vectors, trained = network.get_layer("vectors"), network.get_layer("reader")
    filters, units = trained.get_layer("pairs").filters, trained.get_layer("states").forward_layer.units
    return Sizes(vectors.vocabulary, vectors.size, filters, units, trained.get_layer("evidence").classes)


def quantize(
    network: keras.Model, ngram_weights: npt.NDArray[np.float32], poles: tuple[int, int] | None
) -> keras.Model:
    """Return the served form of a trained network, with n-gram weights (buckets, classes) added to its logits."""
    model = served_network(sizes_of(network), len(ngram_weights), poles)
    vectors = network.get_layer("vectors")
    model.get_layer("vectors").store(np.asarray(vectors.embeddings), np.asarray(vectors.pieces))
    model.get_layer("ngrams").store(ngram_weights)
    model.get_layer("reader").set_weights(network.get_layer("reader").get_weights())
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
