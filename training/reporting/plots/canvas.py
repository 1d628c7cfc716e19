"""What all plots share: sizes, colours, axes of dates, thinned lines, and files that are the same in every run."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from service.interfaces import Array
from training.reporting.colours import GRID, INK, LINES, PAGE, SOFT

WIDTH_SVG = 4.8  # inches: with letters of 9 points it is readable on a phone
LARGE = 1_000  # from here on thousands are set off
MAX_POINTS = 1200  # of a line in a picture
FONT = re.compile(r"font-family: [^;\"]*")
STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "figure.facecolor": PAGE,
    "axes.facecolor": PAGE,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a column's name may hold dollars
    "svg.fonttype": "none",  # letters stay letters: they can be read out, searched and copied
    "svg.hashsalt": "picture",
}


@contextmanager
def canvas(path: Path, size: tuple[float, float], columns: int = 1) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give a figure with axes side by side, and write it to the path at the end; `size` is that of a PNG in inches.

    Raises ValueError for a path that ends neither in .png nor in .svg.
    """
    if path.suffix not in (".png", ".svg"):
        raise ValueError(f"a picture is a .png or an .svg, not {path.name!r}")
    rows, width, height = 1, *size
    style = dict(STYLE)
    if path.suffix == ".svg":
        rows, columns, width, height = columns, 1, WIDTH_SVG, max(2.9, height) * columns
        style |= {"font.size": 10, "legend.fontsize": 9}
    with plt.rc_context(style):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False)
        try:
            yield figure, list(axes.flat)
            for part in axes.flat:
                _set_off_thousands(part)
            _save(figure, path)
        finally:
            plt.close(figure)


def _set_off_thousands(axes: Axes) -> None:
    """Write large readings as 240,000: without marks they are hard to read, and with an exponent more so."""
    if axes.get_yscale() == "linear" and max(map(abs, axes.get_ylim())) >= LARGE:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.9g}"))


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        figure.savefig(path, dpi=90, metadata={"Software": None})
        return
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    text = path.read_text("utf-8")
    path.write_text(FONT.sub("font-family: system-ui, sans-serif", text), "utf-8")


def legend(figure: Figure, axes: Axes, *, beside: bool = False) -> None:
    """Put the legend below the axes; `beside` puts it to the right where there is room for it."""
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) < 2:
        return
    if beside and figure.get_figwidth() > WIDTH_SVG:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        return
    longest = max(len(label) for label in labels)
    columns = max(1, min(len(labels), int(figure.get_figwidth() * 13) // (longest + 7)))
    figure.legend(handles, labels, loc="outside lower left", ncols=columns)


def date_axis(axes: Axes) -> None:
    """Label dates without repeating what they share."""
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def step_axis(axes: Axes, label: str) -> None:
    """Label whole numbers such as steps or epochs."""
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def log_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def line_style(number: int) -> dict[str, Any]:
    """Return colour and dashes of a line, so that no two lines look the same."""
    dashes = ("-", "--", ":", "-.")[number // len(LINES) % 4]
    return {"color": LINES[number % len(LINES)], "ls": dashes}


def thin(values: Array, most: int = MAX_POINTS) -> Sequence[int]:
    """Return the positions of at most about `most` values that look like all of them: the least and the largest of each run."""
    if len(values) <= most:
        return range(len(values))
    starts = np.unique(np.linspace(0, len(values), most // 2 + 1).astype(int)[:-1])
    runs = np.split(np.nan_to_num(values), starts[1:])
    ends = [int(start + find(run)) for start, run in zip(starts, runs, strict=True) for find in (np.argmin, np.argmax)]
    return sorted({0, len(values) - 1, *ends})


def line(axes: Axes, dates: pd.DatetimeIndex, values: Array, **style: Any) -> None:
    """Plot readings against dates, thinned."""
    kept = list(thin(values))
    axes.plot(moments(dates[kept]), values[kept], **style)


def moments(dates: pd.DatetimeIndex) -> npt.NDArray[np.datetime64]:
    """Return dates as they stand on the axis: those of a time zone as its clocks show them."""
    return (dates if dates.tz is None else dates.tz_localize(None)).to_numpy()
