"""A whole network: stacked cells, an output o_t = V h_t + c at every step or at the last one, and an error of the outputs.

The same V at every step is Keras' `TimeDistributed(Dense(…))`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from service.interfaces import Array
from training.theory.cell import Cell, Gradients

Loss = Callable[[Array, Array], tuple[float, Array]]  # outputs and targets (steps, outputs) → E, ∂E/∂o (steps, outputs)


@dataclass(frozen=True)
class Output:
    """o_t = V h_t + c, at every step: V (outputs, units), c (outputs,)."""

    V: Array
    c: Array

    def forward(self, h: Array) -> Array:
        """States (steps, units) → outputs (steps, outputs)."""
        return np.array([self.V @ state + self.c for state in h])

    def backward(self, h: Array, errors: Array) -> tuple[dict[str, Array], Array]:
        """Return ∂E/∂V = Σ_t (∂E/∂o_t) h_tᵀ and ∂E/∂c, and ∂E_t/∂h_t = Vᵀ ∂E/∂o_t (steps, units); errors are ∂E/∂o_t."""
        dV = sum((np.outer(error, state) for error, state in zip(errors, h, strict=True)), np.zeros_like(self.V))
        return {"V": dV, "c": errors.sum(axis=0)}, np.array([self.V.T @ error for error in errors])


@dataclass(frozen=True)
class Network:
    """Cells on top of each other, the lowest first, and an output: many to many, or with `last_only` many to one."""

    cells: Sequence[Cell]
    output: Output
    last_only: bool = False

    def forward(self, x: Array) -> Array:
        """Return the outputs (steps, outputs) of x (steps, inputs); one row with `last_only`."""
        for cell in self.cells:
            x = cell.forward(x).h[1:]
        return self.output.forward(x[-1:] if self.last_only else x)

    def gradients(self, x: Array, targets: Array, loss: Loss) -> tuple[float, dict[str, Array], list[Gradients]]:
        """Return E, the gradients of the output, and those of each cell.

        What a cell gets for its inputs is what the cell below it gets for its states.
        """
        traces, inputs = [], [x]
        for cell in self.cells:
            traces.append(cell.forward(inputs[-1]))
            inputs.append(traces[-1].h[1:])
        read = slice(-1 if self.last_only else None, None)
        error, errors_o = loss(self.output.forward(inputs[-1][read]), targets)
        errors = np.zeros_like(inputs[-1])
        of_output, errors[read] = self.output.backward(inputs[-1][read], errors_o)
        of_cells: list[Gradients] = []
        for cell, below, trace in reversed(list(zip(self.cells, inputs[:-1], traces, strict=True))):
            of_cells.insert(0, cell.backward(below, trace, errors))
            errors = of_cells[0].x
        return error, of_output, of_cells


def softmax(o: Array) -> Array:
    """Return exp(o) / Σ exp(o) along the last axis; the largest is subtracted first, so that nothing overflows."""
    exponentials = np.exp(o - o.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def cross_entropy(o: Array, y: Array) -> tuple[float, Array]:
    """E = −Σ_t Σ_c y_tc log softmax(o_t)_c, and ∂E/∂o_t = ŷ_t − y_t, where each y_t sums to 1."""
    shifted = o - o.max(axis=-1, keepdims=True)
    logarithm = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # finite where a probability is 0
    return float(-(y * logarithm).sum()), np.exp(logarithm) - y


def squared_error(o: Array, y: Array) -> tuple[float, Array]:
    """E = ½ Σ_t |o_t − y_t|², and ∂E/∂o_t = o_t − y_t."""
    return float(0.5 * ((o - y) ** 2).sum()), o - y
