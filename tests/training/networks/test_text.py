"""Keras layers for text: standardization, and the ends of a long text."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_a_long_text_keeps_its_two_ends():
    """Rows are right-padded, and do not depend on their neighbours' lengths."""
    from training.networks.text import KeepEnds

    tokens = np.array([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert np.asarray(KeepEnds(3)(tokens)).tolist() == [[3, 4, 5], [6, 7, 0], [0, 0, 0]]
    assert np.asarray(KeepEnds(3, head=1)(tokens)).tolist() == [[1, 4, 5], [6, 7, 0], [0, 0, 0]]
    assert np.asarray(KeepEnds(3, head=1)(tokens[:, :2])).tolist() == [[1, 2], [6, 7], [0, 0]]
    assert np.asarray(KeepEnds(3)(tokens[:, :0])).tolist() == [[0], [0], [0]]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't!<br />It's GREAT.", ["don't", "it's", "great"]),
        ("'quoted' words-and—dashes…", ["quoted", "words", "and", "dashes"]),
        ("a <b>bold</b> 4 < 5 > 3", ["a", "bold", "4", "5", "3"]),
        ("don’t", ["don't"]),
        ("", []),
    ],
)
def test_a_text_is_standardized_into_words(text, tokens):
    import tensorflow as tf

    from training.networks.text import standardize

    assert standardize(tf.constant([text])).numpy()[0].decode().split() == tokens


def test_the_tutorial_network_gives_one_logit_per_text():
    """Padding does not change it."""
    from training.networks.text import bilstm

    network = bilstm(20, 0.2)
    tokens = np.array([[3, 4, 5], [6, 0, 0]])
    logits = np.asarray(network(tokens))
    assert logits.shape == (2, 1)
    np.testing.assert_allclose(network(np.pad(tokens, ((0, 0), (0, 4)))), logits, atol=1e-6)
