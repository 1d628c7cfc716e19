"""Plots of a classifier's answers: how often they are right, by confidence, by share, and by how many texts it learnt from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from service.interfaces import Array
from training.reporting.colours import LINES, SOFT
from training.reporting.plots.canvas import canvas, legend, line_style

MIN_BIN = 20  # answers in a bin of the reliability plot
MAX_SHARES = 300  # points of a line of the selective plot
Answers = tuple[Array, Array]  # confidences (answers,), and 1.0 where the answer is right (answers,)


def reliability(path: Path, title: str, answers: Mapping[str, Answers], bins: int = 15) -> None:
    """Plot accuracy against confidence for each group of answers, in bins of equal mass; the diagonal is perfect calibration."""
    with canvas(path, (4.6, 3.8)) as (figure, (axes,)):
        least = min(float(confidence.min(initial=1.0)) for confidence, _ in answers.values())
        axes.plot([least, 1], [least, 1], color=SOFT, ls="--", lw=1, label="perfect")
        for number, (label, (confidence, is_right)) in enumerate(answers.items()):
            count = max(1, min(bins, len(confidence) // MIN_BIN))
            parts = [rows for rows in np.array_split(np.argsort(confidence, kind="stable"), count) if len(rows)]
            points = [(confidence[rows].mean(), is_right[rows].mean()) for rows in parts]
            name = f"{label}, {len(confidence):,}"
            axes.plot(*zip(*points, strict=True), marker="o", ms=3, lw=1.2, label=name, **line_style(number))
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        axes.set_title(title)
        legend(figure, axes)


def selective(path: Path, title: str, answers: Mapping[str, Answers], thresholds: Sequence[float]) -> None:
    """Plot the accuracy on the surest share of each group of answers, for every share; a dot marks the group's threshold."""
    with canvas(path, (4.6, 3.8)) as (figure, (axes,)):
        for number, ((label, group), threshold) in enumerate(zip(answers.items(), thresholds, strict=False)):
            confidence, is_right = group
            counts = np.arange(1, len(confidence) + 1)
            shares = counts / max(1, len(counts))
            accuracy = np.cumsum(is_right[np.argsort(-confidence, kind="stable")]) / counts
            first = len(counts) // 50  # fewer texts are too few for a share
            kept = np.arange(first, len(counts), max(1, len(counts) // MAX_SHARES))
            axes.plot(shares[kept], accuracy[kept], lw=1.4, label=f"{label}, {len(confidence):,}", **line_style(number))
            if covered := int((confidence >= threshold).sum()):
                axes.plot(shares[covered - 1], accuracy[covered - 1], "o", color=line_style(number)["color"], ms=6)
        axes.set_xlabel("share of the texts, the surest first")
        axes.set_ylabel("accuracy")
        axes.set_title(title)
        legend(figure, axes)


def learning_curve(
    path: Path, title: str, sizes: Sequence[int], scores: Mapping[str, Sequence[float]], quantity: str = "accuracy"
) -> None:
    """Plot a line for each method: its score (NaN: none) when it has learnt from so many texts; sizes on a logarithmic axis."""
    with canvas(path, (6, 3.4)) as (figure, (axes,)):
        for number, (label, values) in enumerate(scores.items()):
            axes.plot(sizes, values, marker="o", ms=4, lw=1.5, label=label, **line_style((number + 1) % len(LINES)))
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=30, ha="right")
        axes.minorticks_off()
        axes.set_xlabel("texts learnt from")
        axes.set_ylabel(quantity)
        axes.set_title(title)
        legend(figure, axes)
