"""The picture of a bench: how much each server answers, and how soon."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from benchmarks.report import Row

OURS, YARDSTICK, PEER = "#1f6f5c", "#8a8f98", "#c08a3e"
CONNECTIONS = "16"  # the latencies shown: busy, but not yet a queue of 64


def draw(found: "Mapping[str, Sequence[Row]]", path: Path) -> None:
    """One line of panels per path: best throughput left, p50 to p99 at 16 connections right."""
    mpl.use("agg")
    import matplotlib.pyplot as plt

    height = 1.6 + 0.34 * sum(map(len, found.values()))
    figure, axes = plt.subplots(len(found), 2, figsize=(11, height), squeeze=False, layout="constrained")
    for (left, right), (title, rows) in zip(axes, found.items(), strict=True):
        ordered = list(reversed(rows))
        _throughput(left, ordered)
        _latency(right, ordered)
        left.set_title(f"{title}: best req/s on one core", loc="left", fontsize=10)
        right.set_title(f"{title}: p50 to p99 at {CONNECTIONS} connections, ms", loc="left", fontsize=10)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _throughput(axis: Any, rows: "Sequence[Row]") -> None:
    places = range(len(rows))
    axis.barh(places, [row.peak for row in rows], color=[_colour(row) for row in rows], height=0.7)
    for place, row in zip(places, rows, strict=True):
        axis.annotate(_short(row.peak), (row.peak, place), (4, 0), textcoords="offset points", va="center", fontsize=8)
    peaks = [row.peak for row in rows]
    _finish(axis, rows, min(peaks) / 3, max(peaks) * 3)


def _latency(axis: Any, rows: "Sequence[Row]") -> None:
    for place, row in enumerate(rows):
        p50, p99 = row.p50[CONNECTIONS], row.p99[CONNECTIONS]
        axis.plot([p50, p99], [place, place], color=_colour(row), linewidth=3, solid_capstyle="round")
        axis.plot([p50], [place], "o", color=_colour(row), markersize=7)
        axis.plot([p99], [place], "|", color=_colour(row), markersize=11, markeredgewidth=2.5)
        axis.annotate(
            f"{_short(p50)} – {_short(p99)}", (p99, place), (7, 0), textcoords="offset points", va="center", fontsize=8
        )
    _finish(axis, rows, min(r.p50[CONNECTIONS] for r in rows) / 2, max(r.p99[CONNECTIONS] for r in rows) * 10)


def _finish(axis: Any, rows: "Sequence[Row]", low: float, high: float) -> None:
    axis.set_xscale("log")
    axis.set_xlim(max(low, 1e-3), max(high, 1e-2))
    axis.xaxis.set_major_formatter("{x:,g}")
    axis.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=9)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.grid(axis="x", alpha=0.3)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _colour(row: "Row") -> str:
    return PEER if row.peer else OURS if row.name in ("onnx", "tensorflow") else YARDSTICK
