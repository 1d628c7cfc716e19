"""Plots of what needs no data: activations with their derivatives, and gradients through 30 steps of new cells."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from training.reporting.colours import ACCENT, INK, SOFT, WARM
from training.theory.cell import Cell, sigmoid
from training.theory.flow import STEPS, UNITS, norms_of_new_cells
from training.theory.pictures.drawing import GREEN, PURPLE, panels
from training.theory.weights import new_gru, new_lstm, new_simple_rnn

SEEDS = range(20)
COLOURS = (WARM, ACCENT, GREEN, PURPLE, INK)
NORMS = (1e-9, 1e6)  # of the axis
NewCell = Callable[[np.random.Generator], Cell]


def activations(path: Path) -> None:
    """Both activations and their derivatives: at most 1 and at most 1/4, and nearly zero where they are saturated."""
    a = np.linspace(-5, 5, 201)
    curves = {r"$\tanh$": np.tanh(a), r"$\sigma$": sigmoid(a)}
    slopes = {
        r"$1 - \tanh^2 \leq 1$": 1 - np.tanh(a) ** 2,
        r"$\sigma (1 - \sigma) \leq 1/4$": sigmoid(a) * (1 - sigmoid(a)),
    }
    with panels(path, (7.6, 2.6), columns=2) as (_, axes):
        for part, lines, title in zip(axes, (curves, slopes), ("activation", "derivative"), strict=True):
            for (label, values), colour in zip(lines.items(), COLOURS, strict=False):
                part.plot(a, values, color=colour, lw=1.8, label=label)
            part.set_title(title)
            part.legend(loc="upper left")
        axes[1].set_ylim(-0.03, 1.45)


def gradients(path: Path) -> None:
    """How much of an error at step 30 reaches earlier steps: three new cells, and what makes it less or more."""
    simple_rnn, lstm, gru = (partial(new, inputs=1, units=UNITS) for new in (new_simple_rnn, new_lstm, new_gru))
    kinds = {"SimpleRNN": simple_rnn, "LSTM": lstm, "GRU": gru}
    scales = {f"{scale:g}": partial(simple_rnn, scale=scale) for scale in (0.6, 0.9, 1.0, 1.5, 3.0)}
    biases = {f"{bias:g}": partial(lstm, forget_bias=bias) for bias in (0, 1, 2, 4)}
    with panels(path, (8.6, 3.4), columns=3, sharey=True) as (_, axes):
        draw(axes[0], "as Keras starts them", "", kinds)
        draw(axes[1], r"SimpleRNN: $W$ scaled", r"$\|W\|$", scales)
        draw(axes[2], "LSTM: forget gate's bias", "$b_f$", biases)
        axes[0].set_ylabel(r"$\|\partial E_{30} / \partial s_t\|$, at $t = 30$ it is 1")
        axes[0].set(yscale="log", ylim=NORMS)


def draw(axes: Axes, title: str, name: str, cells: Mapping[str, NewCell]) -> None:
    """Draw the median of the seeds for each cell, and a band over the middle 80 % of them."""
    for (label, new), colour in zip(cells.items(), COLOURS, strict=False):
        norms = norms_of_new_cells(new, SEEDS)
        low, middle, high = np.quantile(norms, [0.1, 0.5, 0.9], axis=0)
        axes.fill_between(range(STEPS + 1), low, high, color=colour, alpha=0.15, lw=0)
        axes.plot(range(STEPS + 1), middle, color=colour, lw=1.8, label=label)
    axes.axhline(1, color=SOFT, lw=1, ls="--")
    axes.set_title(title)
    axes.set_xlabel("step $t$")
    axes.xaxis.set_major_locator(MultipleLocator(10))
    axes.legend(title=name or None, loc="lower right")
