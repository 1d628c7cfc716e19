"""The plot of a benchmark: throughput and latency of every server."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.summary import Row

GATECAST_COLOUR, BASELINE_COLOUR, PEER_COLOUR = "#1f6f5c", "#8a8f98", "#c08a3e"
CONNECTIONS = "16"  # of the latencies that are plotted: busy, but not yet a queue of 64


def draw(rows_by_title: Mapping[str, Sequence[Row]], directory: Path) -> None:
    """Write bench.png. One line of panels per path: best throughput left, p50 to p99 at 16 connections right."""
    if not rows_by_title:
        return
    height = 1.6 + 0.34 * sum(map(len, rows_by_title.values()))
    figure = Figure(figsize=(11, height), layout="constrained")
    axes = figure.subplots(len(rows_by_title), 2, squeeze=False)
    for (left, right), (title, rows) in zip(axes, rows_by_title.items(), strict=True):
        slowest_first = list(reversed(rows))
        _plot_throughput(left, slowest_first)
        _plot_latency(right, slowest_first)
        left.set_title(f"{title}: best req/s on one core", loc="left", fontsize=10)
        right.set_title(f"{title}: p50 to p99 at {CONNECTIONS} connections, ms", loc="left", fontsize=10)
    figure.savefig(directory / "bench.png", dpi=130)


def _plot_throughput(axes: Axes, rows: Sequence[Row]) -> None:
    peaks = [row.peak for row in rows]
    axes.barh(range(len(rows)), peaks, color=[_colour(row) for row in rows], height=0.7)
    for y, peak in enumerate(peaks):
        _label(axes, _short(peak), peak, y, offset=4)
    _finish(axes, rows, min(peaks) / 3, max(peaks) * 3)


def _plot_latency(axes: Axes, rows: Sequence[Row]) -> None:
    for y, row in enumerate(rows):
        p50, p99 = row.p50[CONNECTIONS], row.p99[CONNECTIONS]
        axes.plot([p50, p99], [y, y], color=_colour(row), linewidth=3, solid_capstyle="round")
        axes.plot([p50], [y], "o", color=_colour(row), markersize=7)
        axes.plot([p99], [y], "|", color=_colour(row), markersize=11, markeredgewidth=2.5)
        _label(axes, f"{_short(p50)} – {_short(p99)}", p99, y, offset=7)
    lowest, highest = min(row.p50[CONNECTIONS] for row in rows), max(row.p99[CONNECTIONS] for row in rows)
    _finish(axes, rows, lowest / 2, highest * 10)


def _label(axes: Axes, text: str, x: float, y: float, offset: float) -> None:
    axes.annotate(text, (x, y), (offset, 0), textcoords="offset points", va="center", fontsize=8)


def _finish(axes: Axes, rows: Sequence[Row], low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(max(low, 1e-3), max(high, 1e-2))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=9)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _colour(row: Row) -> str:
    return PEER_COLOUR if row.peer else GATECAST_COLOUR if row.name in ("onnx", "tensorflow") else BASELINE_COLOUR
