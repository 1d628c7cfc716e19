"""Back-propagation through time against central differences, for every cell, weight and input."""

from functools import partial

import numpy as np
import pytest

from tests.theory_networks import CELLS, both, by_differences, cell, one_hot, output, sequence
from training.theory.differences import numeric_gradient
from training.theory.lstm import LSTM
from training.theory.network import Network, cross_entropy, squared_error
from training.theory.simple_rnn import SimpleRNN

X = sequence(5)
CLASSES = one_hot([0, 1, 1, 0, 1, 0])


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("last_only", [False, True])
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_gradients_of_a_network_are_those_of_differences(kind, last_only, loss):
    """All weights, the output's too, and all inputs; many to many, and many to one."""
    recurrent, outward = cell(kind), output()
    targets = CLASSES[-1:] if last_only else CLASSES

    def error(recurrent=recurrent, outward=outward, x=X):
        return loss(Network([recurrent], outward, last_only).forward(x), targets)[0]

    found, of_output, (of_cell,) = Network([recurrent], outward, last_only).gradients(X, targets, loss)
    assert found == pytest.approx(error(), rel=1e-12)
    for name, gradient in of_output.items():
        close(gradient, by_differences(outward, name, lambda changed: error(outward=changed)))
    for name, gradient in of_cell.weights.items():
        close(gradient, by_differences(recurrent, name, error))
    close(of_cell.x, numeric_gradient(lambda x: error(x=x), X))


@pytest.mark.parametrize("kind", CELLS)
def test_the_gradient_of_the_start_is_in_row_0(kind):
    """A state that another network gives passes its gradient on."""
    it, start, errors = cell(kind), np.array([0.3, -0.2, 0.5]), sequence(7, 6, 3)
    gradients = it.backward(X, it.forward(X, start), errors)
    close(gradients.h[0], numeric_gradient(lambda value: float((it.forward(X, value).h[1:] * errors).sum()), start))


@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul"])
def test_gradients_of_both_directions_are_those_of_differences(merge):
    it = both(merge)
    errors = sequence(8, 6, 6 if merge == "concat" else 3)
    gradients = it.backward(X, it.forward(X), errors)
    assert len(gradients.weights) == 6
    for name, gradient in gradients.weights.items():
        close(gradient, by_differences(it, name, lambda changed: float((changed.forward(X).h[1:] * errors).sum())))
    close(gradients.x, numeric_gradient(lambda x: float((it.forward(x).h[1:] * errors).sum()), X))


def test_stacked_cells_pass_their_input_gradients_down():
    """Three layers of two kinds; the model `lstm` has two."""
    cells = [cell(LSTM), cell(SimpleRNN, inputs=3), cell(LSTM, inputs=3)]

    def error(cells):
        return cross_entropy(Network(cells, output()).forward(X), CLASSES)[0]

    _, _, found = Network(cells, output()).gradients(X, CLASSES, cross_entropy)
    close(found[0].x, numeric_gradient(lambda x: cross_entropy(Network(cells, output()).forward(x), CLASSES)[0], X))
    for index, gradients in enumerate(found):
        before, after = cells[:index], cells[index + 1 :]
        for name, gradient in gradients.weights.items():
            close(
                gradient,
                by_differences(cells[index], name, partial(lambda a, b, it: error([*a, it, *b]), before, after)),
            )
