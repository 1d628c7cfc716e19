"""The gates of shipped networks over time, on the series that they learnt."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from service.interfaces import Array
from training.data.series import Series
from training.reporting.colours import ACCENT, INK
from training.theory.pictures.drawing import FORMULAS, save
from training.theory.shipped import Core

GATES = {"f": "forget", "i": "input", "o": "output", "z": "update", "r": "reset"}
STATES = {"c": "cell state", "h": "state", "g": "candidate"}


def gates(path: Path, series: Series, cores: dict[str, Core]) -> None:
    """The last window, step by step: readings, what the core reads, and every gate of every unit of its first layer."""
    with plt.rc_context({**FORMULAS, "font.size": 9, "axes.titlesize": 10, "axes.grid": False}):
        figure = plt.figure(figsize=(8.6, 7.4), layout="constrained")
        grid = figure.add_gridspec(6, 3, width_ratios=(36, 16, 1.4), height_ratios=(1.1, 0.8, 1, 1, 1, 1))
        columns = (("time_distributed", "fioc", "LSTM of time_distributed"), ("gru", "zrgh", "GRU of gru"))
        for column, (name, letters, title) in enumerate(columns):
            axes = [figure.add_subplot(grid[row, column]) for row in range(6)]
            maps = one_network(axes, series, cores[name], letters)
            axes[0].set_title(title)
        figure.colorbar(maps[0], cax=figure.add_subplot(grid[2:5, 2]), ticks=(0, 0.5, 1)).set_label("gate")
        figure.colorbar(maps[-1], cax=figure.add_subplot(grid[5, 2]), ticks=(-1, 0, 1), extend="both").set_label(
            "state"
        )
        save(figure, path)


def one_network(axes: list[Axes], series: Series, core: Core, letters: str) -> list[Any]:
    """Draw the readings and the inputs, then a map (units, steps) for each letter; the units are sorted by their first map."""
    inputs = core.inputs(series.readings)
    steps = np.arange(len(inputs))
    trace = core.network.cells[0].forward(inputs)
    axes[0].plot(steps, series.readings[-len(inputs) :], color=INK, lw=1.4)
    axes[1].bar(steps, inputs[:, 0], color=ACCENT, width=0.8)
    axes[0].set_ylabel("reading")
    axes[1].set_ylabel("input $x_t$")
    order = np.argsort(-getattr(trace, letters[0]).mean(axis=0))
    maps = [
        heat(part, at_steps(trace, letter)[:, order], letter) for part, letter in zip(axes[2:], letters, strict=True)
    ]
    dates = series.dates[-len(inputs) :]
    januaries = [step for step, date in enumerate(dates) if date.month == 1]
    for part in axes:
        part.set_xlim(-0.5, len(inputs) - 0.5)
        part.set_xticks(januaries, [f"Jan {dates[step].year}" for step in januaries])
        part.tick_params(labelbottom=part is axes[-1])
    return maps


def at_steps(trace: Any, letter: str) -> Array:
    """Return a part of a trace (steps, units); states have a start before the first step, which is left out."""
    values: Array = getattr(trace, letter)
    return values[-len(trace.f if hasattr(trace, "f") else trace.z) :]


def heat(axes: Axes, values: Array, letter: str) -> Any:
    """Draw values (steps, units) as a map: gates from 0 to 1, candidates and states around zero."""
    is_gate = letter in GATES
    options: dict[str, Any] = (
        {"cmap": "Blues", "vmin": 0, "vmax": 1} if is_gate else {"cmap": "PuOr", "vmin": -1, "vmax": 1}
    )
    axes.set_ylabel(f"${letter}$\n{(GATES | STATES)[letter]}", labelpad=8)
    axes.set_yticks([])
    return axes.imshow(values.T, aspect="auto", interpolation="nearest", **options)
