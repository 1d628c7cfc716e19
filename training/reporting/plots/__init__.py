"""The plots of a training run; each function writes one picture and makes its directory.

The path's ending says what is written: a PNG for a file of its own, or an SVG for a page, which is drawn as narrow as a phone
so that its letters are as large as the page's.
"""

from training.reporting.plots.answers import Answers, learning_curve, reliability, selective
from training.reporting.plots.forecasts import dots, fans, future, series, spread
from training.reporting.plots.lines import by_step, curves

__all__ = [
    "Answers",
    "by_step",
    "curves",
    "dots",
    "fans",
    "future",
    "learning_curve",
    "reliability",
    "selective",
    "series",
    "spread",
]
