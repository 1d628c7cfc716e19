"""The double sum of the textbooks: it is the gradient, and each of its usual slips is not."""

import numpy as np

from tests.theory_networks import cell, sequence
from training.theory import chain_rule
from training.theory.simple_rnn import SimpleRNN

X, ERRORS = sequence(5), sequence(6, 6, 3)
RNN = cell(SimpleRNN)
H = RNN.forward(X).h
GRADIENT = RNN.backward(X, RNN.forward(X), ERRORS).weights["W"]


def test_the_double_sum_is_what_back_propagation_gives():
    np.testing.assert_allclose(chain_rule.gradient_of_W(RNN, H, ERRORS), GRADIENT, rtol=1e-12)


def test_the_product_of_jacobians_is_the_derivative_of_the_later_state():
    """By differences: the state of step 4 for the state of step 1."""
    expected = [
        (RNN.forward(X[1:4], H[1] + step).h[-1] - RNN.forward(X[1:4], H[1] - step).h[-1]) / 2e-6
        for step in 1e-6 * np.eye(3)
    ]
    np.testing.assert_allclose(chain_rule.jacobian_product(RNN, H, 4, 1), np.transpose(expected), rtol=1e-6, atol=1e-9)


def test_without_the_factor_between_the_steps_it_is_another_number():
    """Σ_k of the immediate derivatives alone forgets that h_t reads h_k through the steps between."""
    without = sum(chain_rule.immediate(H, k, ERRORS[t - 1]) for t in range(1, 7) for k in range(1, t + 1))
    assert np.abs(without - GRADIENT).max() > 0.1


def test_jacobians_in_the_wrong_order_are_another_matrix():
    right = chain_rule.jacobian_product(RNN, H, 3, 1)
    wrong = chain_rule.jacobian(RNN, H, 2) @ chain_rule.jacobian(RNN, H, 3)
    assert np.abs(right - wrong).max() > 0.01


def test_the_norm_of_a_jacobian_is_bounded_by_that_of_W_and_not_by_one():
    """tanh' is at most 1, so |∂h_t/∂h_{t−1}| ≤ |W|: with a large W it may exceed 1, and gradients explode."""
    large = SimpleRNN(RNN.U, 3 * np.eye(3), RNN.b)
    h = large.forward(np.zeros((1, 2)), -RNN.b / 3).h  # tanh(0): its derivative is 1
    assert np.isclose(np.linalg.norm(chain_rule.jacobian(large, h, 1), 2), 3)
