"""The sentiment network: its fused LSTM, its word weights, and its weights in bytes."""

import numpy as np
import pytest

from tests import review_networks
from tests.review_networks import BUCKETS, VOCABULARY, padded

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


def test_word_weights_and_baseline_add_up_to_the_log_odds(network, rng):
    """For any text, the empty one too; and padding changes nothing."""
    tokens = padded(rng, [9, 4, 1, 0], 9)
    outputs = network(tokens)
    probability = np.asarray(outputs["probability"])[:, 0]
    baseline = float(network.get_layer("reader").get_layer("evidence").baseline())
    np.testing.assert_allclose(
        np.asarray(outputs["weights"]).sum(axis=1) + baseline, np.log(probability / (1 - probability)), atol=1e-5
    )
    wider = network(np.pad(tokens, ((0, 0), (0, 5))))
    np.testing.assert_allclose(np.asarray(wider["weights"])[:, :9], outputs["weights"], atol=1e-6)
    assert not np.asarray(outputs["weights"])[tokens == 0].any()


def test_rounding_weights_to_bytes_keeps_them_close(rng):
    """Vectors within a 127th of a row's largest value; n-gram weights more precisely the smaller they are."""
    from training.networks.review import Int8Embedding, NgramWeights

    vectors = rng.normal(size=(VOCABULARY, 8)).astype(np.float32)
    layer = Int8Embedding(VOCABULARY, 8)
    layer.build((None, None))
    layer.store(vectors)
    rounded = np.asarray(layer(np.arange(VOCABULARY)[None]))[0]
    assert not rounded[0].any()
    assert np.all(np.abs(rounded - vectors)[1:] <= np.abs(vectors).max(axis=1, keepdims=True)[1:] / 127)
    ngrams = NgramWeights(BUCKETS)
    ngrams.build((None, None))
    weights = np.concatenate([[4.0], np.full(BUCKETS - 1, 0.002)]).astype(np.float32)
    ngrams.store(weights)
    codes = np.asarray(ngrams.codes, np.float64)
    np.testing.assert_allclose(codes * np.abs(codes) * float(ngrams.scale), weights, rtol=0.15)


def test_the_network_counts_the_same_ngrams_as_the_linear_model(network, rng):
    """The sum of a text's n-gram weights is the linear model's logit."""
    from training.sentiment import ngrams

    layer = network.get_layer("ngrams")
    tokens = padded(rng, [9, 2, 1], 9)
    codes = np.asarray(layer.codes, np.float64)
    counts = ngrams.count([row[row > 0] for row in tokens], BUCKETS)
    expected = counts @ (codes * np.abs(codes) * float(layer.scale))
    np.testing.assert_allclose(np.asarray(layer(tokens)).sum(axis=(1, 2)), expected, atol=1e-4)


def test_a_network_is_rebuilt_from_its_json(network, rng):
    import keras

    rebuilt = keras.models.model_from_json(network.to_json())
    rebuilt.set_weights(network.get_weights())
    tokens = padded(rng, [6, 3], 6)
    np.testing.assert_array_equal(rebuilt(tokens)["weights"], network(tokens)["weights"])


@pytest.mark.parametrize(("offset", "expected"), [(0, [1, 2, 3]), (1, [0, 1, 2]), (-2, [3, 0, 0])])
def test_values_are_shifted_along_the_text(offset, expected):
    from training.networks.review import shift

    assert np.asarray(shift(np.array([[1, 2, 3]]), offset)).tolist() == [expected]
