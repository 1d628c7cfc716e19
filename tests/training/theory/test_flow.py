"""How much of an error reaches earlier steps."""

import numpy as np
import pytest

from training.theory.flow import norms_of_new_cells, state_norms
from training.theory.lstm import LSTM
from training.theory.simple_rnn import SimpleRNN
from training.theory.weights import new_gru, new_lstm, orthogonal


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_without_inputs_the_norm_of_a_scaled_rotation_is_its_power(scale):
    """The derivative of tanh at zero is 1, so only W acts."""
    cell = SimpleRNN(np.zeros((4, 1)), scale * orthogonal(np.random.default_rng(0), 4, 4), np.zeros(4))
    norms = state_norms(cell, np.zeros((10, 1)), np.array([0.6, 0.8, 0.0, 0.0]))
    np.testing.assert_allclose(norms, scale ** np.arange(10.0, -1.0, -1.0))


def test_along_the_cell_state_the_factor_is_the_forget_gate():
    """Without weights every gate is its bias, and only c_t carries on."""
    b = np.array([0.0, 1.0, 0.0, 0.0])
    norms = state_norms(LSTM(np.zeros((4, 1)), np.zeros((4, 1)), b), np.zeros((10, 1)), np.ones(1))
    np.testing.assert_allclose(norms[1:10] / norms[0:9], 1 + np.exp(-1.0))


def test_norms_are_relative_to_the_last_step_and_the_same_in_every_run():
    norms = norms_of_new_cells(lambda rng: new_lstm(rng, 1, 32), range(3), steps=5)
    assert norms.shape == (3, 6)
    np.testing.assert_array_equal(norms[:, -1], 1)
    np.testing.assert_array_equal(norms, norms_of_new_cells(lambda rng: new_lstm(rng, 1, 32), range(3), steps=5))


@pytest.mark.parametrize("size", [0.1, 10.0])
def test_an_open_gate_keeps_a_gradient_whatever_the_inputs(size):
    def arrives(bias):
        return np.median(norms_of_new_cells(lambda rng: new_gru(rng, 1, 32, bias), range(5), size=size)[:, 0])

    assert arrives(0.0) < 1e-5
    assert arrives(4.0) > 0.2
