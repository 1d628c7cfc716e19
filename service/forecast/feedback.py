"""Steps beyond those that a network forecasts at once: it is fed its own medians, and the intervals grow on."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..interfaces import Array, Notice
from .forecaster import PreparedSeries

NextBlock = Callable[[Sequence[PreparedSeries], Sequence[Array]], list[Array]]
MIN_GROWTH, MAX_GROWTH = 0.1, 1.0
DAMPING = 0.5  # of the trend of a block that begins further ahead than the readings go back


def extend(items: Sequence[PreparedSeries], first: Sequence[Array], blocks: int, next_block: NextBlock) -> list[Array]:
    """Return the medians of `blocks` blocks of steps of every series; `first` are those of the first block."""
    medians = [item.bounds.clip(block) for item, block in zip(items, first, strict=True)]
    for _ in range(1, blocks):
        following = next_block(items, medians)
        medians = [
            np.concatenate([known, item.bounds.clip(_damped(item, known, block))])
            for item, known, block in zip(items, medians, following, strict=True)
        ]
    return medians


def _damped(item: PreparedSeries, known: Array, block: Array) -> Array:
    """A block (steps,) without half of its trend if as many steps are before it as there are readings, or more.

    A trend is followed as far as it was seen. It is the change from what was a few whole seasons before.
    """
    distance = item.season_length * -(-len(block) // item.season_length)
    past = np.concatenate([item.readings, known])
    if len(known) < len(item.readings) or len(past) < distance:
        return block
    before = past[len(past) - distance :][: len(block)]
    slope = float((block - before).mean()) / distance
    damped: Array = block - (1 - DAMPING) * slope * np.arange(1, len(block) + 1)
    return damped


def held(spread: Array, horizon: int) -> Array:
    """Return spreads (…, steps) for `horizon` steps: after its last step each stays as it is at its widest."""
    steps = spread.shape[-1]
    if horizon <= steps:
        return spread[..., :horizon]
    widest = spread.max(axis=-1, keepdims=True)
    return np.concatenate([spread, np.repeat(widest, horizon - steps, axis=-1)], axis=-1)


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
