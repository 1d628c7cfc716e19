"""A Keras network → a SavedModel that TensorFlow Serving could serve. Nothing is verified here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from service.artifacts.card import SentimentCard
from service.artifacts.tokenizer import UNKNOWN
from training.networks.text import KeepEnds


def write_forecaster(path: Path, model: keras.Model) -> None:
    """Write a SavedModel with the model's inputs by their names and one `output`; each weight is stored once."""
    import tensorflow as tf

    module = tf.Module()
    module.weights = [weight.value for weight in model.weights]
    specs = [tf.TensorSpec(tensor.shape, tf.float32, tensor.name) for tensor in model.inputs]

    @tf.function(input_signature=specs)  # type: ignore[untyped-decorator]
    def serve(*arrays: Any) -> dict[str, Any]:
        return {"output": model(as_inputs(model, arrays), training=False)}

    tf.saved_model.save(module, str(path), signatures={"serving_default": serve.get_concrete_function()})


def as_inputs(model: keras.Model, arrays: Sequence[Any]) -> Any:
    """Return arrays in the form in which a Keras model takes them: a list, or the array alone where there is one."""
    return list(arrays) if len(model.inputs) > 1 else arrays[0]


def write_classifier(path: Path, tokenize: keras.layers.Layer, network: keras.Model, card: SentimentCard) -> None:
    """Write a SavedModel from `text` (batch,) to the outputs of a classifier; each weight is stored once.

    `tokenize` gives token numbers for texts, and `network` reads them. The SavedModel adds three counts of tokens, all
    (batch, 1): in the text, and unknown and common ones among those that the network reads.
    """
    import tensorflow as tf

    module = tf.Module()
    module.tokenise = tokenize  # the module must hold its table of words
    module.weights = [weight.value for weight in network.weights]
    keep_ends = KeepEnds(card.max_tokens, card.head_tokens)
    last_common = UNKNOWN + (card.language.common_words if card.language else 0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])  # type: ignore[untyped-decorator]
    def serve(text: Any) -> dict[str, Any]:
        tokens = tf.cast(tokenize(text), tf.int32)
        kept = keep_ends(tokens)

        def count(mask: Any) -> Any:
            return tf.math.count_nonzero(mask, axis=1, keepdims=True, dtype=tf.int32)

        return {
            **network(kept, training=False),
            "tokens_total": count(tokens),
            "tokens_unknown": count(kept == UNKNOWN),
            "tokens_common": count((kept > UNKNOWN) & (kept <= last_common)),
        }

    tf.saved_model.save(module, str(path), signatures={"serving_default": serve.get_concrete_function()})
