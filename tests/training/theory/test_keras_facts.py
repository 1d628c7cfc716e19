"""What the page says of Keras itself: counts of weights, defaults, orders."""

import numpy as np
import pytest

from training.theory import weights

pytestmark = pytest.mark.slow
X = np.random.default_rng(0).normal(size=(2, 5, 3))


def test_the_counts_of_weights():
    """For 3 inputs and 4 units; `reset_after` is the default."""
    from keras import layers

    counts = []
    for layer in (layers.SimpleRNN(4), layers.LSTM(4), layers.GRU(4), layers.GRU(4, reset_after=False)):
        layer.build((None, 5, 3))
        counts.append(layer.count_params())
    one = 4 * (3 + 4 + 1)
    assert counts == [one, 4 * one, 3 * one + 3 * 4, 3 * one]


def test_the_order_of_what_an_lstm_returns():
    """All states, h_T again, then c_T."""
    from keras import layers

    layer = layers.LSTM(4, return_sequences=True, return_state=True, dtype="float64")
    every, last, cell = (np.asarray(each) for each in layer(X))
    trace = weights.lstm(layer.get_weights()).forward(X[0])
    for found, expected in ((trace.h[1:], every), (trace.h[-1], last), (trace.c[-1], cell)):
        np.testing.assert_allclose(found, expected[0], rtol=1e-9)


def test_dense_alone_also_acts_at_every_step():
    from keras import layers

    dense = layers.Dense(2, dtype="float64")
    np.testing.assert_allclose(dense(X), layers.TimeDistributed(dense, dtype="float64")(X), rtol=1e-12)


def test_one_target_is_broadcast_to_every_step():
    """Without a warning, which would be an error here."""
    from keras import losses

    targets, outputs = np.ones((2, 1)), np.zeros((2, 5, 1))
    assert float(losses.MeanSquaredError()(targets, outputs)) == 1.0


def test_the_gates_start_at_a_half_and_the_forget_gate_higher():
    """σ(1) is 0.73."""
    from keras import layers

    layer = layers.LSTM(4)
    layer.build((None, 5, 3))
    np.testing.assert_array_equal(np.split(layer.get_weights()[2], 4), np.repeat([[0], [1], [0], [0]], 4, axis=1))
