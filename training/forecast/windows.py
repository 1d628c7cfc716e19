"""A series → supervised windows: for the next step, the next n steps, or every shifted position."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.interfaces import Array


def next_steps(series: Array, window: int, steps: int) -> tuple[Array, Array]:
    """Windows and the `steps` readings that follow each.

    Returns x of shape (n, window, 1) and y of shape (n, steps), n = len(series) − window − steps + 1.
    Every column of y is a different reading: a (n, 1) target against `steps` outputs would broadcast
    silently, and all outputs would learn the same value.
    """
    _check(series, window, steps)
    rows = sliding_window_view(series, window + steps)
    return rows[:, :window, np.newaxis].copy(), rows[:, window:].copy()


def partly_known(series: Array, window: int, steps: int) -> tuple[Array, Array]:
    """Like `next_steps`, with the last windows too, whose targets are known in part; the others are NaN.

    Returns x of shape (n, window, 1) and y of shape (n, steps), n = len(series) − window.
    """
    _check(series, window, 1)
    return next_steps(np.concatenate([series, np.full(steps - 1, np.nan)]), window, steps)


def shifted(series: Array, window: int) -> tuple[Array, Array]:
    """Windows and the same windows one reading later: a target for every position.

    Returns x and y, both of shape (n, window, 1), n = len(series) − window.
    """
    _check(series, window, 1)
    rows = sliding_window_view(series, window + 1)
    return rows[:, :-1, np.newaxis].copy(), rows[:, 1:, np.newaxis].copy()


def _check(series: Array, window: int, steps: int) -> None:
    if series.ndim != 1 or len(series) < window + steps:
        raise ValueError(f"{series.shape} readings hold no window of {window} and {steps} after it")
