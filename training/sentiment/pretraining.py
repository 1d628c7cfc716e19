"""What texts teach a network without labels: word vectors from co-occurrence counts, then language modelling.

Word vectors: positive pointwise mutual information within a window, with context frequencies to the power of 3/4, and the
square root of its truncated singular value decomposition (Levy, Goldberg and Dagan, 2015, sections 2.2 and 3.2).

Language modelling (Dai and Le, 2015): at each pair of words, the state of the forward LSTM predicts the next two words, and
that of the backward LSTM the two before. Frequent words are mostly left out as targets (Mikolov et al., 2013). The softmax
over the vocabulary is estimated from words sampled once per batch, with importance weights.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Inputs, Labels, Tokens
from training.networks.review import STRIDE, WIDTH
from training.sentiment.fitting import Batches, optimizer

WINDOW = 5
CONTEXT_POWER = 0.75
TEXTS_AT_ONCE = 8_000
VECTOR_SCALE = 0.3  # standard deviation of the vectors of frequent words
FREQUENT_WORDS = 20_000

PIECE = 300  # tokens; longer texts are split into pieces
MIN_PIECE = 16
LEARNING_RATE = 2e-3
WORD_DROPOUT = 0.1
DROPOUT = 0.2
SAMPLED = 512  # words per batch that estimate the softmax
SAMPLED_POWER = 0.75
FREQUENT = 3e-4  # share of all words; more frequent ones are targets less often
TARGET_SHARE = 0.5  # of the other words
OUTPUT_SCALE = 0.3  # output weights begin as the word vectors times this


def word_vectors(texts: Sequence[Tokens], vocabulary: int, size: int, seed: int) -> Inputs:
    """Return word vectors (vocabulary, size); those of padding, the unknown word and words without contexts are zero.

    Raises ValueError if no two known words are near each other.
    """
    counts = _cooccurrences(texts, vocabulary)
    if not counts.nnz:
        raise ValueError("no two known words are near each other")
    size = min(size, vocabulary - 1)
    left, values, _ = randomized_svd(_mutual_information(counts), size, n_iter=4, random_state=seed)
    vectors = left * np.sqrt(values)
    vectors[np.asarray(counts.sum(axis=1)).ravel() == 0] = 0
    frequent = vectors[UNKNOWN + 1 : FREQUENT_WORDS]
    return np.asarray(vectors * (VECTOR_SCALE / max(float(frequent.std()), 1e-12)), np.float32)


def _cooccurrences(texts: Sequence[Tokens], vocabulary: int) -> sp.csr_matrix:
    """How often two words are near each other; nearer ones count more: (vocabulary, vocabulary), symmetric."""
    total = sp.csr_matrix((vocabulary, vocabulary), dtype=np.float32)
    gap = np.zeros(WINDOW, np.int32)
    for begin in range(0, len(texts), TEXTS_AT_ONCE):
        tokens = np.concatenate([part for text in texts[begin : begin + TEXTS_AT_ONCE] for part in (text, gap)])
        for distance in range(1, WINDOW + 1):
            first, second = tokens[:-distance], tokens[distance:]
            are_words = (first > UNKNOWN) & (second > UNKNOWN)
            weight = np.full(int(are_words.sum()), 1 - (distance - 1) / WINDOW, np.float32)
            total += sp.coo_matrix((weight, (first[are_words], second[are_words])), shape=total.shape).tocsr()
    return total + total.T


def _mutual_information(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Positive pointwise mutual information of each counted pair."""
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = words**CONTEXT_POWER
    contexts /= contexts.sum()
    pairs = counts.tocoo()
    information = np.log(pairs.data / (words[pairs.row] * contexts[pairs.col]))
    positive = information > 0
    return sp.csr_matrix(
        (information[positive].astype(np.float32), (pairs.row[positive], pairs.col[positive])), shape=counts.shape
    )


