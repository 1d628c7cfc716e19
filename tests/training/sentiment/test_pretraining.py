"""Word vectors and language modelling, on made-up texts."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_words_of_similar_contexts_get_similar_vectors():
    """Words 2 and 3 occur in the same places, 4 and 5 in others."""
    from training.sentiment.pretraining import word_vectors

    rng = np.random.default_rng(0)
    texts = []
    for _ in range(300):
        texts.append(np.array([6, rng.choice([2, 3]), 7, 6], np.int32))
        texts.append(np.array([8, rng.choice([4, 5]), 9, 8], np.int32))
    vectors = word_vectors(texts, 10, 4, seed=0)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    assert unit[2] @ unit[3] > 0.9 > 0.5 > unit[2] @ unit[4]
    assert not vectors[:2].any()


def test_texts_without_two_known_words_have_no_vectors():
    from training.sentiment.pretraining import word_vectors

    with pytest.raises(ValueError, match="near each other"):
        word_vectors([np.array([2], np.int32), np.array([1, 1], np.int32)], 5, 2, seed=0)


def test_the_loss_falls_on_predictable_texts():
    """In these texts each word is followed by its successor."""
    import keras

    from training.networks import review
    from training.sentiment.pretraining import pretrain

    vocabulary, rng = 50, np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    texts = [(np.arange(40) + start) % (vocabulary - 2) + 2 for start in rng.integers(0, vocabulary, 1024)]
    network = review.trainable_network(vocabulary, 8, 16, 16, (0.0, 0.0))
    losses = []
    pretrain(network, [text.astype(np.int32) for text in texts], 15, 0, lambda _, loss: losses.append(loss))
    assert losses[-1] < 0.8 * losses[0]


def test_texts_that_are_too_short_change_nothing():
    from tests import review_networks
    from training.sentiment.pretraining import pretrain

    network = review_networks.trainable()
    before = network.get_weights()
    pretrain(network, [np.array([2, 3, 4], np.int32)], 1, 0, lambda *_: pytest.fail("no epoch is run"))
    for weights, expected in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weights, expected)
