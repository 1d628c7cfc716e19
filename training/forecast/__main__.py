"""Rank forecasters on a series: networks that are fitted to it, `universal` as it is, and statistics; export the best network.

    python -m training.forecast --data my.csv                  # your own: dates and readings, any frequency
    python -m training.forecast --data my.csv --preset quick   # one seed: minutes
    python -m training.forecast --data my.csv --only mean      # statistics and `universal` alone: about a minute
    python -m training.forecast --export all                   # the default series, as models/ was made
    python -m training.forecast --recipe tutorial --export all # the tutorial's networks, unchanged

Every choice is made on folds inside the training set: a forecaster is fitted on its beginning and measured on what comes
after. The test set is used once, at the end, with forecasters that were fitted before it. The exported network is fitted on
all readings; its intervals are calibrated on the errors of the folds and of the test set. report.html shows the results.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.artifacts.files import BundleError
from training.data import understanding
from training.data.series import Series, fetch_series, read_panel
from training.data.tables import DataError
from training.export.target import check_target
from training.forecast.options import TrainOptions, parse_options
from training.networks import quiet

DEFAULT_NAME = "gru"  # stands for the name of any forecaster
DEFAULT_REPORT = "default"  # the directory, without --data

if TYPE_CHECKING:
    from training.forecast.one_series.experiment import Experiment
    from training.forecast.one_series.run import Outcome


def main(argv: Sequence[str] | None = None) -> int:
    try:
        train(parse_options(argv))
    except (DataError, BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def train(options: TrainOptions) -> None:
    """Read, fit, rank, export and report. Raises DataError and BundleError."""
    if options.export != "none":
        check_target(options.models_dir, options.name or DEFAULT_NAME, "forecast")
    panel = None if options.data is None else read_panel(options.data, options.series)
    if options.series.dry_run:
        if panel is not None:
            understanding.show_dry_run(panel)
        return
    if panel is not None:
        understanding.show(panel.understood)
    quiet.import_tensorflow()
    if panel is not None and len(panel.series) > 1:
        from training.forecast.panel import run

        run.run(panel, options)
        return
    train_on(fetch_series() if panel is None else next(iter(panel.series.values())), options)


def train_on(series: Series, options: TrainOptions) -> None:
    """Fit, rank, export and report on one series. Raises DataError and BundleError."""
    from training.forecast import progress
    from training.forecast.one_series import loading
    from training.forecast.one_series.run import Run

    loading.check_options(options)
    experiment = loading.load(series, options)
    selection, left_out = loading.select(experiment)
    run = Run(experiment, selection, options.report_directory(DEFAULT_REPORT))
    for remark in [*experiment.remarks, *left_out, *run.remarks]:
        print("-", remark)
    print(f"This takes about {progress.about(run.estimate())}.", flush=True)
    with progress.steps(run.fits) as steps:
        outcome = run.go(steps)
    report(experiment, outcome, [*experiment.remarks, *left_out, *outcome.remarks])


def report(run: "Experiment", outcome: "Outcome", remarks: list[str]) -> None:
    """Print the ranking and what to do, and write report.html, and models/README.md if a version was exported."""
    from training.forecast.report import page
    from training.forecast.report.summary import ranking_table
    from training.reporting import models_readme, tables

    ranking, options = outcome.ranking, run.options
    header, rows = ranking_table(ranking)
    steps = run.split.steps
    tables.show(f"RMSE of {'step 1' if steps == 1 else f'steps 1–{steps}'}, least on the folds first", header, rows)
    print(
        "→ recommended, * its intervals say nothing, 90 %: interval of the ratio, worse: how sure that is, on the folds"
    )
    print(ranking.reason)
    if ranking.unasked:
        print(f"{ranking.unasked}.")
    print(f"To call:\n{ranking.what_to_call}")
    results = page.Page(
        series=run.series,
        ranking=ranking,
        steps=run.split.steps,
        train_size=run.split.train_size,
        fold_start=run.split.first_cut,
        future=outcome.future,
        remarks=remarks,
        understood=run.series.understood,
        exported=[f"{path.parent.name}/{path.name}" for path in outcome.exported.values()],
        settings={"preset": options.preset, "seeds": ", ".join(map(str, options.seeds)), "recipe": options.recipe},
    )
    for path in outcome.exported.values():
        print("wrote", path)
    print("wrote", page.write(options.report_directory(DEFAULT_REPORT), results))
    if outcome.exported:
        print("wrote", models_readme.write_readme(options.models_dir))


if __name__ == "__main__":
    sys.exit(main())