def pretrain(
    network: keras.Model, texts: Sequence[Tokens], epochs: int, seed: int, show: Callable[[int, float], None]
) -> None:
    """Fit the vectors, the convolution and the LSTM of `network` in place; `show` gets each epoch, from 0, and its loss."""
    pieces = [
        piece
        for text in texts
        for piece in np.array_split(text, -(-len(text) // PIECE) or 1)
        if len(piece) >= MIN_PIECE
    ]
    if not pieces:
        return
    vocabulary = network.get_layer("vectors").input_dim
    batches = Batches(pieces, np.zeros(len(pieces), np.float32), np.random.default_rng(seed), WORD_DROPOUT)
    model = _LanguageModel(network, np.bincount(np.concatenate(pieces), minlength=vocabulary), seed)
    model.compile(optimizer=optimizer(LEARNING_RATE, epochs * len(batches)), jit_compile=False)
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: show(epoch, logs["loss"]))
    model.fit(batches.dataset(), epochs=epochs, shuffle=False, verbose=0, callbacks=[callback])


class _LanguageModel(keras.Model):  # type: ignore[misc]
    """The layers of a network up to its states, and output weights that predict words from the states."""

    def __init__(self, network: keras.Model, counts: Labels, seed: int) -> None:
        super().__init__()
        reader = network.get_layer("reader")
        self._embed = network.get_layer("vectors")
        self._pad, self._pairs, self._states = (reader.get_layer(name) for name in ("after", "pairs", "states"))
        self._drop_vectors, self._drop_states = keras.layers.SpatialDropout1D(DROPOUT), keras.layers.Dropout(DROPOUT)
        size, units = self._embed.output_dim, self._states.forward_layer.units
        initial = keras.initializers.RandomNormal(stddev=units**-0.5, seed=seed)
        self._forward = self.add_weight(shape=(units, size), initializer=initial, name="forward")
        self._backward = self.add_weight(shape=(units, size), initializer=initial, name="backward")
        self._words = self.add_weight(shape=(len(counts), size), initializer="zeros", name="words")
        self._words.assign(OUTPUT_SCALE * self._embed.embeddings)
        share = counts / counts.sum()
        target_rates = TARGET_SHARE * np.minimum(1, np.sqrt(FREQUENT / np.maximum(share, 1e-12)))
        target_rates[:2] = 0  # padding and the unknown word
        sampling = share**SAMPLED_POWER
        sampling /= sampling.sum()
        self._target_rates = np.asarray(target_rates, np.float32)
        self._cumulative = np.asarray(np.cumsum(sampling), np.float32)
        self._log_sampling = np.asarray(np.log(np.maximum(sampling, 1e-12)), np.float32)
        self._mean_loss = keras.metrics.Mean(name="loss")

    def train_step(self, data: tuple[Any, ...]) -> dict[str, Any]:
        import tensorflow as tf

        tokens = data[0]
        layers = (self._embed, self._pairs, self._states)
        variables = [
            self._forward,
            self._backward,
            self._words,
            *(w for layer in layers for w in layer.trainable_variables),
        ]
        with tf.GradientTape() as tape:
            loss = self._loss(tokens)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self._mean_loss.update_state(loss)
        return {"loss": self._mean_loss.result()}

    def _loss(self, tokens: Any) -> Any:
        """The mean loss of the words after and before each pair."""
        import tensorflow as tf

        vectors = self._drop_vectors(self._embed(tokens) * tf.cast(tokens > 0, tf.float32)[:, :, None], training=True)
        present = tokens[:, ::STRIDE] > 0
        states = self._states(self._pairs(self._pad(vectors)), mask=present)
        steps = tf.shape(present)[1]
        padded = tf.pad(tokens, ((0, 0), (STRIDE, WIDTH + STRIDE)))
        losses = []
        after, before = range(WIDTH, WIDTH + STRIDE), range(-STRIDE, 0)
        for half, projection, offsets in zip(
            tf.split(states, 2, axis=2), (self._forward, self._backward), (after, before), strict=True
        ):
            predictions = tf.einsum("bth,hd->btd", self._drop_states(half, training=True), projection)
            predictions = tf.reshape(predictions, (-1, projection.shape[1]))
            for offset in offsets:
                first = STRIDE + offset
                targets = tf.reshape(padded[:, first : first + STRIDE * steps : STRIDE], (-1,))
                selected = tf.random.uniform(tf.shape(targets)) < tf.gather(self._target_rates, targets)
                losses.append(self._nll(predictions, targets, selected & tf.reshape(present, (-1,))))
        return tf.add_n(losses) / len(losses)

    def _nll(self, predictions: Any, targets: Any, selected: Any) -> Any:
        """Mean −log softmax of the selected targets; the normaliser sums the target and the sampled words."""
        import tensorflow as tf

        rows = tf.where(selected)[:, 0]
        predictions, targets = tf.gather(predictions, rows), tf.gather(targets, rows)
        uniform = tf.random.uniform((SAMPLED,))
        sampled = tf.minimum(tf.searchsorted(self._cumulative, uniform), len(self._cumulative) - 1)
        target_logits = tf.reduce_sum(predictions * tf.gather(self._words, targets), axis=1)
        logits = tf.matmul(predictions, tf.gather(self._words, sampled), transpose_b=True)
        logits -= tf.gather(self._log_sampling, sampled)[None] + np.log(SAMPLED).astype(np.float32)
        logits = tf.where(sampled[None] == targets[:, None], -1e9, logits)
        total = tf.reduce_logsumexp(tf.concat([target_logits[:, None], logits], axis=1), axis=1)
        return tf.reduce_sum(total - target_logits) / tf.maximum(tf.cast(tf.size(targets), tf.float32), 1.0)
