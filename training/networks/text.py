"""Keras layers for text: the tokenizer inside a SavedModel, and a plain bidirectional LSTM; `review` has the shipped network."""

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
