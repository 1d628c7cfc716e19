"""The pictures of the report of one series."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from training.evaluation import metrics
from training.forecast.measuring.backtests import rmse_by_step
from training.forecast.ranking.rows import Future, Ranked, Ranking
from training.forecast.report import tables
from training.forecast.report.results import Page
from training.reporting import html_page, plots

MAX_LINES = 6  # of the picture by step; the table has all of them
FANS = 4  # origins in the picture of the test set


@dataclass(frozen=True)
class Pictures:
    """Pictures by name, each with its caption."""

    paths: Mapping[str, Path]
    captions: Mapping[str, str]

    def html(self, *names: str) -> str:
        """Return those of these names that were drawn, as part of a page."""
        return html_page.figures({self.paths[name]: self.captions[name] for name in names if name in self.paths})


def draw(directory: Path, page: Page, suffix: Literal["png", "svg"]) -> Pictures:
    """Draw the pictures of a page into a directory.

    There is none of the future if there is no forecast of it, none of the coverage without intervals, and none of the test
    set if it is shorter than the forecasts.
    """
    names = ("future", "series", "test", "steps", "coverage")
    paths = {name: directory / f"{name}.{suffix}" for name in names}
    captions = {
        "future": _future(paths["future"], page),
        "series": _series(paths["series"], page),
        "test": _test(paths["test"], page),
        "steps": _steps(paths["steps"], page),
        "coverage": _coverage(paths["coverage"], page),
    }
    drawn = {name: caption for name, caption in captions.items() if caption}
    return Pictures({name: paths[name] for name in drawn}, drawn)


def _future(path: Path, page: Page) -> str:
    future, series = page.future, page.series
    if future is None:
        return ""
    tail = tail_length(len(series.readings), len(future.dates), series.season_length)
    past = series.dates[-tail:], series.readings[-tail:]
    forecast = future.point, future.lower, future.upper
    cut = plots.future(path, f"Forecast by {future.name}", past, future.dates, forecast, future.levels, series.readings)
    return f"The last {tail:,} readings and the next {len(future.dates):,} steps by {future.name}{_bands(future)}. {cut}".strip()


def _bands(future: Future) -> str:
    levels = " and ".join(f"{level:g} %" for level in future.levels)
    return f", with {levels} intervals" if levels else ""


def tail_length(readings: int, steps: int, season_length: int) -> int:
    """Return how many of the last readings stand before a forecast: enough to see the season, few enough to see the forecast."""
    return min(readings, max(3 * steps, min(3 * season_length, 8 * steps), 12))


def _series(path: Path, page: Page) -> str:
    series, train = page.series, page.train_size
    plots.series(path, series.source[:60], series.dates, series.readings, train, train - page.fold_start)
    return f"All {len(series.readings):,} readings: training set, folds inside it, and test set."


def _test(path: Path, page: Page) -> str:
    best, steps = page.ranking.recommended, page.steps
    part = best.test.part(steps)
    if not _count(page):
        return ""
    title = f"{best.name} on the test set"
    cut = plots.fans(path, title, page.series.dates, page.series.readings, best.test, FANS)
    shown = len(plots.spread(part, FANS))
    origins = len(part.origins)
    return f"Forecasts by {best.name} from {shown} of the {origins:,} origins of the test set, and what came. {cut}".strip()


def _steps(path: Path, page: Page) -> str:
    if not _count(page):
        return ""
    lines = {row.name: np.array(rmse_by_step(row.test)) for row in shown_rows(page.ranking)}
    plots.by_step(path, "RMSE by step, test set", lines)
    return f"Error by step on the test set, over {_origins(page)}. {page.ranking.recommended.name} is the thick line."


def shown_rows(ranking: Ranking) -> list[Ranked]:
    """Return the rows of the picture by step: the recommended one, the baseline, the best of each kind, then by rank."""
    bests = [group[0] for group in tables.by_kind(ranking).values()]
    order = [ranking.recommended, ranking.baseline, *bests, *ranking.rows]
    return list({id(row): row for row in order}.values())[:MAX_LINES]


def _coverage(path: Path, page: Page) -> str:
    best, steps = page.ranking.recommended, page.steps
    levels = best.test.predicted.levels
    if not levels or not _count(page):
        return ""
    by_step = metrics.by_step(tables.losses(best.test, steps), 0.0)
    covered = {f"{level:g} %": np.array(by_step[f"coverage_{level:g}"]) for level in levels}
    plots.by_step(path, "Share of readings inside the intervals", covered, [level / 100 for level in levels])
    return f"Coverage by step of {best.name} on the test set, over {_origins(page)}; the dashed lines are what was promised."


def _origins(page: Page) -> str:
    return f"the {_count(page):,} origins of the table" if _count(page) > 1 else "the one origin of the table"


def _count(page: Page) -> int:
    return len(page.ranking.recommended.test.part(page.steps).origins)
