"""The plots of a training run; each function writes one PNG and makes its directory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from service.interfaces import Array
from training.evaluation.rolling import RollingBacktest
from training.reporting.colours import ACCENT, GRID, INK, SOFT, WARM

MIN_BIN = 20  # answers in a bin of the reliability plot
Answers = tuple[Array, Array]  # confidences (answers,), and 1.0 where the answer is right (answers,)
STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.grid": True,
    "grid.color": GRID,
    "font.size": 9,
    "legend.frameon": False,
    "text.color": INK,
}


def series(path: Path, title: str, dates: pd.DatetimeIndex, readings: Array, train: int, validation: int) -> None:
    """Plot the whole series with its parts.

    `train` counts the readings of the training set, and `validation` those at its end that are used as folds.
    """
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
        parts = [
            ("training", 0, train - validation, ACCENT),
            ("folds (then trained on)", train - validation, train, SOFT),
            ("test", train, len(readings), WARM),
        ]
        for label, start, end, colour in parts:
            rows = slice(max(start - 1, 0), end)
            axes.plot(dates[rows], readings[rows], color=colour, label=f"{label}, {end - start}", lw=1.2)
        axes.set_title(title)
        axes.legend(loc="upper left", ncols=3)
        _save(figure, path)


def fans(
    path: Path, title: str, dates: pd.DatetimeIndex, readings: Array, backtest: RollingBacktest, count: int = 4
) -> None:
    """Plot forecasts from `count` origins spread over a backtest, with their intervals, and the actual readings."""
    steps = backtest.actual.shape[1]
    part = backtest.part(steps)
    rows = np.unique(np.linspace(0, len(part.origins) - 1, count).astype(int))
    start = max(0, int(part.origins[0]) - 2 * steps)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
        axes.plot(dates[start:], readings[start:], color=INK, lw=1.2, label="real readings")
        for number, row in enumerate(rows):
            future = dates[part.origins[row] : part.origins[row] + steps]
            for lower, upper in zip(part.predicted.lower[:, row], part.predicted.upper[:, row], strict=True):
                axes.fill_between(future, lower, upper, color=WARM, alpha=0.18, lw=0)
            axes.plot(future, part.predicted.point[row], color=WARM, lw=1.6, label=None if number else "forecasts")
        axes.set_title(title)
        axes.legend(loc="upper left", ncols=3)
        axes.set_ylim(top=axes.get_ylim()[1] + 0.12 * np.ptp(axes.get_ylim()))
        _save(figure, path)


def by_step(path: Path, quantity: str, lines: Mapping[str, Array], levels: Sequence[float] = ()) -> None:
    """Plot a line for each method, values (steps,), and a dashed line at each of `levels`."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
        for number, (label, values) in enumerate(lines.items()):
            colour = (ACCENT, WARM)[number] if number < 2 else plt.get_cmap("tab10")(number)
            axes.plot(range(1, len(values) + 1), values, color=colour, lw=1.8 if number == 0 else 1.1, label=label)
        for level in levels:
            axes.axhline(level, color=SOFT, lw=1, ls="--")
        axes.set_xlabel("steps ahead")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(quantity)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        _save(figure, path)


def curves(
    path: Path, title: str, panels: Mapping[str, Mapping[str, Sequence[float]]], kept: int | None = None, *, log: bool
) -> None:
    """Plot a panel for each quantity, with a line of one value an epoch for each set of data.

    `kept` marks the epoch whose network was kept; with `log` the losses get a logarithmic axis.
    """
    with plt.rc_context(STYLE):
        figure, row = plt.subplots(1, len(panels), figsize=(4.5 * len(panels), 3), layout="constrained", squeeze=False)
        for axes, (quantity, lines) in zip(row[0], panels.items(), strict=True):
            for (label, values), colour in zip(lines.items(), (ACCENT, WARM), strict=False):
                axes.plot(range(1, len(values) + 1), values, color=colour, lw=1.4, label=label)
            if kept is not None:
                axes.axvline(kept, color=SOFT, lw=1, ls="--", label=f"epoch kept: {kept}")
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_title(quantity)
            if log and quantity.startswith("loss"):
                axes.set_yscale("log")
            axes.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
        _save(figure, path)


def reliability(path: Path, title: str, answers: Mapping[str, Answers], bins: int = 15) -> None:
    """Plot accuracy against confidence for each group of answers, in bins of equal mass; the diagonal is perfect calibration."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
        least = min(float(confidence.min(initial=1.0)) for confidence, _ in answers.values())
        axes.plot([least, 1], [least, 1], color=SOFT, ls="--", lw=1, label="perfect")
        for (label, (confidence, is_right)), colour in zip(answers.items(), _colours(), strict=False):
            count = max(1, min(bins, len(confidence) // MIN_BIN))
            parts = [rows for rows in np.array_split(np.argsort(confidence, kind="stable"), count) if len(rows)]
            points = [(confidence[rows].mean(), is_right[rows].mean()) for rows in parts]
            axes.plot(
                *zip(*points, strict=True), "o-", color=colour, ms=3, lw=1.2, label=f"{label}, {len(confidence):,}"
            )
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        axes.set_title(title)
        axes.legend(fontsize=8)
        _save(figure, path)


def selective(path: Path, title: str, answers: Mapping[str, Answers], thresholds: Sequence[float]) -> None:
    """Plot the accuracy on the surest share of each group of answers, for every share; a dot marks the group's threshold."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
        for (label, group), threshold, colour in zip(answers.items(), thresholds, _colours(), strict=False):
            confidence, is_right = group
            counts = np.arange(1, len(confidence) + 1)
            shares = counts / max(1, len(counts))
            accuracy = np.cumsum(is_right[np.argsort(-confidence, kind="stable")]) / counts
            first = len(counts) // 50  # fewer texts are too few for a share
            axes.plot(shares[first:], accuracy[first:], color=colour, lw=1.4, label=f"{label}, {len(confidence):,}")
            if covered := int((confidence >= threshold).sum()):
                axes.plot(shares[covered - 1], accuracy[covered - 1], "o", color=colour, ms=6)
        axes.set_xlabel("share of the texts, the surest first")
        axes.set_ylabel("accuracy")
        axes.set_title(title)
        axes.legend(fontsize=8, loc="lower left")
        _save(figure, path)


def _colours() -> Sequence[Any]:
    """Colours of groups, the first ones easy to tell apart."""
    return [INK, ACCENT, WARM, "#5a9367", "#8a5a9e", *plt.get_cmap("tab20").colors]  # type: ignore[attr-defined]


def dots(
    path: Path, title: str, solid: Mapping[str, Mapping[str, float]], hollow: Mapping[str, Mapping[str, float]]
) -> None:
    """Plot a line of dots for each row: method → row → value, solid and hollow; NaN is left out, 1 is marked."""
    rows = list(next(iter(solid.values())))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 1.4 + 0.4 * len(rows)), layout="constrained")
        for number, (label, values) in enumerate((*solid.items(), *hollow.items())):
            is_solid = number < len(solid)
            colour = INK if number == 0 else plt.get_cmap("tab20")((number - 1) % 20)
            style: dict[str, Any] = {"color": colour, "ms": 7, "mfc": colour if is_solid else "none", "ls": ""}
            axes.plot([values[row] for row in rows], range(len(rows)), marker="o", label=label, **style)
        axes.axvline(1, color=SOFT, lw=1, ls="--")
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.set_title(title)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)
