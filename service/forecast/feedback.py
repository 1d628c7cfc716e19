"""Steps beyond those that a network forecasts at once: it is fed its own medians, and the intervals grow on."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from service.forecast.forecaster import PreparedSeries
from service.interfaces import Array, Notice

NextBlock = Callable[[Sequence[PreparedSeries], Sequence[Array]], list[Array]]
MIN_GROWTH, MAX_GROWTH = 0.1, 1.0


def extend(items: Sequence[PreparedSeries], first: Sequence[Array], blocks: int, next_block: NextBlock) -> list[Array]:
    """Return the medians of `blocks` blocks of steps of every series; `first` are those of the first block."""
    medians = [item.bounds.clip(block) for item, block in zip(items, first, strict=True)]
    for _ in range(1, blocks):
        following = next_block(items, medians)
        medians = [
            np.concatenate([known, item.bounds.clip(block)])
            for item, known, block in zip(items, medians, following, strict=True)
        ]
    return medians


def held(spread: Array, horizon: int) -> Array:
    """Return the spread (steps,) for `horizon` steps: after its last step it stays as it is at its widest."""
    return np.concatenate([spread, np.full(max(0, horizon - len(spread)), spread.max())])[:horizon]


def growth(width: Array) -> float:
    """Return the power of the step that widths (steps,) grow with in their last three quarters, within limits."""
    widest = np.maximum.accumulate(width)
    quarter = max(len(widest) // 4, 1)
    ratio = float(widest[-1] / max(widest[quarter - 1], 1e-300))
    power = math.log(max(ratio, 1.0)) / math.log(max(len(widest) / quarter, 2.0))
    return min(max(power, MIN_GROWTH), MAX_GROWTH)


def notice(horizon: int, steps: int) -> Notice:
    """Return the warning of a horizon longer than the steps that a network forecasts at once."""
    return Notice(
        "recursive_horizon",
        f"the model predicts {steps} steps at once; steps {steps + 1} to {horizon} are made from its own predictions, and "
        "their intervals widen as those of the steps before did",
    )
