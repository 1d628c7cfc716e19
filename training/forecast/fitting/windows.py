"""Windows of a series and their targets: the next n readings, or the window one reading later."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.interfaces import Array


def next_steps(series: Array, window: int, steps: int) -> tuple[Array, Array]:
    """Return windows x (n, window, 1) and the readings that follow each, y (n, steps).

    n = len(series) − window − steps + 1. Every column of y is a different reading: with a target of shape (n, 1), Keras
    would broadcast it silently, and all outputs would learn the same value. Raises ValueError for too short a series.
    """
    _check_length(series, window, steps)
    rows = sliding_window_view(series, window + steps)
    return rows[:, :window, np.newaxis].copy(), rows[:, window:].copy()


def next_steps_padded(series: Array, window: int, steps: int) -> tuple[Array, Array]:
    """Like `next_steps`, with the last windows too: targets after the end of the series are NaN.

    n = len(series) − window. Raises ValueError for too short a series.
    """
    _check_length(series, window, 1)
    return next_steps(np.concatenate([series, np.full(steps - 1, np.nan)]), window, steps)


def shifted(series: Array, window: int) -> tuple[Array, Array]:
    """Return windows x and the same windows one reading later, y: a target for every position.

    Both are (n, window, 1), n = len(series) − window. Raises ValueError for too short a series.
    """
    _check_length(series, window, 1)
    rows = sliding_window_view(series, window + 1)
    return rows[:, :-1, np.newaxis].copy(), rows[:, 1:, np.newaxis].copy()


def _check_length(series: Array, window: int, steps: int) -> None:
    if series.ndim != 1 or len(series) < window + steps:
        raise ValueError(f"{series.shape} readings hold no window of {window} with {steps} after it")
