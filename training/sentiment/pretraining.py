"""Texts without labels teach the network to read: each state foretells the words to come, or those that were.

The forward LSTM's state after a pair of words predicts the next two words, the backward LSTM's the two before, as in
language modelling (Dai and Le, 2015); frequent words are mostly left out as targets (Mikolov et al., 2013). The softmax
over the vocabulary is estimated from words drawn for the whole batch, importance-weighted.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from service.interfaces import Tokens
from training.networks.review import STRIDE, WIDTH
from training.sentiment.fitting import Batches, optimizer

PIECE = 300  # tokens; longer texts are learnt from in pieces
LEAST_PIECE = 16
LEARNING_RATE = 2e-3
WORD_DROPOUT = 0.1
DROPOUT = 0.2
DRAWN = 512  # words a batch, to estimate the softmax with
DRAWN_POWER = 0.75
FREQUENT = 3e-4  # of all words; more frequent ones are targets less often
TARGETS = 0.5  # of the others
START = 0.3  # of its vector, where what tells a word begins


def pretrain(
    network: keras.Model, texts: Sequence[Tokens], epochs: int, seed: int, show: Callable[[int, float], None]
) -> None:
    """Fit the vectors, the convolution and the LSTM of `network` in place; `show` is told of every epoch's loss."""
    pieces = [
        piece
        for text in texts
        for piece in np.array_split(text, -(-len(text) // PIECE) or 1)
        if len(piece) >= LEAST_PIECE
    ]
    if not pieces:
        return
    vocabulary = network.get_layer("vectors").input_dim
    batches = Batches(pieces, np.zeros(len(pieces), np.float32), np.random.default_rng(seed), WORD_DROPOUT)
    model = _LanguageModel(network, np.bincount(np.concatenate(pieces), minlength=vocabulary), seed)
    model.compile(optimizer=optimizer(LEARNING_RATE, epochs * len(batches)), jit_compile=False)
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: show(epoch, logs["loss"]))
    model.fit(batches.dataset(), epochs=epochs, shuffle=False, verbose=0, callbacks=[told])


class _LanguageModel(keras.Model):  # type: ignore[misc]
    """A network's layers up to its states, and what turns these into words."""

    def __init__(self, network: keras.Model, counts: npt.NDArray[np.int64], seed: int) -> None:
        super().__init__()
        reader = network.get_layer("reader")
        self._embed, self._after, self._pairs = (
            network.get_layer("vectors"),
            reader.get_layer("after"),
            reader.get_layer("pairs"),
        )
        self._states = reader.get_layer("states")
        self._drop_vectors, self._drop_states = keras.layers.SpatialDropout1D(DROPOUT), keras.layers.Dropout(DROPOUT)
        size, units = self._embed.output_dim, self._states.forward_layer.units
        initial = keras.initializers.RandomNormal(stddev=units**-0.5, seed=seed)
        self._forward = self.add_weight(shape=(units, size), initializer=initial, name="forward")
        self._backward = self.add_weight(shape=(units, size), initializer=initial, name="backward")
        self._words = self.add_weight(shape=(len(counts), size), initializer="zeros", name="words")
        self._words.assign(START * self._embed.embeddings)
        share = counts / counts.sum()
        wanted = TARGETS * np.minimum(1, np.sqrt(FREQUENT / np.maximum(share, 1e-12)))
        wanted[:2] = 0  # padding and the unknown
        drawn = share**DRAWN_POWER
        drawn /= drawn.sum()
        self._wanted = np.asarray(wanted, np.float32)
        self._cumulated = np.asarray(np.cumsum(drawn), np.float32)
        self._log_drawn = np.asarray(np.log(np.maximum(drawn, 1e-12)), np.float32)
        self._loss = keras.metrics.Mean(name="loss")

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
            loss = self._foretell(tokens)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self._loss.update_state(loss)
        return {"loss": self._loss.result()}

    def _foretell(self, tokens: Any) -> Any:
        """The mean loss of the words after and before every pair."""
        import tensorflow as tf

        vectors = self._drop_vectors(self._embed(tokens) * tf.cast(tokens > 0, tf.float32)[:, :, None], training=True)
        present = tokens[:, ::STRIDE] > 0
        states = self._states(self._pairs(self._after(vectors)), mask=present)
        steps = tf.shape(present)[1]
        around = tf.pad(tokens, ((0, 0), (STRIDE, WIDTH + STRIDE)))
        losses = []
        ahead, behind = range(WIDTH, WIDTH + STRIDE), range(-STRIDE, 0)
        for half, turn, places in zip(
            tf.split(states, 2, axis=2), (self._forward, self._backward), (ahead, behind), strict=True
        ):
            meant = tf.reshape(
                tf.einsum("bth,hd->btd", self._drop_states(half, training=True), turn), (-1, turn.shape[1])
            )
            for place in places:
                first = STRIDE + place
                targets = tf.reshape(around[:, first : first + STRIDE * steps : STRIDE], (-1,))
                chosen = tf.random.uniform(tf.shape(targets)) < tf.gather(self._wanted, targets)
                losses.append(self._surprise(meant, targets, chosen & tf.reshape(present, (-1,))))
        return tf.add_n(losses) / len(losses)

    def _surprise(self, meant: Any, targets: Any, chosen: Any) -> Any:
        """Mean −log softmax of the chosen targets; the normaliser is that of the target and of words drawn."""
        import tensorflow as tf

        rows = tf.where(chosen)[:, 0]
        meant, targets = tf.gather(meant, rows), tf.gather(targets, rows)
        drawn = tf.minimum(tf.searchsorted(self._cumulated, tf.random.uniform((DRAWN,))), len(self._cumulated) - 1)
        right = tf.reduce_sum(meant * tf.gather(self._words, targets), axis=1)
        others = tf.matmul(meant, tf.gather(self._words, drawn), transpose_b=True)
        others -= tf.gather(self._log_drawn, drawn)[None] + np.log(DRAWN).astype(np.float32)
        others = tf.where(drawn[None] == targets[:, None], -1e9, others)
        total = tf.reduce_logsumexp(tf.concat([right[:, None], others], axis=1), axis=1)
        return tf.reduce_sum(total - right) / tf.maximum(tf.cast(tf.size(targets), tf.float32), 1.0)
