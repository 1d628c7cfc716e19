"""Fitting the sentiment network: batches of texts, adversarial training, early stopping by the validation loss."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Inputs, Tokens
from training.networks.review import LENGTH, STRIDE

BATCH = 64
WIDTH_STEP = 16  # batches are padded to a multiple of it, so that there are few shapes
WARM_UP = 200  # steps in which the learning rate rises
LEAST_RATE = 0.02  # of the learning rate, at the end
USUAL_FROM = 1024  # texts at most, from all over the file
CROP_WORDS = (4, 64)  # words; texts of more have extracts


@dataclass(frozen=True)
class FitConfig:
    """How a network is fitted.

    `radius`: how far an adversary moves the vectors of a text, as the norm over all of it. `extracts`: of so large a share
    of the longer texts, others every epoch, some words in a row are learnt from too, with what is to be learnt of the whole:
    so that what is said in few words is understood.
    """

    epochs: int = 4
    learning_rate: float = 2e-3
    radius: float = 1.0
    word_dropout: float = 0.1  # of the words are unknown in training, so that the network learns what unknown means
    extracts: float = 0.25


class Batches:
    """Batches of texts of similar length, padded to the longest; with an `rng`, for training: shuffled anew every time.

    `extracts` (see Fitting) need an `rng`.
    """

    def __init__(
        self,
        texts: Sequence[Tokens],
        targets: Inputs,
        rng: np.random.Generator | None = None,
        word_dropout: float = 0.0,
        extracts: float = 0.0,
    ) -> None:
        self._texts, self._targets, self._rng, self._word_dropout = texts, targets, rng, word_dropout
        self._longer = np.flatnonzero([len(text) > CROP_WORDS[1] for text in texts])
        self._extracts = round(extracts * len(self._longer))
        self._order = np.argsort([len(text) for text in texts], kind="stable")

    def __len__(self) -> int:
        return -(-(len(self._texts) + self._extracts) // BATCH)

    def __iter__(self) -> Iterator[tuple[Tokens, Inputs]]:
        texts, targets, order = self._texts, self._targets, self._order
        if self._rng is not None and self._extracts:
            some = self._rng.permutation(self._longer)[: self._extracts]
            texts = [*texts, *(random_crop(texts[row], self._rng) for row in some)]
            targets = np.concatenate([targets, targets[some]])
        if self._rng is not None:
            lengths = np.array([len(text) for text in texts]) * self._rng.uniform(0.9, 1.1, len(texts))
            order = np.argsort(lengths, kind="stable")
        rows = [order[begin : begin + BATCH] for begin in range(0, len(order), BATCH)]
        if self._rng is not None:
            self._rng.shuffle(rows)
        return ((self._padded([texts[row] for row in batch]), targets[batch]) for batch in rows)

    def _padded(self, texts: Sequence[Tokens]) -> Tokens:
        longest = max(1, *(len(text) for text in texts), 1)
        tokens = np.zeros((len(texts), -(-longest // WIDTH_STEP) * WIDTH_STEP), np.int32)
        for line, text in zip(tokens, texts, strict=True):
            line[: len(text)] = text
        if self._rng is not None and self._word_dropout:
            tokens[(self._rng.random(tokens.shape) < self._word_dropout) & (tokens > 0)] = UNKNOWN
        return tokens

    def dataset(self) -> Any:
        """As a tf.data.Dataset of batches of any width."""
        import tensorflow as tf

        shapes = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.float32))
        found = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=shapes)
        return found.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(2)

    def unsort(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What was found in the order of the batches → in the order of the texts."""
        result = np.empty_like(values)
        result[self._order] = values
        return result


def random_crop(text: Tokens, rng: np.random.Generator) -> Tokens:
    """Words in a row, from anywhere in the text; few are as likely as twice as few."""
    low, high = np.log(CROP_WORDS)
    count = min(round(np.exp(rng.uniform(low, high))), len(text))
    begin = rng.integers(len(text) - count + 1)
    return text[begin : begin + count]


