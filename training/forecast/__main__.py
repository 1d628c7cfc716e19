"""Train forecasters on a series, measure them beside baselines, and export the one to use.

    python -m training.forecast --data my.csv                  # your own: a date and a value column, any frequency
    python -m training.forecast --data my.csv --preset quick   # one seed: minutes
    python -m training.forecast --export all                   # the default series, as models/ was made
    python -m training.forecast --recipe tutorial --export all # the tutorial's networks, as they were

Every choice is made on folds inside the training part: fitted on its beginning, measured on what comes after. The
test part is looked at once, at the end, with networks that were fitted before it. What is exported is fitted on
everything, its intervals calibrated on the errors of the folds and of the test. A page says it all: report.html.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from rich.progress import Progress

from service.artifacts import bundle
from service.artifacts.card import ForecastCard, Score, SeedStatistics
from service.artifacts.scaler import MinMax
from training.data import series_audit
from training.data.series import Series, fetch_series, read_series
from training.data.tables import DataError
from training.evaluation import metrics as evaluate
from training.evaluation import metrics as metrics_module
from training.evaluation import rolling
from training.evaluation.rolling import RollingBacktest
from training.export.versions import in_memory, save_forecaster
from training.forecast import candidates, finetuning
from training.forecast import card as forecast_card
from training.forecast import page as forecast_page
from training.forecast.candidates import Candidate, CandidatePool, FoldResult, TrainedNetwork
from training.forecast.card import golden_answers
from training.reporting import models_readme, tables

STEPS = 14
EPOCHS = 100  # of the tutorial's networks, at most
TEST_SHARE = 0.25  # of the readings
DEFAULT_TEST = 147  # months of the default series
SEEDS = (0, 1, 2)
NAIVE = "seasonal_naive"


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.forecast", description="Train and export forecasters.")
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a date and a value column (default: FRED's IPG2211A2N)")
    add("--date-column", help="(default: the column that holds dates)")
    add("--value-column", help="(default: the column that holds numbers)")
    add("--day-first", action="store_true", help="read 01/02/2016 as 1 February")
    add("--fill", action="store_true", help="interpolate missing values and dates")
    add("--season", type=int, help="readings in a season (default: a year of months, a week of days, …)")
    add("--units", help="units of the readings, for the card")
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--recipe", choices=("tuned", "tutorial"), default="tuned", help="(default: %(default)s)")
    add("--preset", choices=("full", "quick"), default="full", help="quick: one seed (default: %(default)s)")
    add("--only", help="comma-separated forecasters (default: all of the recipe)")
    add("--steps", type=int, default=STEPS, help="to forecast and to measure (default: %(default)s)")
    add("--test-size", type=int, help=f"last readings kept for the test (default: {TEST_SHARE:.0%}%)")
    add("--epochs", type=int, default=EPOCHS, help="of the tutorial's networks, at most (default: %(default)s)")
    add("--seeds", type=int, nargs="+", help="(default: 0 1 2; quick: 0)")
    add("--export", choices=("best", "all", "none"), default="best", help="(default: %(default)s)")
    add("--name", help="name of the exported model (default: its network's)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--report", type=Path, help="directory for report.html and its pictures (default: reports/<file's name>)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    try:
        run(options)
    except (DataError, bundle.BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


class CandidateRun:
    """One contestant from the folds to the export."""

    def __init__(self, contestant: Candidate, draft: ForecastCard, judged: FoldResult, trained: TrainedNetwork) -> None:
        self.contestant, self.judged, self.trained = contestant, judged, trained
        self.draft = draft.model_copy(
            update={
                "corrected": judged.corrected,
                "optimism": round(judged.optimism, 4),
                "calibration": candidates.interval_calibration(
                    judged, [], "rolling origins of the folds inside the training part"
                ),
            }
        )
        self.walk: RollingBacktest | None = None  # of the test part
        self.spread: list[SeedStatistics] = []


def run(options: argparse.Namespace) -> None:
    series = read(options)
    usual = DEFAULT_TEST if options.data is None else round(TEST_SHARE * len(series.readings))
    test_size = usual if options.test_size is None else options.test_size
    train_size = len(series.readings) - test_size
    enough(series, train_size, test_size, options)
    seeds = tuple(options.seeds or (SEEDS if options.preset == "full" else SEEDS[:1]))
    remarks = series_audit.remarks(series)
    for remark in remarks:
        print("-", remark)
    with Progress() as progress:
        task = progress.add_task("fitting", total=None)
        names, start = wanted_names(options)
        field = CandidatePool(
            series.season, options.recipe, options.steps, options.epochs, start, lambda: progress.advance(task)
        )
        entries = [
            judged_entry(c, series, train_size, options, seeds, remarks, progress) for c in field.contestants(names)
        ]
        naive = tested_naive(series, train_size, options.steps)
        for entry in entries:
            progress.update(task, description=f"testing {entry.contestant.name}")
            test(entry, series, train_size, seeds)
        entries.sort(key=lambda entry: entry.judged.rmse)
        exported = {}
        for entry in wanted(entries, options.export):
            progress.update(task, description=f"fitting {entry.contestant.name} on everything")
            card, path = export(entry, series, naive, seeds, options)
            exported[entry.contestant.name] = card
            progress.console.print(f"wrote {path}")
    page = forecast_page.Page(
        series,
        train_size,
        remarks,
        [(e.contestant.name, e.judged, tested(e)) for e in entries],
        naive,
        fold_naive(series, train_size, entries[0].contestant.window, options.steps),
        list(exported),
    )
    header, rows = page.ranking()
    tables.show("least error on the folds first; test part in original units", header, rows)
    print(page.recommendation())
    stem = options.data.name.removesuffix(".csv") if options.data else "default"
    print("wrote", forecast_page.write(options.report or Path("reports") / stem, page))
    if exported:
        print("wrote", models_readme.write_readme(options.models_dir))


def read(options: argparse.Namespace) -> Series:
    if options.data is None:
        return fetch_series()
    return read_series(
        options.data,
        date_column=options.date_column,
        value_column=options.value_column,
        day_first=options.day_first,
        source=options.source,
        season=options.season,
        fill=options.fill,
    )


def wanted_names(options: argparse.Namespace) -> tuple[list[str], keras.Model | None]:
    """The contestants by name, and the network that `finetuned` starts from, which is looked for before an hour's work.

    Without --only, `finetuned` is left out where there is no such network. Raises DataError where it was asked for.
    """
    everyone = candidates.names(options.recipe)
    names = list(everyone) if options.only is None else [name.strip() for name in options.only.split(",")]
    if finetuning.NAME not in names or finetuning.NAME not in everyone:
        return names, None
    try:
        return names, finetuning.pretrained(options.models_dir)
    except DataError as error:
        if options.only is not None:
            raise
        print(f"- '{finetuning.NAME}' is left out: {error}")
        return [name for name in names if name != finetuning.NAME], None


def enough(series: Series, train: int, test: int, options: argparse.Namespace) -> None:
    """DataError unless every part holds something to learn from and to measure on."""
    if options.steps < 1 or options.epochs < 1 or (options.season or 1) < 1:
        raise DataError("--steps, --epochs and --season are at least 1")
    if options.name is not None and options.export == "all":
        raise DataError("--name is for one model; leave --export at 'best'")
    if test < options.steps or train < 2 * series.season + options.steps:
        raise DataError(
            f"{len(series.readings)} readings split into {train} for training and {test} for the test are too few: "
            f"{options.steps} steps need at least {2 * series.season + options.steps} and {options.steps} (--test-size, "
            "--steps); the model 'universal' answers series of any length without training"
        )
    if np.ptp(series.readings[:train]) == 0:
        raise DataError("every training reading is the same; there is nothing to learn")


def judged_entry(
    contestant: Candidate,
    series: Series,
    train_size: int,
    options: argparse.Namespace,
    seeds: tuple[int, ...],
    remarks: list[str],
    progress: Progress,
) -> CandidateRun:
    """Fit on the folds, choose, and fit on the training part."""
    for task in progress.task_ids:
        progress.update(task, description=f"fitting {contestant.name}")
    known = series.readings[:train_size]
    candidates.fold_ends(train_size, contestant.window, options.steps)
    draft = forecast_card.draft(contestant, series, train_size, seeds, options, remarks)
    judged = candidates.cross_validate(contestant, draft, known, series.season, seeds)
    return CandidateRun(contestant, draft, judged, contestant.train(known, seeds))


def test(entry: CandidateRun, series: Series, train_size: int, seeds: tuple[int, ...]) -> None:
    """The one look at the test part: the network as it would answer, and each seed alone."""
    origins = range(train_size, len(series.readings))

    def walked(trained: TrainedNetwork) -> RollingBacktest:
        forecaster = in_memory(entry.draft, trained.scaler, trained.model)
        return candidates.backtest(forecaster, series.readings, origins, series.season)

    entry.walk = walked(entry.trained)
    alone = [walked(entry.contestant.train(series.readings[:train_size], (seed,))) for seed in seeds]
    for steps in (1, entry.draft.horizon):
        found = [figures(walk, steps) for walk in alone]
        for metric in ("rmse", "mae", "mape"):
            if metric in found[0]:
                values = [each[metric] for each in found]
                entry.spread.append(metrics_module.seed_statistics(metric, "test", values, span(steps)))


def tested(entry: CandidateRun) -> RollingBacktest:
    assert entry.walk is not None
    return entry.walk


def tested_naive(series: Series, train_size: int, steps: int) -> RollingBacktest:
    from training.evaluation import baselines

    origins = range(train_size, len(series.readings))
    return rolling.rolling_backtest(
        series.readings, origins, steps, candidates.LEVELS, baselines.method(NAIVE, series.season)
    )


def fold_naive(series: Series, train_size: int, window: int, steps: int) -> float:
    """The seasonal naive forecast's RMSE on the folds."""
    errors = []
    for cut, end in candidates.fold_ends(train_size, window, steps):
        naive = rolling.seasonal_naive(series.season)
        actual, forecast = rolling.point_backtest(series.readings[:end], range(cut, end), steps, naive)
        errors.append(actual - forecast)
    return float(np.sqrt(np.nanmean(np.square(np.concatenate(errors)))))


