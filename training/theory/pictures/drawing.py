"""What diagrams are drawn with: boxes, operations, arrows that bridge what they cross, and formulas in them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Line
from PIL import Image

from training.reporting.colours import ACCENT, INK, LINES, PAGE, PALETTE, SOFT, WARM
from training.reporting.plots.canvas import STYLE

INCHES = 0.72  # of one unit of a diagram
DPI = 150
COLOURS = 256  # of a picture
GREEN, PURPLE, MUTED = LINES[3], LINES[4], PALETTE["muted"][0]
FILLS = {INK: "#eef1f4", ACCENT: "#dcedf5", WARM: "#fae6da", GREEN: "#e0efe3", PURPLE: "#eee4f2", SOFT: "#f5f7f9"}
FORMULAS: dict[Any, Any] = {**STYLE, "text.parse_math": True, "mathtext.fontset": "cm", "font.size": 11}
Point = tuple[float, float]


class Diagram:
    """Axes without axes. Coordinates are in units of INCHES; the origin is below and to the left."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def box(self, at: Point, text: str, colour: str = INK, size: Point = (0.9, 0.7), *, bold: bool = False) -> None:
        """Draw a box with its centre at a point: a state, a layer, an activation."""
        corner = (at[0] - size[0] / 2, at[1] - size[1] / 2)
        style = "round,pad=0,rounding_size=0.14"
        width = 2.4 if bold else 1.2
        fill = FILLS.get(colour, PAGE)
        self.axes.add_patch(FancyBboxPatch(corner, *size, style, fc=fill, ec=colour, lw=width, zorder=3))
        self.text(at, text)

    def round(self, at: Point, text: str, colour: str = SOFT, radius: float = 0.34) -> None:
        """Draw a circle: an input, an output, an error."""
        self.axes.add_patch(Circle(at, radius, fc=FILLS.get(colour, PAGE), ec=colour, lw=1.2, zorder=3))
        self.text(at, text)

    def operation(self, at: Point, sign: str) -> None:
        """Draw a small circle for an operation on each element: ×, +."""
        self.axes.add_patch(Circle(at, 0.2, fc=PAGE, ec=INK, lw=1.2, zorder=3))
        self.text(at, sign, size=12)

    def dot(self, at: Point, colour: str = INK) -> None:
        """Mark where a line forks."""
        self.axes.add_patch(Circle(at, 0.06, fc=colour, ec=colour, zorder=3))

    def arrow(
        self,
        points: Sequence[Point],
        colour: str = INK,
        *,
        head: bool = True,
        dashed: bool = False,
        wide: bool = False,
    ) -> None:
        """Draw a line through points, with a head at its end. It bridges the lines that were drawn before it."""
        style: dict[str, Any] = {"shrinkA": 0, "shrinkB": 0, "joinstyle": "round", "zorder": 2, "mutation_scale": 12}
        if not dashed:
            self.axes.add_patch(FancyArrowPatch(path=Line(points), arrowstyle="-", color=PAGE, lw=5.5, **style))
        style |= {"color": colour, "lw": 2.2 if wide else 1.3, "ls": "--" if dashed else "-"}
        self.axes.add_patch(FancyArrowPatch(path=Line(points), arrowstyle="-|>" if head else "-", **style))

    def text(self, at: Point, text: str, colour: str = INK, size: float = 11, side: str = "center") -> None:
        """Write a text; `side` is where it begins: left, center, right."""
        self.axes.text(*at, text, color=colour, fontsize=size, ha=side, va="center", zorder=4, linespacing=1.4)


@contextmanager
def diagram(path: Path, width: float, height: float, bottom: float = 0.0) -> Iterator[Diagram]:
    """Give a diagram of a width and height in units, and write it to the path at the end."""
    with plt.rc_context(FORMULAS):
        figure = plt.figure(figsize=(width * INCHES, height * INCHES))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set(xlim=(0, width), ylim=(bottom, bottom + height))
        axes.set_axis_off()
        yield Diagram(axes)
        save(figure, path)


@contextmanager
def panels(
    path: Path, size: Point, rows: int = 1, columns: int = 1, **options: Any
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give a figure with axes for plots, and write it to the path at the end; `size` in inches."""
    with plt.rc_context({**FORMULAS, "font.size": 9.5}):
        figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False, **options)
        yield figure, list(axes.flat)
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a figure with a white page, so that it is legible in a dark window too; the same bytes in every run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor=PAGE)
    plt.close(figure)
    with Image.open(buffer) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            path, optimize=True
        )  # a third of the size
