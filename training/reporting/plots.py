"""The pictures of a training run; each function writes one PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from service.interfaces import Array
from training.evaluation.rolling import RollingBacktest

INK, ACCENT, SOFT, WARM = "#1f2933", "#0b6e99", "#9fb3c8", "#c2571a"
STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.grid": True,
    "grid.color": "#e4e7eb",
    "font.size": 9,
    "legend.frameon": False,
    "text.color": INK,
}


def series(path: Path, title: str, dates: pd.DatetimeIndex, readings: Array, train: int, validation: int) -> None:
    """The whole series, with its training, validation and test parts."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
        parts = [
            ("training", 0, train - validation, ACCENT),
            ("folds (then trained on)", train - validation, train, SOFT),
            ("test", train, len(readings), WARM),
        ]
        for label, begin, end, colour in parts:
            shown = slice(max(begin - 1, 0), end)
            axes.plot(dates[shown], readings[shown], color=colour, label=f"{label}, {end - begin}", lw=1.2)
        axes.set_title(title)
        axes.legend(loc="upper left", ncols=3)
        _save(figure, path)


def fans(
    path: Path, title: str, dates: pd.DatetimeIndex, readings: Array, walk: RollingBacktest, count: int = 4
) -> None:
    """Forecasts from `count` origins spread over a walk, with their intervals, beside the real readings."""
    steps = walk.actual.shape[1]
    part = walk.part(steps)
    chosen = np.unique(np.linspace(0, len(part.origins) - 1, count).astype(int))
    begin = max(0, int(part.origins[0]) - 2 * steps)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
        axes.plot(dates[begin:], readings[begin:], color=INK, lw=1.2, label="real readings")
        for number, row in enumerate(chosen):
            ahead = dates[part.origins[row] : part.origins[row] + steps]
            for lower, upper in zip(part.predicted.lower[:, row], part.predicted.upper[:, row], strict=True):
                axes.fill_between(ahead, lower, upper, color=WARM, alpha=0.18, lw=0)
            axes.plot(ahead, part.predicted.point[row], color=WARM, lw=1.6, label=None if number else "forecasts")
        axes.set_title(title)
        axes.legend(loc="upper left", ncols=3)
        axes.set_ylim(top=axes.get_ylim()[1] + 0.12 * np.ptp(axes.get_ylim()))
        _save(figure, path)


def by_step(path: Path, quantity: str, lines: Mapping[str, Array], wanted: Sequence[float] = ()) -> None:
    """A line a method over the steps ahead; dashes where a share should lie."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
        for number, (label, values) in enumerate(lines.items()):
            colour = (ACCENT, WARM)[number] if number < 2 else plt.get_cmap("tab10")(number)
            axes.plot(range(1, len(values) + 1), values, color=colour, lw=1.8 if number == 0 else 1.1, label=label)
        for share in wanted:
            axes.axhline(share, color=SOFT, lw=1, ls="--")
        axes.set_xlabel("steps ahead")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(quantity)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        _save(figure, path)


def curves(
    path: Path, title: str, panels: Mapping[str, Mapping[str, Sequence[float]]], chosen: int | None = None, *, log: bool
) -> None:
    """A panel a quantity, a line a part, by epoch; `chosen` marks the epoch that was kept."""
    with plt.rc_context(STYLE):
        figure, row = plt.subplots(1, len(panels), figsize=(4.5 * len(panels), 3), layout="constrained", squeeze=False)
        for axes, (quantity, lines) in zip(row[0], panels.items(), strict=True):
            for (label, values), colour in zip(lines.items(), (ACCENT, WARM), strict=False):
                axes.plot(range(1, len(values) + 1), values, color=colour, lw=1.4, label=label)
            if chosen is not None:
                axes.axvline(chosen, color=SOFT, lw=1, ls="--", label=f"epoch kept: {chosen}")
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_title(quantity)
            if log and quantity.startswith("loss"):
                axes.set_yscale("log")
            axes.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
        _save(figure, path)


def reliability(path: Path, title: str, labels: npt.NDArray[Any], probabilities: Array, bins: int = 15) -> None:
    """Accuracy against confidence in bins of equal mass; the diagonal is perfect calibration."""
    confidence = np.maximum(probabilities, 1 - probabilities)
    right = (probabilities >= 0.5) == (labels == 1)
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(4, 3.6), layout="constrained")
        axes.plot([0.5, 1], [0.5, 1], color=SOFT, ls="--", lw=1, label="perfect")
        axes.plot(
            [confidence[p].mean() for p in parts],
            [right[p].mean() for p in parts],
            "o-",
            color=ACCENT,
            ms=4,
            label="measured",
        )
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        axes.set_title(title)
        axes.legend()
        _save(figure, path)


def selective(path: Path, threshold: float, labels: npt.NDArray[Any], probabilities: Array) -> None:
    """Accuracy on the most confident share of the texts, for every share; and where the threshold cuts."""
    confidence = np.maximum(probabilities, 1 - probabilities)
    right = ((probabilities >= 0.5) == (labels == 1))[np.argsort(-confidence, kind="stable")]
    shares = np.arange(1, len(right) + 1) / len(right)
    least = max(1, len(right) // 100)
    covered = float((confidence >= threshold).mean())
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(4, 3.6), layout="constrained")
        axes.plot(shares[least:], (np.cumsum(right) / np.arange(1, len(right) + 1))[least:], color=ACCENT)
        axes.axvline(covered, color=WARM, ls="--", lw=1, label=f"not uncertain: {covered:.0%}")
        axes.set_xlabel("share of the texts, the surest first")
        axes.set_ylabel("accuracy")
        axes.set_title("accuracy on what is answered")
        axes.legend(loc="lower left")
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)
