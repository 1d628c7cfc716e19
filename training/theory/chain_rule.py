"""The gradient of a simple recurrent network as the double sum that textbooks print, term by term.

It gives what `SimpleRNN.backward` gives, with steps² work instead of steps: it is here to be read, and to be compared.
"""

import numpy as np

from service.interfaces import Array
from training.theory.simple_rnn import SimpleRNN


def jacobian(rnn: SimpleRNN, h: Array, t: int) -> Array:
    """∂h_t/∂h_{t−1} = diag(1 − h_t²) W (units, units)."""
    return np.diag(1 - h[t] ** 2) @ rnn.W


def jacobian_product(rnn: SimpleRNN, h: Array, t: int, k: int) -> Array:
    """∂h_t/∂h_k = ∂h_t/∂h_{t−1} · ∂h_{t−1}/∂h_{t−2} ⋯ ∂h_{k+1}/∂h_k, the later step to the left; the identity if t = k."""
    product = np.eye(len(rnn.W))
    for j in range(k + 1, t + 1):
        product = jacobian(rnn, h, j) @ product
    return product


def immediate(h: Array, k: int, error: Array) -> Array:
    """Return errorᵀ · ∂⁺h_k/∂W (units, units), where ∂⁺ holds h_{k−1} constant (Pascanu et al., 2013)."""
    return np.outer((1 - h[k] ** 2) * error, h[k - 1])


def term(rnn: SimpleRNN, h: Array, errors: Array, t: int, k: int) -> Array:
    """Return what step k adds to ∂E_t/∂W: ∂E_t/∂h_t · ∂h_t/∂h_k · ∂⁺h_k/∂W. `errors` (steps, units) has ∂E_t/∂h_t."""
    return immediate(h, k, jacobian_product(rnn, h, t, k).T @ errors[t - 1])


def gradient_of_W(rnn: SimpleRNN, h: Array, errors: Array) -> Array:
    """∂E/∂W = Σ_t Σ_{k ≤ t} ∂E_t/∂h_t · ∂h_t/∂h_k · ∂⁺h_k/∂W (units, units)."""
    steps = range(1, len(errors) + 1)
    return sum((term(rnn, h, errors, t, k) for t in steps for k in steps[:t]), np.zeros_like(rnn.W))
