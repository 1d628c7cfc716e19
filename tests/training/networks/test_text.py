"""The tokenizer inside a SavedModel, which splits every text as the service does, and the tutorial's network."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.artifacts.tokenizer import split_words
from tests.texts import CASES, TEXTS

pytestmark = pytest.mark.slow


def split(texts):
    """The words of each text, by TensorFlow."""
    import tensorflow as tf

    from training.networks.text import standardize

    rows = tf.strings.split(standardize(tf.constant([text.encode() for text in texts])))
    return [[word.decode() for word in row] for row in rows.to_list()]


def test_texts_are_split_into_words():
    assert split(list(CASES)) == [words for words, _ in CASES.values()]


@settings(derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(["", " ", "'", "''", "<", "<a", "a" * 20_000, "a " * 5_000, "'a' " * 3_000, "<b>" * 3_000])
@example(["< " * 3_000, "&" * 3_000, "â€" * 2_000, "e\u0301" * 3_000, ":d " * 3_000, "1/10 " * 3_000, "." * 9_000])
@given(st.lists(TEXTS, min_size=30, max_size=60))
def test_python_and_tensorflow_split_every_text_alike(texts):
    """Odd Unicode, punctuation, markup, mojibake, emoticons, and empty and long texts."""
    for text, words in zip(texts, split(texts), strict=True):
        assert split_words(text) == words, repr(text)


def test_the_tutorial_network_gives_one_logit_per_text():
    """Padding does not change it."""
    from training.networks.text import bilstm

    network = bilstm(20, 0.2)
    tokens = np.array([[3, 4, 5], [6, 0, 0]])
    logits = np.asarray(network(tokens))
    assert logits.shape == (2, 1)
    np.testing.assert_allclose(network(np.pad(tokens, ((0, 0), (0, 4)))), logits, atol=1e-6)
