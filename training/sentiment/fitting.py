"""Fit the sentiment network: batches of texts, adversarial training, and the epoch of least validation loss; also run it on texts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Inputs, Tokens
from training.networks.review import BASELINE_STEPS, STRIDE
from training.sentiment.encoding import TrainingSet
from training.sentiment.options import FitConfig

BATCH = 64
WIDTH_STEP = 16  # batches are padded to a multiple of it, so that there are few shapes to compile
WARM_UP = 200  # steps in which the learning rate rises
FINAL_RATE = 0.02  # at the end, as a share of the learning rate
MAX_BASELINE_TEXTS = 1024
CROP_WORDS = (4, 64)  # smallest and largest crop; only longer texts are cropped


class Batches:
    """Batches of texts of similar length, each padded to its longest text.

    With an `rng` they are for training: shuffled in every epoch, with words dropped and texts cropped as `FitConfig` says.
    Without it they are in order of length.
    """

    def __init__(
        self,
        texts: Sequence[Tokens],
        targets: Inputs,
        rng: np.random.Generator | None = None,
        word_dropout: float = 0.0,
        crop_share: float = 0.0,
    ) -> None:
        self._texts, self._targets, self._rng, self._word_dropout = texts, targets, rng, word_dropout
        self._croppable = np.flatnonzero([len(text) > CROP_WORDS[1] for text in texts])
        self._crops = round(crop_share * len(self._croppable))
        self._order = np.argsort([len(text) for text in texts], kind="stable")

    def __len__(self) -> int:
        return -(-(len(self._texts) + self._crops) // BATCH)

    def __iter__(self) -> Iterator[tuple[Tokens, Inputs]]:
        texts, targets, order = self._texts, self._targets, self._order
        if self._rng is not None and self._crops:
            rows = self._rng.permutation(self._croppable)[: self._crops]
            texts = [*texts, *(random_crop(texts[row], self._rng) for row in rows)]
            targets = np.concatenate([targets, targets[rows]])
        if self._rng is not None:
            lengths = np.array([len(text) for text in texts]) * self._rng.uniform(0.9, 1.1, len(texts))
            order = np.argsort(lengths, kind="stable")
        batches = [order[begin : begin + BATCH] for begin in range(0, len(order), BATCH)]
        if self._rng is not None:
            self._rng.shuffle(batches)
        return ((self._pad([texts[row] for row in batch]), targets[batch]) for batch in batches)

    def _pad(self, texts: Sequence[Tokens]) -> Tokens:
        longest = max(1, *(len(text) for text in texts), 1)
        tokens = np.zeros((len(texts), -(-longest // WIDTH_STEP) * WIDTH_STEP), np.int32)
        for line, text in zip(tokens, texts, strict=True):
            line[: len(text)] = text
        if self._rng is not None and self._word_dropout:
            tokens[(self._rng.random(tokens.shape) < self._word_dropout) & (tokens > 0)] = UNKNOWN
        return tokens

    def dataset(self) -> Any:
        """Return the batches as a tf.data.Dataset of (tokens, targets)."""
        import tensorflow as tf

        shapes = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.float32))
        dataset = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=shapes)
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(2)

    def unsort(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put values that are in the order of the batches into the order of the texts."""
        result = np.empty_like(values)
        result[self._order] = values
        return result


def random_crop(text: Tokens, rng: np.random.Generator) -> Tokens:
    """Return consecutive words from anywhere in the text; the logarithm of their number is uniformly distributed."""
    low, high = np.log(CROP_WORDS)
    count = min(round(np.exp(rng.uniform(low, high))), len(text))
    begin = rng.integers(len(text) - count + 1)
    return text[begin : begin + count]


