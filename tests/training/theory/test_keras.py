"""Every cell and every gradient against Keras and TensorFlow's GradientTape, in 64-bit numbers, to 1e-6 and better."""

from typing import Any

import numpy as np
import pytest

from tests.theory_networks import one_hot
from training.theory import weights
from training.theory.bidirectional import Bidirectional
from training.theory.network import Network, cross_entropy, squared_error

pytestmark = pytest.mark.slow

X = np.random.default_rng(0).normal(size=(3, 7, 2))  # (batch, steps, inputs)
UNITS = 4
KINDS = ["simple_rnn", "lstm", "gru", "gru_reset_before"]
TO_CELL: dict[str, Any] = {
    "simple_rnn": weights.simple_rnn,
    "lstm": weights.lstm,
    "gru": weights.gru,
    "gru_reset_before": weights.gru,
}
FIELDS = {"simple_rnn": "UWb", "lstm": "UWb", "gru": "UWbd", "gru_reset_before": "UWb"}


def agree(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=1e-6, atol=1e-9)


def layer(kind, **options):
    """A Keras layer whose biases are not zero: an error in them would be seen."""
    from keras import initializers, layers

    options |= {"dtype": "float64", "bias_initializer": initializers.RandomNormal(stddev=0.5, seed=1)}
    if kind == "lstm":
        return layers.LSTM(UNITS, unit_forget_bias=False, **options)
    if kind == "simple_rnn":
        return layers.SimpleRNN(UNITS, **options)
    return layers.GRU(UNITS, reset_after=kind == "gru", **options)


def dense(outputs):
    from keras import initializers, layers

    return layers.Dense(outputs, dtype="float64", bias_initializer=initializers.RandomNormal(seed=2))


