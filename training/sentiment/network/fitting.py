"""Fit the sentiment network on batches of texts, keep the epoch of least validation loss, and run it on texts."""

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

import keras
import numpy as np

from service.artifacts.tokenizer import SPELLING_BYTES
from service.interfaces import Array, Inputs, Tokens
from training.networks.attribution import BASELINE_STEPS
from training.networks.registry import STRIDE
from training.sentiment.texts.batches import Batches, Pool, Spellings, random_crop

WARM_UP = 200  # steps in which the learning rate rises
FINAL_RATE = 0.02  # at the end, as a share of the learning rate
VECTOR_RATE = 0.3  # learning rate of word vectors, as a share: words that are rare here keep to their neighbours
MAX_NORM = 1.0  # of all gradients together
MAX_BASELINE_TEXTS = 1024

_LOGITS: MutableMapping[keras.Model, Any] = WeakKeyDictionary()  # traced once per network, not after every epoch


class Words(NamedTuple):
    """The words of encoded texts: a row of SPELLING_BYTES for each, those of the vocabulary first."""

    spellings: Spellings
    vocabulary: int


def optimizer(learning_rate: float, steps: int) -> keras.optimizers.Optimizer:
    """Return Adam with a warm-up and a cosine decay of the learning rate."""
    warm = min(WARM_UP, steps // 5)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 100,
        max(1, steps - warm),
        alpha=FINAL_RATE,
        warmup_target=learning_rate,
        warmup_steps=warm,
    )
    return keras.optimizers.Adam(rate)


class Trainer:
    """Adam on a network's mean cross-entropy with targets that are probabilities."""

    def __init__(self, network: keras.Model, learning_rate: float, steps: int) -> None:
        import tensorflow as tf

        self.network = network
        vectors = network.get_layer("vectors").trainable_variables
        known = {id(variable) for variable in vectors}
        self._groups = (vectors, [each for each in network.trainable_variables if id(each) not in known])
        self._optimizers = [optimizer(learning_rate * share, steps) for share in (VECTOR_RATE, 1.0)]
        for each, variables in zip(self._optimizers, self._groups, strict=True):
            each.build(variables)
        classes = network.output_shape[-1]
        signature = [
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([None, SPELLING_BYTES], tf.uint8),
            tf.TensorSpec([None, classes], tf.float32),
        ]
        self._step = tf.function(self._train, input_signature=signature, autograph=False)

    def epoch(self, batches: Iterable[tuple[tuple[Tokens, Spellings], Inputs]]) -> float:
        """Fit the network to each batch once, and return the mean loss."""
        losses = [float(self._step(*inputs, targets)) for inputs, targets in _ahead(batches)]
        return float(np.mean(losses))

    def _train(self, tokens: Any, spellings: Any, targets: Any) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            logits = self.network([tokens, spellings], training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
        gradients = tape.gradient(loss, [variable for group in self._groups for variable in group])
        gradients, _ = tf.clip_by_global_norm(gradients, MAX_NORM)
        count = len(self._groups[0])
        self._optimizers[0].apply(gradients[:count], self._groups[0])
        self._optimizers[1].apply(gradients[count:], self._groups[1])
        return loss


def _ahead(batches: Iterable[Any]) -> Iterable[Any]:
    """The batches, of which two are made ahead in another thread. Raises what making them raised."""
    import queue
    import threading

    waiting: queue.Queue[Any] = queue.Queue(2)
    end = object()
    faults: list[Exception] = []

    def fill() -> None:
        try:
            for batch in batches:
                waiting.put(batch)
        except Exception as error:
            faults.append(error)
        waiting.put(end)

    threading.Thread(target=fill, daemon=True).start()
    while (batch := waiting.get()) is not end:
        yield batch
    if faults:
        raise faults[0]


def fit(
    network: keras.Model,
    training: Batches,
    epochs: int,
    learning_rate: float,
    loss: Callable[[keras.Model], float],
    show: Callable[[int, float, float], None],
) -> dict[str, list[float]]:
    """Fit the network in place, restore the epoch of least validation `loss`, and return the history.

    `show` is called after each epoch with its number, from 0, and its training and validation loss.
    """
    trainer = Trainer(network, learning_rate, epochs * training.count)
    history: dict[str, list[float]] = {"loss": [], "val_loss": []}
    best = network.get_weights()
    for epoch in range(epochs):
        history["loss"].append(trainer.epoch(training))
        history["val_loss"].append(loss(network))
        show(epoch, history["loss"][-1], history["val_loss"][-1])
        if history["val_loss"][-1] == min(history["val_loss"]):
            best = network.get_weights()
    network.set_weights(best)
    return history


def logits(network: keras.Model, texts: Sequence[Tokens], words: Words) -> Array:
    """Return the network's logits for each text, in order: (texts, classes)."""
    if network not in _LOGITS:
        known: Any = ref(network)  # the function must not keep the network
        _LOGITS[network] = _compiled(lambda tokens, spellings: known()([tokens, spellings], training=False))
    return _run(_LOGITS[network], texts, words).astype(np.float64)


def pooled_states(network: keras.Model, texts: Sequence[Tokens], words: Words) -> Inputs:
    """Return the pooled states (texts, features)."""
    vectors, read = network.get_layer("vectors"), network.get_layer("reader")
    call = _compiled(lambda tokens, spellings: read([vectors(tokens, spellings), tokens])["pooled"])
    return _run(call, texts, words)


def _compiled(call: Callable[[Any, Any], Any]) -> Any:
    """Return a function of tokens and spellings as a TensorFlow graph."""
    import tensorflow as tf

    signature = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, SPELLING_BYTES], tf.uint8)]
    return tf.function(call, input_signature=signature, autograph=False)


def _run(compiled: Callable[[Any, Any], Any], texts: Sequence[Tokens], words: Words) -> Inputs:
    batches = Batches([Pool(texts, np.zeros((len(texts), 1), np.float32))], *words)
    outputs = [np.asarray(compiled(*inputs)) for inputs, _ in _ahead(batches)]
    return np.asarray(batches.unsort(np.concatenate(outputs)), np.float32)


def baseline_states(
    network: keras.Model, texts: Sequence[Tokens], words: Words, rng: np.random.Generator
) -> tuple[Inputs, Inputs]:
    """Return the mean pooled states (features,) of texts of BASELINE_STEPS steps, and their slope by the log of the steps.

    Both are fitted by least squares to texts from all over the file and to two random crops of each.
    """
    whole = [text for text in texts[:: max(1, -(-len(texts) // MAX_BASELINE_TEXTS))] if len(text)]
    sample = [*whole, *(random_crop(text, rng) for text in whole for _ in range(2))]
    log_lengths = np.log([-(-len(text) // STRIDE) / BASELINE_STEPS for text in sample])
    columns = np.stack([np.ones_like(log_lengths), log_lengths], axis=1)
    states = pooled_states(network, sample, words)
    baseline_state, length_slope = np.linalg.lstsq(columns, states, rcond=None)[0]
    return baseline_state, length_slope