class Adversarial(keras.Model):  # type: ignore[misc]
    """Trains a network on texts and on adversarial perturbations of them (Miyato, Dai and Goodfellow, 2017).

    The word vectors of a text are moved along the gradient of its loss, by `epsilon` over the whole text. The gradients of
    both losses are added.
    """

    def __init__(self, network: keras.Model, epsilon: float) -> None:
        super().__init__()
        self.network, self.epsilon = network, epsilon
        self._embed, self._read = network.get_layer("vectors"), network.get_layer("reader")
        self._drop = network.get_layer("vector_dropout")

    def call(self, tokens: Any, training: bool = False) -> Any:
        return self.network(tokens, training=training)

    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        tokens, targets = data[:2]
        variables = self.network.trainable_variables
        loss, logits, (direction, *gradients) = self._gradients(tokens, targets, variables, 0.0)
        if self.epsilon:
            direction *= keras.ops.cast(tokens > 0, "float32")[:, :, None]
            norm = keras.ops.sqrt(keras.ops.sum(direction * direction, axis=(1, 2), keepdims=True))
            perturbation = self.epsilon * direction / (norm + 1e-12)
            _, _, (_, *adversarial) = self._gradients(tokens, targets, variables, perturbation)
            gradients = [_add(*pair) for pair in zip(gradients, adversarial, strict=True)]
        self.optimizer.apply(gradients, variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(keras.ops.round(targets), logits)
        return {metric.name: metric.result() for metric in self.metrics}

    def _gradients(
        self, tokens: Any, targets: Any, variables: list[Any], perturbation: Any
    ) -> tuple[Any, Any, list[Any]]:
        """Loss and logits with perturbed vectors, and the gradients of the loss by the vectors and by the variables."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            vectors = self._embed(tokens)
            logits = self._logits(vectors + perturbation, tokens)
            loss = self.compute_loss(y=targets, y_pred=logits)
        return loss, logits, tape.gradient(loss, [vectors, *variables])

    def _logits(self, vectors: Any, tokens: Any) -> Any:
        dropped = self._drop(vectors, training=True)
        return self._read([dropped, tokens], training=True)["logit"][:, None]


def _add(first: Any, second: Any) -> Any:
    """The sum of two gradients; those of an embedding hold only some of its rows."""
    import tensorflow as tf

    if not isinstance(first, tf.IndexedSlices):
        return first + second
    values, rows = (tf.concat([getattr(part, name) for part in (first, second)], 0) for name in ("values", "indices"))
    return tf.IndexedSlices(values, rows, first.dense_shape)


def optimizer(learning_rate: float, steps: int) -> keras.optimizers.Optimizer:
    """Return Adam with a warm-up, a cosine decay of the learning rate, and clipped gradients."""
    warm = min(WARM_UP, steps // 5)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 100,
        max(1, steps - warm),
        alpha=FINAL_RATE,
        warmup_target=learning_rate,
        warmup_steps=warm,
    )
    return keras.optimizers.Adam(rate, global_clipnorm=1.0)


def fit(
    network: keras.Model,
    training: TrainingSet,
    validation: TrainingSet,
    config: FitConfig,
    seed: int,
    show: Callable[[int, dict[str, float]], None],
) -> dict[str, list[float]]:
    """Fit the network in place, restore the epoch of least validation loss, and return the history.

    `show` is called after each epoch with its number, from 0, and its metrics.
    """
    batches = Batches(*training, np.random.default_rng(seed), config.word_dropout, config.crop_share)
    model = Adversarial(network, config.epsilon)
    model.compile(
        optimizer=optimizer(config.learning_rate, config.epochs * len(batches)),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
        jit_compile=False,
    )
    return dict(
        model.fit(
            batches.dataset(),
            validation_data=Batches(*validation).dataset(),
            epochs=config.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                keras.callbacks.EarlyStopping("val_loss", patience=config.epochs, restore_best_weights=True),
                keras.callbacks.LambdaCallback(on_epoch_end=show),
            ],
        ).history
    )


def pooled_states(network: keras.Model, texts: Sequence[Tokens]) -> Inputs:
    """Return the pooled states (texts, features)."""
    embed, read = network.get_layer("vectors"), network.get_layer("reader")
    batches = Batches(texts, np.zeros(len(texts), np.float32))
    pooled = [np.asarray(read([embed(tokens), tokens])["pooled"]) for tokens, _ in batches.dataset()]
    return np.asarray(batches.unsort(np.concatenate(pooled)), np.float32)


def baseline_states(network: keras.Model, texts: Sequence[Tokens], rng: np.random.Generator) -> tuple[Inputs, Inputs]:
    """Return the mean pooled states (features,) of texts of BASELINE_STEPS steps, and their slope by the log of the steps.

    Both are fitted by least squares to texts from all over the file and to two random crops of each.
    """
    whole = [text for text in texts[:: max(1, -(-len(texts) // MAX_BASELINE_TEXTS))] if len(text)]
    sample = [*whole, *(random_crop(text, rng) for text in whole for _ in range(2))]
    log_lengths = np.log([-(-len(text) // STRIDE) / BASELINE_STEPS for text in sample])
    columns = np.stack([np.ones_like(log_lengths), log_lengths], axis=1)
    baseline_state, length_slope = np.linalg.lstsq(columns, pooled_states(network, sample), rcond=None)[0]
    return baseline_state, length_slope


def logits(network: keras.Model, texts: Sequence[Tokens]) -> Array:
    """Return the network's logit for each text, in order."""
    batches = Batches(texts, np.zeros(len(texts), np.float32))
    return np.asarray(batches.unsort(network.predict(batches.dataset(), verbose=0)[:, 0]), np.float64)
