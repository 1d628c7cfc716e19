"""Derivatives by central differences: they know no formula, so they check every one."""

from collections.abc import Callable

import numpy as np

from service.interfaces import Array

STEP = 1e-5  # about the cube root of the precision of a float64, which balances rounding and curvature


def numeric_gradient(error: Callable[[Array], float], at: Array) -> Array:
    """Return (E(a + STEP) − E(a − STEP)) / (2 STEP) for each number a of the array `at`, in its shape."""
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        shift = np.zeros_like(at)
        shift[index] = STEP
        gradient[index] = (error(at + shift) - error(at - shift)) / (2 * STEP)
    return gradient
