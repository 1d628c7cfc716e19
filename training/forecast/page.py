"""One page on a training run, report.html: what the series is like, who forecasts it best, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data.series import Series
from training.evaluation import metrics
from training.evaluation.metrics import block_length
from training.evaluation.rolling import RollingBacktest
from training.forecast.candidates import FOLD_ENDS, FoldResult
from training.reporting import html_page as html
from training.reporting import plots
from training.reporting.tables import Row


@dataclass(frozen=True)
class Page:
    """What a run found; `entries` are name, folds and test walk, the least error on the folds first."""

    series: Series
    train_size: int
    remarks: Sequence[str]
    entries: Sequence[tuple[str, FoldResult, RollingBacktest]]
    naive: RollingBacktest
    fold_naive: float
    exported: Sequence[str]

    def ranking(self) -> tuple[Row, list[Row]]:
        """A row a forecaster, the seasonal naive last."""
        steps = self.naive.actual.shape[1]
        span = f"1–{steps}"
        header: Row = (
            "forecaster",
            f"folds: RMSE {span}",
            "test: RMSE 1",
            f"RMSE {span}",
            f"MAE {span}",
            "bias",
            "80 % covers",
            "95 % covers",
            f"RMSE {span} / naive, 90 % interval",
        )
        rows = [(name, f"{judged.rmse:.4g}", *self._tested(walk)) for name, judged, walk in self.entries]
        return header, [*rows, ("seasonal_naive", f"{self.fold_naive:.4g}", *self._tested(self.naive))]

    def _tested(self, walk: RollingBacktest) -> Row:
        steps = walk.actual.shape[1]
        one, part, naive = walk.part(1), walk.part(steps), self.naive.part(steps)
        losses, theirs = (metrics.losses(each.actual, each.predicted) for each in (part, naive))
        first = metrics.metrics(metrics.losses(one.actual, one.predicted), 0.0)
        all_ = metrics.metrics(losses, 0.0)
        block = block_length(self.series.season, steps, 1)
        ratio = metrics.ratio(losses["square"], theirs["square"], block, root=True)
        sure = "" if ratio.low is None else f" [{ratio.low:.2f}, {ratio.high:.2f}]"
        return (
            f"{first['rmse']:.4g}",
            *(f"{all_[metric]:.4g}" for metric in ("rmse", "mae", "bias")),
            *(f"{all_[key]:.3f}" if key in all_ else "–" for key in ("coverage_80", "coverage_95")),
            f"{ratio.value:.3f}{sure}",
        )

    def recommendation(self) -> str:
        """Which to use, by the folds alone; the test part only says whether to believe it."""
        name, judged, walk = self.entries[0]
        if judged.rmse >= self.fold_naive:
            return (
                f"Use the seasonal naive forecast: on the folds no network was better ({name}, the best, has an RMSE of "
                f"{judged.rmse:.4g}, the seasonal naive {self.fold_naive:.4g})."
            )
        steps = walk.actual.shape[1]
        ours, theirs = (
            metrics.metrics(metrics.losses(part.actual, part.predicted), 0.0)["rmse"]
            for part in (walk.part(steps), self.naive.part(steps))
        )
        held = "and on the test part too" if ours < theirs else "but not on the test part, so take care"
        return (
            f"Use {name}: its RMSE of steps 1–{steps} is {judged.rmse / self.fold_naive:.2f} times the seasonal naive's "
            f"on the folds, {held} ({ours / theirs:.2f} times)."
        )


def write(directory: Path, page: Page) -> Path:
    """Draw the pictures and write report.html beside them, in which they are contained."""
    pictures = draw(directory, page)
    header, rows = page.ranking()
    name = page.entries[0][0]
    captions = {
        "series": "The series and its parts.",
        "test": f"{name}, forecasts from a few origins of the test part, with 80 % and 95 % intervals.",
        "steps": "Error by step, test part.",
        "coverage": "How many readings of the test part the intervals held, by step.",
    }
    exported = ", ".join(page.exported) or "nothing"
    return html.write(
        directory / "report.html",
        page.series.source,
        f"{page.recommendation()} Exported: {exported}.",
        html.heading("The series"),
        html.bullets(page.remarks),
        html.heading("Ranking"),
        html.table(header, rows),
        html.paragraph(
            "Ranked by the folds inside the training part, on which every choice was made. The test part was looked at once, "
            "with networks fitted before it; each forecast was made as the service makes it, from the readings known at its "
            "origin. The interval of a ratio is a block bootstrap's."
        ),
        html.figures({path: captions[key] for key, path in pictures.items()}),
    )


def draw(directory: Path, page: Page) -> dict[str, Path]:
    """The pictures of the page by name."""
    found = {name: directory / f"{name}.png" for name in ("series", "test", "steps", "coverage")}
    series, train = page.series, page.train_size
    name, _, walk = page.entries[0]
    in_folds = train - round(FOLD_ENDS[0] * train)
    plots.series(found["series"], series.source, series.dates, series.readings, train, in_folds)
    plots.fans(found["test"], f"{name} on the test part", series.dates, series.readings, walk)
    steps = walk.actual.shape[1]
    errors = {
        label: np.sqrt(np.mean(np.square(part.predicted.point - part.actual), axis=0))
        for label, part in [(n, w.part(steps)) for n, _, w in page.entries]
        + [("seasonal naive", page.naive.part(steps))]
    }
    plots.by_step(found["steps"], "RMSE", errors)
    part = walk.part(steps)
    losses = metrics.losses(part.actual, part.predicted)
    covered = {f"{level:g} %": np.nanmean(losses[f"coverage_{level:g}"], axis=0) for level in part.predicted.levels}
    if not covered:
        del found["coverage"]
        return found
    plots.by_step(found["coverage"], "share held", covered, [level / 100 for level in part.predicted.levels])
    return found
