"""A Keras network → a SavedModel that TensorFlow Serving could serve. Nothing is verified here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from service.artifacts.card import SentimentCard
from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN
from service.sentiment.language import COMMON, PLACEHOLDERS, WORD, kinds_of
from training.networks.text import standardize


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


def write_classifier(path: Path, vocabulary: Sequence[str], network: keras.Model, card: SentimentCard) -> None:
    """Write a SavedModel from `text` (batch,) to the outputs of a classifier; each weight is stored once.

    Words are looked up in the `vocabulary`, and `network` reads their numbers, and the spellings of unknown words. The
    SavedModel adds counts, all (batch, 1): of the tokens in the text, and of unknown ones among those that the network
    reads; where the card knows its language, also of words, unknown words and common words (service/sentiment/language.py).
    """
    import tensorflow as tf

    module = tf.Module()
    module.words = _table(vocabulary)
    module.weights = [weight.value for weight in network.weights]
    kinds = kinds_of(card.language, vocabulary) if card.language else None

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])  # type: ignore[untyped-decorator]
    def serve(text: Any) -> dict[str, Any]:
        words = tf.strings.split(standardize(text))
        lengths = tf.cast(words.row_lengths(), tf.int32)
        kept = keep_ends(words.to_tensor(""), lengths, card.max_tokens, card.head_tokens)
        tokens = module.words.lookup(kept)
        unknown = tf.equal(tokens, UNKNOWN)
        spellings = tf.io.decode_raw(tf.boolean_mask(kept, unknown), tf.uint8, fixed_length=SPELLING_BYTES)
        return {
            **network([tokens, spellings], training=False),
            "tokens_total": lengths[:, None],
            "tokens_unknown": _count(unknown),
            **({} if kinds is None else _word_counts(kept, unknown, tf.gather(kinds, tokens))),
        }

    tf.saved_model.save(module, str(path), signatures={"serving_default": serve.get_concrete_function()})


def _count(mask: Any) -> Any:
    """How many are true in each row: (batch, 1)."""
    import tensorflow as tf

    return tf.math.count_nonzero(mask, axis=1, keepdims=True, dtype=tf.int32)


def _word_counts(kept: Any, unknown: Any, kinds: Any) -> dict[str, Any]:
    """The counts of words that the rule for the language needs; `language.is_word` says what a word is.

    `kinds` are those of the tokens, by `language.kinds_of`.
    """
    import tensorflow as tf

    is_word = tf.strings.regex_full_match(kept, "[^0-9]*\\pL[^0-9]*")
    for placeholder in sorted(PLACEHOLDERS):
        is_word &= tf.not_equal(kept, placeholder)
    is_unknown_word = unknown & is_word
    return {
        "words_read": _count((kinds >= WORD) | is_unknown_word),
        "words_unknown": _count(is_unknown_word),
        "words_common": _count(tf.equal(kinds, COMMON)),
    }


def _table(vocabulary: Sequence[str]) -> Any:
    """A table from words to their numbers; "" is padding."""
    import tensorflow as tf

    numbers = tf.range(len(vocabulary), dtype=tf.int32)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant(vocabulary), numbers), UNKNOWN)


def keep_ends(words: Any, lengths: Any, count: int, head: int) -> Any:
    """Return the first `head` and the last `count` − `head` of the words (batch, width) of each row of more than `count`.

    `lengths` (batch,) are the numbers of words. The output has at least one column, even for a batch of texts without words.
    """
    import tensorflow as tf

    width = tf.maximum(tf.minimum(tf.shape(words)[1], count), 1)
    skipped = tf.maximum(lengths - count, 0)
    positions = tf.range(width)[None, :]
    padded = tf.pad(words, [[0, 0], [0, 1]], constant_values="")
    return tf.gather(padded, positions + tf.where(positions < head, 0, skipped[:, None]), axis=1, batch_dims=1)
