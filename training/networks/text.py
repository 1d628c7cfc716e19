"""Keras layers for text: the tokenizer inside a SavedModel, and a plain bidirectional LSTM; `review` has the shipped network."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from service.artifacts.standardization import RULES

LOOSE_APOSTROPHES = ("'+( |$)", "(^| )'+")  # apostrophes stay within words only


def bilstm(vocabulary: int, dropout: float) -> keras.Model:
    """Build a bidirectional LSTM: token numbers (batch, tokens), where 0 is padding → logit (batch, 1)."""
    tokens = keras.Input((None,), dtype="int32")
    hidden = layers.Embedding(vocabulary, 64, mask_zero=True)(tokens)
    hidden = layers.SpatialDropout1D(dropout)(hidden)
    hidden = layers.Bidirectional(layers.LSTM(64, use_cudnn=False))(hidden)
    hidden = layers.Dropout(dropout)(hidden)
    hidden = layers.Dense(32, activation="relu")(hidden)
    hidden = layers.Dropout(dropout)(hidden)
    return keras.Model(tokens, layers.Dense(1)(hidden), name="bilstm")


@keras.saving.register_keras_serializable("gatecast")  # type: ignore[untyped-decorator]
def standardize(text: Any) -> Any:
    """Rewrite texts by the rules of `service.artifacts.standardization`; words are apart by spaces."""
    import tensorflow as tf

    text = tf.strings.lower(text)
    for rule in RULES:
        text = tf.strings.regex_replace(text, rule.pattern, rule.replacement)
    for pattern in LOOSE_APOSTROPHES:
        text = tf.strings.regex_replace(text, pattern, " ")
    return text


def tokenizer(vocabulary: int) -> keras.layers.TextVectorization:
    """Build a layer from text (batch,) to token numbers (batch, tokens): 0 is padding, 1 an unknown word, then the vocabulary."""
    return layers.TextVectorization(max_tokens=vocabulary, standardize=standardize, split="whitespace")


@keras.saving.register_keras_serializable("gatecast")
class KeepEnds(layers.Layer):  # type: ignore[misc]
    """Right-padded token numbers → the first `head` and the last `count` − `head` of each row, still right-padded.

    The output has at least one column, even for a batch of texts without words, which is (batch, 0).
    """

    def __init__(self, count: int, head: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.head = count, head

    def call(self, tokens: Any) -> Any:
        ops = keras.ops
        lengths = ops.count_nonzero(tokens, axis=1)
        width = ops.maximum(ops.minimum(ops.shape(tokens)[1], self.count), 1)
        tokens = ops.pad(tokens, [[0, 0], [0, 1]])
        skipped = ops.maximum(lengths - self.count, 0)
        positions = ops.arange(width)[None, :]
        return ops.take_along_axis(tokens, positions + ops.where(positions < self.head, 0, skipped[:, None]), axis=1)

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return (shape[0], None)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count, "head": self.head}
