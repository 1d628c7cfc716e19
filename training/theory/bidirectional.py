"""Two cells that read a sequence in both directions (Schuster and Paliwal, 1997), merged step by step as Keras merges them."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from service.interfaces import Array
from training.theory.cell import Cell, Gradients

Merge = Literal["concat", "sum", "ave", "mul"]


class BothTraces(NamedTuple):
    """The merged states h (steps + 1, outputs), and the trace of each cell in the order in which it read."""

    h: Array
    ahead: Any
    back: Any


@dataclass(frozen=True)
class Bidirectional:
    """Keras' `Bidirectional`: `ahead` reads x_1 … x_T, `back` reads x_T … x_1.

    Row t of the merged states has what `ahead` knows of x_1 … x_t and `back` of x_T … x_t: together, the whole sequence.
    """

    ahead: Cell
    back: Cell
    merge: Merge = "concat"

    def forward(self, x: Array, start: Array | None = None) -> BothTraces:
        """Return the trace of x (steps, inputs). Both cells begin with the start, if there is one."""
        ahead, back = self.ahead.forward(x, start), self.back.forward(x[::-1], start)
        steps = merged(ahead.h[1:], back.h[:0:-1], self.merge)
        return BothTraces(np.concatenate([np.zeros_like(steps[:1]), steps]), ahead, back)

    def last(self, trace: BothTraces) -> Array:
        """Return what Keras gives with `return_sequences=False`: both states after the whole sequence (outputs,).

        That of `back` stands at the first step. Its state at the last step, in the last row of `trace.h`, has read x_T alone.
        """
        return merged(trace.ahead.h[-1], trace.back.h[-1], self.merge)

    def backward(self, x: Array, trace: BothTraces, errors: Array) -> Gradients:
        """Return the gradients of both cells; the derivative for an input is the sum of those through each of them."""
        ahead_errors, back_errors = split(errors, trace.ahead.h[1:], trace.back.h[:0:-1], self.merge)
        ahead = self.ahead.backward(x, trace.ahead, ahead_errors)
        back = self.back.backward(x[::-1], trace.back, back_errors[::-1])
        weights = {
            f"{side}.{name}": value
            for side, each in (("ahead", ahead), ("back", back))
            for name, value in each.weights.items()
        }
        return Gradients(weights, ahead.x + back.x[::-1], np.concatenate([np.zeros_like(errors[:1]), errors]))


def merged(a: Array, b: Array, merge: Merge) -> Array:
    """Return states a and b (…, units) as one: (…, 2 units) for `concat`, (…, units) else."""
    if merge == "concat":
        return np.concatenate([a, b], axis=-1)
    return {"sum": a + b, "ave": (a + b) / 2, "mul": a * b}[merge]


def split(errors: Array, a: Array, b: Array, merge: Merge) -> tuple[Array, Array]:
    """Return the derivatives for a and b (steps, units), from those for the merged states."""
    if merge == "concat":
        first, second = np.split(errors, 2, axis=-1)
        return first, second
    return {"sum": (errors, errors), "ave": (errors / 2, errors / 2), "mul": (errors * b, errors * a)}[merge]