@pytest.mark.parametrize("kind", KINDS)
def test_the_states_of_a_cell_are_those_of_keras(kind):
    it = layer(kind, return_sequences=True)
    expected = np.asarray(it(X))
    cell = TO_CELL[kind](it.get_weights())
    agree([cell.forward(x).h[1:] for x in X], expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_is_keras_initial_state(kind):
    it, start = layer(kind), np.random.default_rng(3).normal(size=(3, UNITS))
    states = [start, np.zeros_like(start)] if kind == "lstm" else [start]
    expected = np.asarray(it(X, initial_state=states))
    cell = TO_CELL[kind](it.get_weights())
    agree([cell.forward(x, h0).h[-1] for x, h0 in zip(X, start, strict=True)], expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul"])
@pytest.mark.parametrize("sequences", [True, False])
def test_both_directions_are_those_of_keras(kind, merge, sequences):
    """Without sequences, Keras merges the last state of each reader, not what stands at the last step."""
    from keras import layers

    it = layers.Bidirectional(layer(kind, return_sequences=sequences), merge_mode=merge, dtype="float64")
    expected = np.asarray(it(X))
    ahead, back = (TO_CELL[kind](each.get_weights()) for each in (it.forward_layer, it.backward_layer))
    own = Bidirectional(ahead, back, merge)
    traces = [own.forward(x) for x in X]
    actual = [trace.h[1:] if sequences else own.last(trace) for trace in traces]
    agree(actual, expected)


def test_time_distributed_is_one_dense_layer_at_every_step():
    from keras import layers

    it = layers.TimeDistributed(dense(3), dtype="float64")
    expected = np.asarray(it(X))
    output = weights.dense(it.get_weights())
    agree([output.forward(x) for x in X], expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_gradients_of_a_network_are_those_of_the_tape(kind, last_only, loss):
    """All weights, summed over the batch, and every input: many to many, and many to one."""
    import tensorflow as tf
    from keras import layers

    recurrent, last = layer(kind, return_sequences=not last_only), dense(3)
    outward = last if last_only else layers.TimeDistributed(last, dtype="float64")
    y = one_hot(list(np.random.default_rng(4).integers(0, 3, 21)), 3).reshape(3, 7, 3)
    y = y[:, -1:] if last_only else y
    x = tf.Variable(X)
    with tf.GradientTape() as tape:
        o = tf.reshape(outward(recurrent(x)), y.shape)
        if loss is cross_entropy:
            error = tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(tf.constant(y), o))
        else:
            error = 0.5 * tf.reduce_sum((o - y) ** 2)
    variables = [v.value for v in (*recurrent.trainable_variables, *last.trainable_variables)]
    *expected, of_x = tape.gradient(error, [*variables, x])

    network = Network([TO_CELL[kind](recurrent.get_weights())], weights.dense(last.get_weights()), last_only)
    found = [network.gradients(x, targets, loss) for x, targets in zip(X, y, strict=True)]
    assert sum(each[0] for each in found) == pytest.approx(float(error), rel=1e-9)
    of_cell, of_output = TO_CELL[kind](expected[:3]), weights.dense(expected[3:])  # a layout for gradients too
    for name in FIELDS[kind]:
        agree(sum(each[2][0].weights[name] for each in found), getattr(of_cell, name))
    for name in "Vc":
        agree(sum(each[1][name] for each in found), getattr(of_output, name))
    agree([each[2][0].x for each in found], of_x)


def test_gradients_of_stacked_layers_are_those_of_the_tape():
    import tensorflow as tf

    lower, upper, last = layer("lstm", return_sequences=True), layer("gru"), dense(2)
    y = np.random.default_rng(5).normal(size=(3, 1, 2))
    with tf.GradientTape() as tape:
        error = 0.5 * tf.reduce_sum((last(upper(lower(tf.constant(X)))) - y[:, 0]) ** 2)
    variables = [v.value for v in (*lower.trainable_variables, *upper.trainable_variables)]
    expected = tape.gradient(error, variables)

    cells = [weights.lstm(lower.get_weights()), weights.gru(upper.get_weights())]
    network = Network(cells, weights.dense(last.get_weights()), last_only=True)
    found = [network.gradients(x, targets, squared_error)[2] for x, targets in zip(X, y, strict=True)]
    for number, of_cell in enumerate((weights.lstm(expected[:3]), weights.gru(expected[3:]))):
        for name in found[0][number].weights:
            agree(sum(each[number].weights[name] for each in found), getattr(of_cell, name))


def test_the_gradient_of_a_decoders_start_goes_on_into_the_encoder():
    """As in `universal`: the last state of one GRU is the start of another."""
    import tensorflow as tf

    encoder, decoder = layer("gru"), layer("gru", return_sequences=True)
    ahead, errors = np.random.default_rng(6).normal(size=(3, 5, 2)), np.random.default_rng(7).normal(size=(3, 5, UNITS))
    with tf.GradientTape() as tape:
        error = tf.reduce_sum(decoder(tf.constant(ahead), initial_state=encoder(tf.constant(X))) * errors)
    of_encoder = weights.gru(tape.gradient(error, [v.value for v in encoder.trainable_variables]))

    reads, writes, found = weights.gru(encoder.get_weights()), weights.gru(decoder.get_weights()), []
    for x, steps, each in zip(X, ahead, errors, strict=True):
        read = reads.forward(x)
        of_start = writes.backward(steps, writes.forward(steps, read.h[-1]), each).h[0]
        last = np.zeros((len(x), UNITS))
        last[-1] = of_start
        found.append(reads.backward(x, read, last).weights)
    for name in "UWbd":
        agree(sum(each[name] for each in found), getattr(of_encoder, name))


def test_new_weights_are_drawn_as_keras_draws_them():
    """The same bounds of the kernel, an orthogonal recurrent kernel, zero biases but for the forget gate's ones."""
    from keras import layers

    for own, kind in (
        (weights.new_simple_rnn, layers.SimpleRNN),
        (weights.new_lstm, layers.LSTM),
        (weights.new_gru, layers.GRU),
    ):
        it = kind(8)
        it.build((None, 7, 50))
        kernel, recurrent, bias = it.get_weights()
        cell = own(np.random.default_rng(0), 50, 8)
        assert cell.U.shape == kernel.T.shape
        np.testing.assert_allclose(np.abs(cell.U).max(), np.abs(kernel).max(), rtol=0.1)
        np.testing.assert_allclose(cell.W.T @ cell.W, np.eye(8), atol=1e-9)
        np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(8), atol=1e-5)
        np.testing.assert_array_equal(cell.b, np.atleast_2d(bias)[0])
