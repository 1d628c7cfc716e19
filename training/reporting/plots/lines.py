"""Plots of a quantity by step or by epoch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from service.interfaces import Array
from training.reporting.colours import ACCENT, SOFT, WARM
from training.reporting.plots.canvas import canvas, legend, line_style, log_axis, step_axis


def by_step(path: Path, quantity: str, lines: Mapping[str, Array], levels: Sequence[float] = ()) -> None:
    """Plot a line for each method, values (steps,), and a dashed line at each of `levels`, which are shares; the first method is thicker."""
    with canvas(path, (9, 3.4)) as (figure, (axes,)):
        for number, (label, values) in enumerate(lines.items()):
            width = 2.4 if number == 0 else 1.2
            axes.plot(range(1, len(values) + 1), values, lw=width, label=label, **line_style(number + 1))
        for level in levels:
            axes.axhline(level, color=SOFT, lw=1, ls="--")
        if levels:
            axes.set_ylim(min(0.5, axes.get_ylim()[0]), 1.03)
        step_axis(axes, "steps ahead")
        axes.set_title(quantity)
        legend(figure, axes, beside=True)


def curves(
    path: Path, title: str, panels: Mapping[str, Mapping[str, Sequence[float]]], kept: int | None = None, *, log: bool
) -> None:
    """Plot a panel for each quantity, with a line of one value an epoch for each set of data.

    `kept` marks the epoch whose network was kept; with `log` the losses get a logarithmic axis.
    """
    with canvas(path, (4.5 * len(panels), 3), len(panels)) as (figure, row):
        for axes, (quantity, lines) in zip(row, panels.items(), strict=True):
            for (label, values), colour in zip(lines.items(), (ACCENT, WARM), strict=False):
                axes.plot(range(1, len(values) + 1), values, color=colour, lw=1.4, label=label)
            if kept is not None:
                axes.axvline(kept, color=SOFT, lw=1, ls="--", label=f"epoch kept: {kept}")
            step_axis(axes, "epoch")
            axes.set_title(quantity)
            if log and "loss" in quantity:
                log_axis(axes)
            axes.legend()
        figure.suptitle(title, fontsize=11, x=0.01, ha="left")
