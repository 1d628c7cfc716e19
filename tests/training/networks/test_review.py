"""The sentiment network: its fused LSTM, how it is put together, and that it is built again from its layers."""

import numpy as np
import pytest

from tests import review_networks
from tests.review_networks import BUCKETS, padded, spelt

pytestmark = pytest.mark.slow


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def network():
    return review_networks.served(np.random.default_rng(0))


def test_the_fused_lstm_and_its_gradient_equal_those_of_keras(rng):
    """Both directions, texts of several lengths; the gradients by the weights and by the inputs."""
    import keras
    import tensorflow as tf

    from training.networks.review import FusedLSTM

    values = tf.constant(rng.normal(size=(4, 7, 3)).astype(np.float32))
    mask = tf.constant(np.arange(7)[None] < np.array([7, 3, 1, 5])[:, None])
    plain = keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=True))
    fused = keras.layers.Bidirectional(FusedLSTM(5, return_sequences=True))
    for layer in (plain, fused):
        layer(values, mask=mask)
    fused.set_weights(plain.get_weights())
    results = []
    for layer in (plain, fused):
        with tf.GradientTape() as tape:
            tape.watch(values)
            states = tf.where(mask[:, :, None], layer(values, mask=mask), 0.0)
            loss = tf.reduce_sum(tf.square(states - 0.3))
        results.append([states, *tape.gradient(loss, [values, *layer.trainable_variables])])
    for expected, actual in zip(*results, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_the_size_of_each_layer_is_found_again():
    """In both forms of the network."""
    from training.networks import review

    network = review_networks.trainable(5)
    sizes = review.Sizes(review_networks.VOCABULARY, 8, 6, review_networks.UNITS, 5)
    assert review.sizes_of(network) == sizes
    assert review.sizes_of(review.quantize(network, np.zeros((7, 5), np.float32), None)) == sizes


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_served_network_adds_the_weights_of_ngrams_to_the_trained_one(rng, classes):
    """Rounding to bytes changes little."""
    from training.networks import review
    from training.sentiment.linear import ngrams

    trained = review_networks.trainable(classes)
    weights = rng.normal(size=(BUCKETS, classes)).astype(np.float32)
    tokens = padded(rng, [9, 2, 1, 0], 9)
    spellings = spelt(rng, tokens)
    counts = ngrams.count([row[row > 0] for row in tokens], BUCKETS)
    logits = np.asarray(trained([tokens, spellings])) + counts @ weights
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    served = review.quantize(trained, weights, None)([tokens, spellings])
    np.testing.assert_allclose(served["probability"], expected, atol=0.05)


def test_a_network_is_rebuilt_from_its_json(network, rng):
    import keras

    rebuilt = keras.models.model_from_json(network.to_json())
    rebuilt.set_weights(network.get_weights())
    tokens = padded(rng, [6, 3], 6)
    inputs = [tokens, spelt(rng, tokens)]
    for name, expected in network(inputs).items():
        np.testing.assert_array_equal(rebuilt(inputs)[name], expected)
