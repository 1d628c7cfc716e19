"""How much of an error at the last step reaches each earlier step (Bengio et al., 1994; Pascanu et al., 2013)."""

from collections.abc import Callable, Sequence

import numpy as np

from service.interfaces import Array
from training.theory.cell import Cell

STEPS = 30
UNITS = 32


def state_norms(cell: Cell, x: Array, error: Array) -> Array:
    """Return |∂E/∂s_t| for t = 0 … steps (steps + 1,), where E reads h_T alone and ∂E/∂h_T is `error` (units,).

    The state s_t is all that a cell carries on: h_t, and in an LSTM (h_t, c_t).
    """
    errors = np.zeros((len(x), len(error)))
    errors[-1] = error
    gradients = cell.backward(x, cell.forward(x), errors)
    carried = gradients.h if gradients.c is None else np.hstack([gradients.h, gradients.c])
    return np.asarray(np.linalg.norm(carried, axis=1))


def norms_of_new_cells(
    new: Callable[[np.random.Generator], Cell], seeds: Sequence[int], steps: int = STEPS, size: float = 1.0
) -> Array:
    """Return the norms (seeds, steps + 1), divided by the last one's, of new cells of one input and UNITS units.

    The inputs are normal numbers of mean 0 and standard deviation `size`; the error at the last step has a random direction.
    """
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        norms = state_norms(new(rng), size * rng.normal(size=(steps, 1)), rng.normal(size=UNITS))
        found.append(norms / norms[-1])
    return np.array(found)
