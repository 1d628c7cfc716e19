"""What every cell is: a map from a sequence to its states, and the gradients of that map. A leaf.

Sequences x are (steps, inputs). States h are (steps + 1, units): row 0 is the start, h_0, and row t is h_t, the state after
the t-th input. So h_t is `h[t]` and the t-th input is `x[t - 1]`.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from service.interfaces import Array


class Gradients(NamedTuple):
    """The derivatives of an error E: for each weight by its name, for the inputs (steps, inputs), and for the states.

    `h` (steps + 1, units) has ∂E/∂h_t along all paths; row 0 is that of the start. `c` is the same for the cell states of an
    LSTM, and None for other cells.
    """

    weights: dict[str, Array]
    x: Array
    h: Array
    c: Array | None = None


class Cell(Protocol):
    """A recurrent cell. Its weights are attributes with the letters of the formulas."""

    def forward(self, x: Array, start: Array | None = None) -> Any:
        """Return the trace of x (steps, inputs) from a start (units,), zeros if none: `h`, and what else is computed."""

    def backward(self, x: Array, trace: Any, errors: Array) -> Gradients:
        """Return the gradients. `errors` (steps, units) has ∂E_t/∂h_t, where E_t is the part of E that reads h_t itself."""


def sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + exp(−a)), written with tanh, which does not overflow. Its derivative is σ (1 − σ), at most 1/4."""
    return 0.5 * (1.0 + np.tanh(0.5 * a))


def states(steps: int, units: int, start: Array | None = None) -> Array:
    """Return room for the states (steps + 1, units), with the start in row 0."""
    h = np.zeros((steps + 1, units))
    if start is not None:
        h[0] = start
    return h