class Adversarial(keras.Model):  # type: ignore[misc]
    """A network trained on texts and on those an adversary moved a little (Miyato, Dai and Goodfellow, 2017).

    The vectors of a text are moved along the gradient of its loss, by `radius` over the whole text; both losses count.
    """

    def __init__(self, network: keras.Model, radius: float) -> None:
        super().__init__()
        self.network, self.radius = network, radius
        self._embed, self._read = network.get_layer("vectors"), network.get_layer("reader")
        self._drop = network.get_layer("vector_dropout")

    def call(self, tokens: Any, training: bool = False) -> Any:
        return self.network(tokens, training=training)

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        tokens, targets = data[:2]
        variables = self.network.trainable_variables
        loss, logits, (slope, *slopes) = self._slopes(tokens, targets, variables, 0.0)
        if self.radius:
            slope *= keras.ops.cast(tokens > 0, "float32")[:, :, None]
            steepness = keras.ops.sqrt(keras.ops.sum(slope * slope, axis=(1, 2), keepdims=True))
            _, _, (_, *moved) = self._slopes(tokens, targets, variables, self.radius * slope / (steepness + 1e-12))
            slopes = [_added(*pair) for pair in zip(slopes, moved, strict=True)]
        self.optimizer.apply(slopes, variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(keras.ops.round(targets), logits)
        return {metric.name: metric.result() for metric in self.metrics}

    def _slopes(self, tokens: Any, targets: Any, variables: list[Any], moved: Any) -> tuple[Any, Any, list[Any]]:
        """Loss and logits with the vectors moved, and the loss's gradient by the vectors and by the variables."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            vectors = self._embed(tokens)
            logits = self._judge(vectors + moved, tokens)
            loss = self.compute_loss(y=targets, y_pred=logits)
        return loss, logits, tape.gradient(loss, [vectors, *variables])

    def _judge(self, vectors: Any, tokens: Any) -> Any:
        dropped = self._drop(vectors, training=True)
        return self._read([dropped, tokens], training=True)["logit"][:, None]


def _added(first: Any, second: Any) -> Any:
    """The sum of two gradients; those of an embedding are of some rows only."""
    import tensorflow as tf

    if not isinstance(first, tf.IndexedSlices):
        return first + second
    values, rows = (tf.concat([getattr(part, name) for part in (first, second)], 0) for name in ("values", "indices"))
    return tf.IndexedSlices(values, rows, first.dense_shape)


def optimizer(learning_rate: float, steps: int) -> keras.optimizers.Optimizer:
    """Adam, its rate rising for a while and then falling as a cosine does, with bounded gradients."""
    warm = min(WARM_UP, steps // 5)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 100,
        max(1, steps - warm),
        alpha=LEAST_RATE,
        warmup_target=learning_rate,
        warmup_steps=warm,
    )
    return keras.optimizers.Adam(rate, global_clipnorm=1.0)


def fit(
    network: keras.Model,
    texts: tuple[Sequence[Tokens], Inputs],
    validation: tuple[Sequence[Tokens], Inputs],
    fitting: FitConfig,
    seed: int,
    show: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Fit in place and keep the epoch of least validation loss; `show` is told of every epoch. Returns the history."""
    batches = Batches(*texts, np.random.default_rng(seed), fitting.word_dropout, fitting.extracts)
    model = Adversarial(network, fitting.radius)
    model.compile(
        optimizer=optimizer(fitting.learning_rate, fitting.epochs * len(batches)),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
        jit_compile=False,
    )
    return dict(
        model.fit(
            batches.dataset(),
            validation_data=Batches(*validation).dataset(),
            epochs=fitting.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                keras.callbacks.EarlyStopping("val_loss", patience=fitting.epochs, restore_best_weights=True),
                keras.callbacks.LambdaCallback(on_epoch_end=show),
            ],
        ).history
    )


def pooled(network: keras.Model, texts: Sequence[Tokens]) -> npt.NDArray[np.float32]:
    """The pooled states (texts, features)."""
    embed, read = network.get_layer("vectors"), network.get_layer("reader")
    batches = Batches(texts, np.zeros(len(texts), np.float32))
    found = []
    for tokens, _ in batches.dataset():
        found.append(np.asarray(read([embed(tokens), tokens])["pooled"]))
    return np.asarray(batches.unsort(np.concatenate(found)), np.float32)


def baseline_states(
    network: keras.Model, texts: Sequence[Tokens], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The pooled states (features,) of a usual text of LENGTH steps, and what they grow by with the logarithm of the steps.

    By least squares over texts and two extracts of each.
    """
    whole = [text for text in texts[:: max(1, -(-len(texts) // USUAL_FROM))] if len(text)]
    seen = [*whole, *(random_crop(text, rng) for text in whole for _ in range(2))]
    longer = np.log([-(-len(text) // STRIDE) / LENGTH for text in seen])
    columns = np.stack([np.ones_like(longer), longer], axis=1)
    usual, growth = np.linalg.lstsq(columns, pooled(network, seen), rcond=None)[0]
    return usual, growth


def logits(network: keras.Model, texts: Sequence[Tokens]) -> Array:
    """The network's logit for every text, in order."""
    batches = Batches(texts, np.zeros(len(texts), np.float32))
    return np.asarray(batches.unsort(network.predict(batches.dataset(), verbose=0)[:, 0]), np.float64)
