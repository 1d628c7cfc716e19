"""Long short-term memory: Hochreiter and Schmidhuber (1997), with the forget gate of Gers, Schmidhuber and Cummins (2000)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from service.interfaces import Array
from training.theory.cell import Gradients, sigmoid, states


class LSTMTrace(NamedTuple):
    """States h and cell states c (steps + 1, units); gates i, f, o and candidates g (steps, units), row t − 1 for step t."""

    h: Array
    c: Array
    i: Array
    f: Array
    g: Array
    o: Array


@dataclass(frozen=True)
class LSTM:
    """Keras' `LSTM`, without peepholes.

    i_t = σ(U_i x_t + W_i h_{t−1} + b_i), f_t and o_t likewise, g_t = tanh(U_g x_t + W_g h_{t−1} + b_g),
    c_t = f_t ∘ c_{t−1} + i_t ∘ g_t, h_t = o_t ∘ tanh(c_t).

    U (4 units, inputs), W (4 units, units) and b (4 units,) have the four parts below each other, in Keras' order i, f, g, o.
    """

    U: Array
    W: Array
    b: Array

    def forward(self, x: Array, start: Array | None = None) -> LSTMTrace:
        """Return the trace of x (steps, inputs); the cell state starts at zero."""
        units = self.W.shape[1]
        h, c = states(len(x), units, start), states(len(x), units)
        i, f, g, o = np.zeros((4, len(x), units))
        for t in range(1, len(x) + 1):
            parts = np.split(self.U @ x[t - 1] + self.W @ h[t - 1] + self.b, 4)
            i[t - 1], f[t - 1], o[t - 1] = sigmoid(parts[0]), sigmoid(parts[1]), sigmoid(parts[3])
            g[t - 1] = np.tanh(parts[2])
            c[t] = f[t - 1] * c[t - 1] + i[t - 1] * g[t - 1]
            h[t] = o[t - 1] * np.tanh(c[t])
        return LSTMTrace(h, c, i, f, g, o)

    def backward(self, x: Array, trace: LSTMTrace, errors: Array) -> Gradients:
        """Return the gradients, from the last step to the first.

        ∂E/∂c_t has two parts: ∂E/∂h_t ∘ o_t ∘ (1 − tanh²(c_t)) through h_t, and ∂E/∂c_{t+1} ∘ f_{t+1}, in which no weight
        stands. δ_t (4 units,) is the derivative for what stands inside the four activations.
        """
        h, c = trace.h, trace.c
        dU, dW, db = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.b)
        dx, dh, dc = np.zeros_like(x), np.zeros_like(h), np.zeros_like(c)
        for t in range(len(x), 0, -1):
            i, f, g, o = trace.i[t - 1], trace.f[t - 1], trace.g[t - 1], trace.o[t - 1]
            dh[t] += errors[t - 1]
            dc[t] += dh[t] * o * (1 - np.tanh(c[t]) ** 2)
            gates = [dc[t] * g * i * (1 - i), dc[t] * c[t - 1] * f * (1 - f), dh[t] * np.tanh(c[t]) * o * (1 - o)]
            delta = np.concatenate([gates[0], gates[1], dc[t] * i * (1 - g**2), gates[2]])
            dU += np.outer(delta, x[t - 1])
            dW += np.outer(delta, h[t - 1])
            db += delta
            dx[t - 1] = self.U.T @ delta
            dh[t - 1] = self.W.T @ delta
            dc[t - 1] = f * dc[t]
        return Gradients({"U": dU, "W": dW, "b": db}, dx, dh, dc)
