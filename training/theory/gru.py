"""The gated recurrent unit (Cho et al., 2014) in both forms: the reset gate after the recurrent product, or before it.

In both, z_t = 1 keeps the state, as Cho et al. and Keras have it; Chung et al. (2014) write 1 − z_t where these write z_t.
U (3 units, inputs), W (3 units, units) and b (3 units,) have three parts below each other, in Keras' order z, r, g.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from service.interfaces import Array
from training.theory.cell import Gradients, sigmoid, states


class GRUTrace(NamedTuple):
    """States h (steps + 1, units); gates z, r and candidates g (steps, units), row t − 1 for step t."""

    h: Array
    z: Array
    r: Array
    g: Array


@dataclass(frozen=True)
class GRU:
    """Keras' `GRU`, whose default is `reset_after=True`; it is cuDNN's and PyTorch's form.

    z_t = σ(U_z x_t + b_z + W_z h_{t−1} + d_z), r_t likewise, g_t = tanh(U_g x_t + b_g + r_t ∘ (W_g h_{t−1} + d_g)),
    h_t = z_t ∘ h_{t−1} + (1 − z_t) ∘ g_t. The recurrent product has a bias of its own, d (3 units,).
    """

    U: Array
    W: Array
    b: Array
    d: Array

    def forward(self, x: Array, start: Array | None = None) -> GRUTrace:
        """Return the trace of x (steps, inputs)."""
        units = self.W.shape[1]
        h = states(len(x), units, start)
        z, r, g = np.zeros((3, len(x), units))
        for t in range(1, len(x) + 1):
            read, kept = np.split(self.U @ x[t - 1] + self.b, 3), np.split(self.W @ h[t - 1] + self.d, 3)
            z[t - 1], r[t - 1] = sigmoid(read[0] + kept[0]), sigmoid(read[1] + kept[1])
            g[t - 1] = np.tanh(read[2] + r[t - 1] * kept[2])
            h[t] = z[t - 1] * h[t - 1] + (1 - z[t - 1]) * g[t - 1]
        return GRUTrace(h, z, r, g)

    def backward(self, x: Array, trace: GRUTrace, errors: Array) -> Gradients:
        """Return the gradients; δ_t is the derivative for U x_t + b, and δ'_t that for W h_{t−1} + d."""
        h = trace.h
        dU, dW, db, dd = (np.zeros_like(weight) for weight in (self.U, self.W, self.b, self.d))
        dx, dh = np.zeros_like(x), np.zeros_like(h)
        for t in range(len(x), 0, -1):
            z, r, g = trace.z[t - 1], trace.r[t - 1], trace.g[t - 1]
            dh[t] += errors[t - 1]
            delta_z = dh[t] * (h[t - 1] - g) * z * (1 - z)
            delta_g = dh[t] * (1 - z) * (1 - g**2)
            delta_r = delta_g * np.split(self.W @ h[t - 1] + self.d, 3)[2] * r * (1 - r)
            read, kept = np.concatenate([delta_z, delta_r, delta_g]), np.concatenate([delta_z, delta_r, delta_g * r])
            dU += np.outer(read, x[t - 1])
            dW += np.outer(kept, h[t - 1])
            db += read
            dd += kept
            dx[t - 1] = self.U.T @ read
            dh[t - 1] = z * dh[t] + self.W.T @ kept
        return Gradients({"U": dU, "W": dW, "b": db, "d": dd}, dx, dh)


@dataclass(frozen=True)
class ResetBeforeGRU:
    """The published form: Cho et al. (2014) and Chung et al. (2014), Keras' `GRU(reset_after=False)`.

    It differs in the candidate: g_t = tanh(U_g x_t + W_g (r_t ∘ h_{t−1}) + b_g).
    """

    U: Array
    W: Array
    b: Array

    def forward(self, x: Array, start: Array | None = None) -> GRUTrace:
        """Return the trace of x (steps, inputs)."""
        units = self.W.shape[1]
        W_gates, W_g = self.W[: 2 * units], self.W[2 * units :]
        h = states(len(x), units, start)
        z, r, g = np.zeros((3, len(x), units))
        for t in range(1, len(x) + 1):
            read = self.U @ x[t - 1] + self.b
            z[t - 1], r[t - 1] = np.split(sigmoid(read[: 2 * units] + W_gates @ h[t - 1]), 2)
            g[t - 1] = np.tanh(read[2 * units :] + W_g @ (r[t - 1] * h[t - 1]))
            h[t] = z[t - 1] * h[t - 1] + (1 - z[t - 1]) * g[t - 1]
        return GRUTrace(h, z, r, g)

    def backward(self, x: Array, trace: GRUTrace, errors: Array) -> Gradients:
        """Return the gradients; the state reaches the candidate through r_t ∘ h_{t−1}, so W_g multiplies δ_g before r_t does."""
        units, h = self.W.shape[1], trace.h
        W_gates, W_g = self.W[: 2 * units], self.W[2 * units :]
        dU, dW, db = (np.zeros_like(weight) for weight in (self.U, self.W, self.b))
        dx, dh = np.zeros_like(x), np.zeros_like(h)
        for t in range(len(x), 0, -1):
            z, r, g = trace.z[t - 1], trace.r[t - 1], trace.g[t - 1]
            dh[t] += errors[t - 1]
            delta_z = dh[t] * (h[t - 1] - g) * z * (1 - z)
            delta_g = dh[t] * (1 - z) * (1 - g**2)
            delta_r = (W_g.T @ delta_g) * h[t - 1] * r * (1 - r)
            gates = np.concatenate([delta_z, delta_r])
            delta = np.concatenate([gates, delta_g])
            dU += np.outer(delta, x[t - 1])
            dW += np.concatenate([np.outer(gates, h[t - 1]), np.outer(delta_g, r * h[t - 1])])
            db += delta
            dx[t - 1] = self.U.T @ delta
            dh[t - 1] = z * dh[t] + W_gates.T @ gates + r * (W_g.T @ delta_g)
        return Gradients({"U": dU, "W": dW, "b": db}, dx, dh)
