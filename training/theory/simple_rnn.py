"""The simple recurrent unit (Elman, 1990) and back-propagation through time (Werbos, 1990)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from service.interfaces import Array
from training.theory.cell import Gradients, states


class SimpleTrace(NamedTuple):
    """The states h (steps + 1, units)."""

    h: Array


@dataclass(frozen=True)
class SimpleRNN:
    """h_t = tanh(U x_t + W h_{t−1} + b), Keras' `SimpleRNN`.

    U (units, inputs) reads the input, W (units, units) the state before, b (units,) is the bias.
    """

    U: Array
    W: Array
    b: Array

    def forward(self, x: Array, start: Array | None = None) -> SimpleTrace:
        """Return the states of x (steps, inputs)."""
        h = states(len(x), len(self.W), start)
        for t in range(1, len(x) + 1):
            h[t] = np.tanh(self.U @ x[t - 1] + self.W @ h[t - 1] + self.b)
        return SimpleTrace(h)

    def backward(self, x: Array, trace: SimpleTrace, errors: Array) -> Gradients:
        """Return the gradients, from the last step to the first.

        ∂E/∂h_t = ∂E_t/∂h_t + Wᵀ δ_{t+1} with δ_t = (1 − h_t²) ∘ ∂E/∂h_t, the derivative for what stands inside tanh. Then
        ∂E/∂U = Σ_t δ_t x_tᵀ, ∂E/∂W = Σ_t δ_t h_{t−1}ᵀ, ∂E/∂b = Σ_t δ_t and ∂E/∂x_t = Uᵀ δ_t.
        """
        h = trace.h
        dU, dW, db = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.b)
        dx, dh = np.zeros_like(x), np.zeros_like(h)
        for t in range(len(x), 0, -1):
            dh[t] += errors[t - 1]
            delta = (1 - h[t] ** 2) * dh[t]
            dU += np.outer(delta, x[t - 1])
            dW += np.outer(delta, h[t - 1])
            db += delta
            dx[t - 1] = self.U.T @ delta
            dh[t - 1] = self.W.T @ delta
        return Gradients({"U": dU, "W": dW, "b": db}, dx, dh)