def figures(walk: RollingBacktest, steps: int) -> dict[str, float]:
    """Metrics of steps 1 to `steps`, from the origins that have so many readings after them."""
    part = walk.part(steps)
    return evaluate.metrics(evaluate.losses(part.actual, part.predicted), 0.0)


def span(steps: int) -> str:
    return "1" if steps == 1 else f"1-{steps}"


def wanted(entries: list[CandidateRun], export: str) -> list[CandidateRun]:
    return {"all": entries, "best": entries[:1], "none": []}[export]


def export(
    entry: CandidateRun, series: Series, naive: RollingBacktest, seeds: tuple[int, ...], options: argparse.Namespace
) -> tuple[ForecastCard, Path]:
    """Fit on all readings and write a new version, its intervals calibrated on all errors that are out of sample."""
    walk = tested(entry)
    final = entry.contestant.train(series.readings, seeds)
    name = options.name or entry.contestant.name
    card = entry.draft.model_copy(
        update={
            "name": name,
            "version": bundle.next_version(options.models_dir, name),
            "parameters": final.model.count_params(),
            "readings": forecast_card.limits_of(series.readings, entry.contestant.window, series.season),
            "scores": [*scores(NAIVE, naive), *scores("model", walk)],
            "spread": entry.spread,
            "step_errors": forecast_card.step_errors(walk, naive, NAIVE if series.season > 1 else "last_value"),
            "calibration": candidates.interval_calibration(
                entry.judged,
                [candidates.scores(entry.judged.unit, entry.trained.model, walk, series.readings, series.season)],
                "rolling origins of the folds and of the test part, each forecast by a network fitted before it",
            ),
        }
    )
    forecaster = in_memory(card, final.scaler, final.model)
    golden = golden_answers(forecaster, series.readings)
    scaler: MinMax | None = final.scaler
    path, _ = save_forecaster(options.models_dir, card, golden, final.model, scaler=scaler)
    return card, path


def scores(subject: str, walk: RollingBacktest) -> list[Score]:
    steps = walk.actual.shape[1]
    found = []
    for count in dict.fromkeys((1, steps)):
        metrics = {name: value for name, value in figures(walk, count).items() if np.isfinite(value)}
        found.append(
            Score(
                split="test", subject=subject, steps=span(count), count=len(walk.part(count).origins), metrics=metrics
            )
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
