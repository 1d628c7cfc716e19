"""Outputs and errors."""

import numpy as np

from tests.theory_networks import cell, output, sequence
from training.theory.cell import sigmoid
from training.theory.lstm import LSTM
from training.theory.network import Network, cross_entropy, softmax


def test_the_last_output_is_the_last_of_all():
    x = sequence(3)
    every, last = (Network([cell(LSTM)], output(), last_only).forward(x) for last_only in (False, True))
    np.testing.assert_array_equal(last, every[-1:])


def test_softmax_and_sigmoid_do_not_overflow():
    """Warnings are errors here."""
    np.testing.assert_array_equal(softmax(np.array([[1e3, -1e3]])), [[1.0, 0.0]])
    np.testing.assert_array_equal(sigmoid(np.array([-1e3, 0.0, 1e3])), [0.0, 0.5, 1.0])


def test_the_cross_entropy_of_a_sure_and_wrong_answer_is_finite():
    error, gradient = cross_entropy(np.array([[1e3, -1e3]]), np.array([[0.0, 1.0]]))
    assert error == 2e3
    np.testing.assert_array_equal(gradient, [[1.0, -1.0]])
