"""The networks: Keras models and nothing else.

Forecasters read float32 (batch, window, 1) in scaled units. Every recurrent layer is built with
`use_cudnn=False`, so that a graph traced beside a GPU also runs on a CPU.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

DROPOUT = 0.2

# What a tokeniser must do to a text, in this order; RE2 syntax, each match becomes one space.
# ASCII letters are lowered first, so that any other implementation can follow to the token.
BREAKS = (
    r"<\s*/?\s*[a-z][^<>]*>",  # HTML tags
    r"[\x00-\x26\x28-\x2f\x3a-\x60\x7b-\x7f\x{80}-\x{bf}\x{2000}-\x{206f}\x{3000}-\x{303f}]+",
    r"(^|\s)'+|'+(\s|$)",  # apostrophes stay within words only
)


def simple_rnn(window: int) -> keras.Model:
    """(batch, window, 1) → (batch, 1)."""
    return keras.Sequential([keras.Input((window, 1)), layers.SimpleRNN(3), layers.Dropout(DROPOUT), layers.Dense(1)])


def lstm(window: int, steps: int = 1) -> keras.Model:
    """(batch, window, 1) → (batch, steps); four stacked LSTM layers of 45 units."""
    stack: list[Any] = [keras.Input((window, 1))]
    for last in (False, False, False, True):
        stack += [
            layers.LSTM(45, return_sequences=not last, use_cudnn=False),
            layers.Dropout(DROPOUT),
        ]
    return keras.Sequential([*stack, layers.Dense(steps)])


def time_distributed(window: int) -> keras.Model:
    """(batch, window, 1) → (batch, window, 1): at every position, the reading after it."""
    stack: list[Any] = [keras.Input((window, 1))]
    for _ in range(4):
        stack += [
            layers.LSTM(45, return_sequences=True, use_cudnn=False),
            layers.Dropout(DROPOUT),
        ]
    return keras.Sequential([*stack, layers.TimeDistributed(layers.Dense(1))])


def gru(window: int) -> keras.Model:
    """(batch, window, 1) → (batch, 1)."""
    return keras.Sequential(
        [
            keras.Input((window, 1)),
            layers.GRU(256, use_cudnn=False),
            layers.Dropout(DROPOUT),
            layers.Dense(1),
        ]
    )


def bilstm(vocabulary: int, dropout: float) -> keras.Model:
    """Token numbers (batch, tokens), 0 is padding → logit (batch, 1)."""
    tokens = keras.Input((None,), dtype="int32")
    hidden = layers.Embedding(vocabulary, 64, mask_zero=True)(tokens)
    hidden = layers.SpatialDropout1D(dropout)(hidden)
    hidden = layers.Bidirectional(layers.LSTM(64, use_cudnn=False))(hidden)
    hidden = layers.Dropout(dropout)(hidden)
    hidden = layers.Dense(32, activation="relu")(hidden)
    hidden = layers.Dropout(dropout)(hidden)
    return keras.Model(tokens, layers.Dense(1)(hidden), name="bilstm")


@keras.saving.register_keras_serializable("gatecast")  # type: ignore[untyped-decorator]
def standardise(text: Any) -> Any:
    """Lower ASCII letters; turn tags, punctuation and loose apostrophes into spaces."""
    import tensorflow as tf

    text = tf.strings.lower(text)
    text = tf.strings.regex_replace(text, "\u2019", "'")
    for pattern in BREAKS:
        text = tf.strings.regex_replace(text, pattern, " ")
    return text


def tokeniser(vocabulary: int) -> keras.layers.TextVectorization:
    """Text (batch,) → token numbers (batch, tokens): 0 padding, 1 unknown, then by frequency."""
    return layers.TextVectorization(max_tokens=vocabulary, standardize=standardise, split="whitespace")


@keras.saving.register_keras_serializable("gatecast")
class KeepEnds(layers.Layer):  # type: ignore[misc]
    """Right-padded token numbers → the first `head` and the last `count` − `head` of each row, still right-padded.

    At least one column comes out, of padding if need be: a batch of texts without a word is (batch, 0).
    """

    def __init__(self, count: int, head: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.head = count, head

    def call(self, tokens: Any) -> Any:
        ops = keras.ops
        lengths = ops.count_nonzero(tokens, axis=1)
        width = ops.maximum(ops.minimum(ops.shape(tokens)[1], self.count), 1)
        tokens = ops.pad(tokens, [[0, 0], [0, 1]])
        left_out = ops.maximum(lengths - self.count, 0)
        places = ops.arange(width)[None, :]
        return ops.take_along_axis(tokens, places + ops.where(places < self.head, 0, left_out[:, None]), axis=1)

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (shape[0], None)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count, "head": self.head}


def mean_weights(networks: Sequence[keras.Model]) -> list[Any]:
    """The means of the weights of networks of one shape; of use where all began at the same (Wortsman et al., 2022)."""
    return [np.mean(weights, axis=0) for weights in zip(*(n.get_weights() for n in networks), strict=True)]


FORECASTERS: dict[str, Callable[[int, int], keras.Model]] = {
    "simple_rnn": lambda window, _: simple_rnn(window),
    "lstm": lambda window, _: lstm(window),
    "lstm14": lstm,
    "time_distributed": lambda window, _: time_distributed(window),
    "gru": lambda window, _: gru(window),
}

LAYERS = {
    "simple_rnn": "SimpleRNN(3, tanh) → Dropout 0.2 → Dense(1)",
    "lstm": "4 × [LSTM(45) → Dropout 0.2] → Dense(1)",
    "lstm14": "4 × [LSTM(45) → Dropout 0.2] → Dense(14)",
    "time_distributed": "4 × [LSTM(45, sequences) → Dropout 0.2] → TimeDistributed(Dense(1))",
    "gru": "GRU(256) → Dropout 0.2 → Dense(1)",
    "sentiment": "text → TextVectorization → Embedding(64, masked) → Bidirectional(LSTM(64)) "
    "→ Dense(32, relu) → Dense(1)",
}
