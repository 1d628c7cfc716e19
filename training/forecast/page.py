"""The report of a training run, report.html: what the series is like, which forecaster is best, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from service.interfaces import Array
from training.evaluation import metrics
from training.evaluation.rolling import RollingBacktest
from training.forecast.candidates import FOLD_ENDS
from training.forecast.experiment import NAIVE, Evaluation, Experiment, pooled_metrics
from training.reporting import html_page as html
from training.reporting import plots
from training.reporting.tables import Row


@dataclass(frozen=True)
class Page:
    """The results of a run; `evaluations` begin with the least error on the folds."""

    experiment: Experiment
    evaluations: Sequence[Evaluation]
    exported: Sequence[str]

    @property
    def steps(self) -> int:
        return self.experiment.options.steps

    @cached_property
    def naive_fold_rmse(self) -> float:
        return self.experiment.naive_fold_rmse(self.evaluations[0].candidate.window)

    def ranking(self) -> tuple[Row, list[Row]]:
        """Return a header and a row per forecaster, the seasonal naive forecast last."""
        step_range = f"1–{self.steps}"
        header: Row = (
            "forecaster",
            f"folds: RMSE {step_range}",
            "test: RMSE 1",
            f"RMSE {step_range}",
            f"MAE {step_range}",
            "bias",
            "80 % covers",
            "95 % covers",
            f"RMSE {step_range} / naive, 90 % interval",
        )
        rows = [
            (evaluation.candidate.name, f"{evaluation.folds.rmse:.4g}", *self._test_cells(evaluation.test))
            for evaluation in self.evaluations
        ]
        naive_cells = self._test_cells(self.experiment.naive_test)
        return header, [*rows, (NAIVE, f"{self.naive_fold_rmse:.4g}", *naive_cells)]

    def _test_cells(self, backtest: RollingBacktest) -> Row:
        first, pooled = pooled_metrics(backtest, 1), pooled_metrics(backtest, self.steps)
        losses, naive_losses = (_losses(results, self.steps) for results in (backtest, self.experiment.naive_test))
        block = metrics.block_length(self.experiment.series.season_length, self.steps, 1)
        ratio = metrics.ratio(losses["square"], naive_losses["square"], block, root=True)
        interval = "" if ratio.low is None else f" [{ratio.low:.2f}, {ratio.high:.2f}]"
        return (
            f"{first['rmse']:.4g}",
            *(f"{pooled[name]:.4g}" for name in ("rmse", "mae", "bias")),
            *(f"{pooled[name]:.3f}" if name in pooled else "–" for name in ("coverage_80", "coverage_95")),
            f"{ratio.value:.3f}{interval}",
        )

    def recommendation(self) -> str:
        """Say which forecaster to use by the folds alone, and whether the test set agrees."""
        best = self.evaluations[0]
        name = best.candidate.name
        if best.folds.rmse >= self.naive_fold_rmse:
            return (
                f"Use the seasonal naive forecast: on the folds no network was better ({name}, the best, has an "
                f"RMSE of {best.folds.rmse:.4g}, the seasonal naive {self.naive_fold_rmse:.4g})."
            )
        rmse = pooled_metrics(best.test, self.steps)["rmse"]
        naive_rmse = pooled_metrics(self.experiment.naive_test, self.steps)["rmse"]
        agreement = "and on the test set too" if rmse < naive_rmse else "but not on the test set, so take care"
        return (
            f"Use {name}: its RMSE of steps 1–{self.steps} is {best.folds.rmse / self.naive_fold_rmse:.2f} times the "
            f"seasonal naive's on the folds, {agreement} ({rmse / naive_rmse:.2f} times)."
        )


def write(directory: Path, page: Page) -> Path:
    """Write the pictures and report.html, which contains them; return the path of report.html."""
    pictures = _draw(directory, page)
    header, rows = page.ranking()
    captions = {
        "series": "The series and its parts.",
        "test": f"{page.evaluations[0].candidate.name}, forecasts from a few origins of the test set, with 80 % and 95 % intervals.",
        "steps": "Error by step, test set.",
        "coverage": "Share of the test set's readings inside the intervals, by step.",
    }
    exported = ", ".join(page.exported) or "nothing"
    return html.write(
        directory / "report.html",
        page.experiment.series.source,
        f"{page.recommendation()} Exported: {exported}.",
        html.heading("The series"),
        html.bullets(page.experiment.remarks),
        html.heading("Ranking"),
        html.table(header, rows),
        html.paragraph(
            "The ranking is by the folds inside the training set, on which every choice was made. The test set was used "
            "once, with networks fitted before it; each forecast was made as the service makes it, from the readings known "
            "at its origin. The interval of a ratio comes from a block bootstrap."
        ),
        html.figures({path: captions[key] for key, path in pictures.items()}),
    )


def _draw(directory: Path, page: Page) -> dict[str, Path]:
    """Draw the pictures of the page; there is none of the coverage if the best forecaster gives no intervals."""
    paths = {name: directory / f"{name}.png" for name in ("series", "test", "steps", "coverage")}
    series, train_size = page.experiment.series, page.experiment.train_size
    steps, best = page.steps, page.evaluations[0]
    in_folds = train_size - round(FOLD_ENDS[0] * train_size)
    plots.series(paths["series"], series.source, series.dates, series.readings, train_size, in_folds)
    plots.fans(paths["test"], f"{best.candidate.name} on the test set", series.dates, series.readings, best.test)
    backtests = {evaluation.candidate.name: evaluation.test for evaluation in page.evaluations}
    backtests["seasonal naive"] = page.experiment.naive_test
    rmse = {name: np.sqrt(np.mean(_losses(backtest, steps)["square"], axis=0)) for name, backtest in backtests.items()}
    plots.by_step(paths["steps"], "RMSE", rmse)
    levels, losses = best.test.predicted.levels, _losses(best.test, steps)
    if not levels:
        del paths["coverage"]
        return paths
    covered = {f"{level:g} %": np.nanmean(losses[f"coverage_{level:g}"], axis=0) for level in levels}
    plots.by_step(paths["coverage"], "share covered", covered, [level / 100 for level in levels])
    return paths


def _losses(backtest: RollingBacktest, steps: int) -> dict[str, Array]:
    part = backtest.part(steps)
    return metrics.losses(part.actual, part.predicted)
