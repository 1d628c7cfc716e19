"""Plots of series and of forecasts of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from service.interfaces import Array
from training.evaluation.rolling import RollingBacktest
from training.reporting.colours import ACCENT, INK, LINES, SOFT, WARM
from training.reporting.figures import number
from training.reporting.plots.canvas import canvas, date_axis, legend, line, line_style, moments, thin

BEYOND = 0.75  # of what the readings span: so far beyond them an interval is shown
APART = 2  # steps of the horizon between two forecasts of a picture, at most
Forecast = tuple[Array, Array, Array]  # point (steps,), lower and upper bounds (levels, steps)


class Limits(NamedTuple):
    """What a picture shows of the vertical axis; `cut` says what of the intervals lies outside, if anything does."""

    low: float
    high: float
    cut: str


def limits(shown: Array, lower: Array, upper: Array, readings: Array) -> Limits:
    """Return limits within which the lines `shown` are readable, however wide the intervals are.

    Everything is shown if the intervals reach at most BEYOND times the readings' span above and below the lines.
    """
    least, most = float(np.nanmin(shown)), float(np.nanmax(shown))
    room = BEYOND * (max(float(np.nanmax(readings)), most) - min(float(np.nanmin(readings)), least) or 1.0)
    low, high = (float(np.nanmin(lower)), float(np.nanmax(upper))) if lower.size else (least, most)
    is_cut = low < least - room or high > most + room
    cut = f"The intervals are cut: they reach from {number(low)} to {number(high)}." if is_cut else ""
    low, high = max(min(low, least), least - room), min(max(high, most), most + room)
    margin = 0.05 * (high - low or 1.0)
    return Limits(low - margin, high + margin, cut)


def series(path: Path, title: str, dates: pd.DatetimeIndex, readings: Array, train: int, validation: int) -> None:
    """Plot the whole series with its parts.

    `train` counts the readings of the training set, and `validation` those at its end that are used as folds.
    """
    with canvas(path, (9, 3)) as (figure, (axes,)):
        parts = [
            ("training", 0, train - validation, ACCENT),
            ("folds (then trained on)", train - validation, train, LINES[4]),
            ("test", train, len(readings), WARM),
        ]
        for label, start, end, colour in parts:
            rows = slice(max(start - 1, 0), end)
            line(axes, dates[rows], readings[rows], color=colour, label=f"{label}, {end - start:,}", lw=1.2)
        axes.set_title(title)
        date_axis(axes)
        legend(figure, axes)


def fans(
    path: Path, title: str, dates: pd.DatetimeIndex, readings: Array, backtest: RollingBacktest, count: int = 4
) -> str:
    """Plot forecasts from `count` origins spread over a backtest, with their intervals, and the actual readings.

    Return what of the intervals lies outside the picture, as a sentence; empty if nothing does.
    """
    steps = backtest.actual.shape[1]
    part = backtest.part(steps)
    rows = spread(part, count)
    start = max(0, int(part.origins[rows[0]]) - 2 * steps)
    with canvas(path, (9, 3.4)) as (figure, (axes,)):
        line(axes, dates[start:], readings[start:], color=INK, lw=1.2, label="real readings")
        for number, row in enumerate(rows):
            future_dates = dates[part.origins[row] : part.origins[row] + steps]
            bands = (part.predicted.lower[:, row], part.predicted.upper[:, row])
            fan = (part.predicted.point[row], *bands)
            _fan(axes, future_dates, fan, part.predicted.levels, is_first=number == 0)
        lower, upper = part.predicted.lower[:, rows], part.predicted.upper[:, rows]
        shown = np.concatenate([readings[start:], part.predicted.point[rows].ravel()])
        view = limits(shown, lower, upper, readings)
        axes.set_ylim(view.low, view.high)
        axes.set_title(title)
        date_axis(axes)
        legend(figure, axes)
    return view.cut


def spread(part: RollingBacktest, count: int) -> list[int]:
    """Return the rows of at most `count` origins of a backtest, spread so that no two forecasts overlap if that can be.

    Of a long backtest these are among the last ones: spread over all of it, the forecasts would be too small to see.
    """
    apart, last = part.actual.shape[1], len(part.origins) - 1
    first = max(0, last - APART * count * apart)
    most = 1 + (last - first) // apart
    positions = np.linspace(first, last, min(count, most)) if most > 1 else np.array([last])
    return [int(row) for row in np.unique(np.round(positions).astype(int))]


def future(
    path: Path,
    title: str,
    past: tuple[pd.DatetimeIndex, Array],
    dates: pd.DatetimeIndex,
    forecast: Forecast,
    levels: tuple[float, ...] = (),
    readings: Array | None = None,
) -> str:
    """Plot the last readings and the forecast of what follows.

    `readings` are all of them, if `past` is only the end of them. Return what of the intervals lies outside the picture,
    as a sentence; empty if nothing does.
    """
    point, lower, upper = forecast
    past_dates, last = past
    with canvas(path, (9, 3.4)) as (figure, (axes,)):
        line(axes, past_dates, last, color=INK, lw=1.2, label="readings")
        joined = pd.DatetimeIndex([past_dates[-1], *dates])  # the forecast begins where the readings end
        bands = [np.insert(bound, 0, last[-1], axis=1) for bound in (lower, upper)]
        fan = (np.append(last[-1], point), bands[0], bands[1])
        _fan(axes, joined, fan, levels, is_first=True)
        view = limits(np.concatenate([last, point]), lower, upper, last if readings is None else readings)
        axes.set_ylim(view.low, view.high)
        axes.set_title(title)
        date_axis(axes)
        legend(figure, axes)
    return view.cut


def _fan(axes: Axes, dates: pd.DatetimeIndex, forecast: Forecast, levels: tuple[float, ...], *, is_first: bool) -> None:
    """A forecast with its bands, the widest below; only the first one of a picture is named in the legend."""
    point, lower, upper = forecast
    kept = list(thin(point))
    days = moments(dates[kept])
    axes.plot(days, point[kept], color=WARM, lw=1.6, label="forecast" if is_first else None)
    for level, low, high in sorted(zip(levels, lower, upper, strict=True), key=lambda band: -band[0]):
        label = f"{level:g} % interval" if is_first else None
        alpha = 0.3 if level == min(levels) else 0.18
        axes.fill_between(days, low[kept], high[kept], color=WARM, alpha=alpha, lw=0, label=label)


def dots(
    path: Path, title: str, solid: Mapping[str, Mapping[str, float]], hollow: Mapping[str, Mapping[str, float]]
) -> None:
    """Plot a line of dots for each row: method → row → value, solid and hollow; NaN is left out, 1 is marked."""
    rows = list(next(iter(solid.values())))
    with canvas(path, (9, 1.4 + 0.4 * len(rows))) as (figure, (axes,)):
        for number, (label, values) in enumerate((*solid.items(), *hollow.items())):
            colour = line_style(number)["color"]
            face = colour if number < len(solid) else "none"
            marker = "osD^v<>"[number // len(LINES) % 7]
            points = [values[row] for row in rows]
            axes.plot(points, range(len(rows)), marker, color=colour, mfc=face, ms=7, label=label)
        axes.axvline(1, color=SOFT, lw=1, ls="--")
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.set_title(title)
        legend(figure, axes, beside=True)
