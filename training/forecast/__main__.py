"""Train forecasters on a series, compare them with baselines, and export the best one.

    python -m training.forecast --data my.csv                  # your own: a date and a value column, any frequency
    python -m training.forecast --data my.csv --preset quick   # one seed: minutes
    python -m training.forecast --export all                   # the default series, as models/ was made
    python -m training.forecast --recipe tutorial --export all # the tutorial's networks, unchanged

Every choice is made on folds inside the training set: a network is fitted on its beginning and measured on what comes
after. The test set is used once, at the end, with networks that were fitted before it. The exported network is fitted on
all readings; its intervals are calibrated on the errors of the folds and of the test set. report.html shows the results.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from rich.progress import Progress

from service.artifacts import bundle
from training.data import understanding
from training.data.series import read_panel
from training.data.tables import DataError
from training.forecast import candidates, comparison, experiment, finetuning, page
from training.forecast.candidates import CandidatePool
from training.forecast.experiment import Evaluation, Experiment
from training.forecast.options import TrainOptions, parse_options
from training.reporting import models_readme, tables


def main(argv: Sequence[str] | None = None) -> int:
    try:
        options = parse_options(argv)
        if options.series.dry_run and options.data is not None:
            understanding.show_dry_run(read_panel(options.data, options.series))
            return 0
        train(options)
    except (DataError, bundle.BundleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def train(options: TrainOptions) -> None:
    """Fit, evaluate and export forecasters, then write the report. Raises DataError and BundleError."""
    run = experiment.load(options)
    understanding.show(run.series.understood)
    for remark in run.remarks:
        print("-", remark)
    names, pretrained = select_forecasters(options)
    with Progress() as progress:
        task = progress.add_task("fitting", total=None)
        pool = CandidatePool(
            options.recipe,
            run.series.season_length,
            options.steps,
            options.epochs,
            pretrained,
            on_fit=lambda: progress.advance(task),
        )
        validations = []
        for candidate in pool.select(names):
            progress.update(task, description=f"fitting {candidate.name}")
            validations.append(run.cross_validate(candidate))
        evaluations = []
        for validation in validations:
            progress.update(task, description=f"testing {validation.candidate.name}")
            evaluations.append(run.evaluate(validation))
        evaluations.sort(key=lambda evaluation: evaluation.folds.rmse)
        exported = evaluations[: {"all": len(evaluations), "best": 1, "none": 0}[options.export]]
        for evaluation in exported:
            progress.update(task, description=f"fitting {evaluation.candidate.name} on everything")
            progress.console.print(f"wrote {run.export(evaluation)}")
            name = options.name or evaluation.candidate.name
            progress.console.print(comparison.verdict(name, run.comparison(evaluation)))
    report(run, evaluations, [evaluation.candidate.name for evaluation in exported])


def report(run: Experiment, evaluations: Sequence[Evaluation], exported: Sequence[str]) -> None:
    """Print the ranking and write report.html, and models/README.md if a version was exported."""
    options = run.options
    results = page.Page(run, evaluations, exported)
    header, rows = results.ranking()
    tables.show("least error on the folds first; test set in original units", header, rows)
    print(results.recommendation())
    stem = options.data.name.removesuffix(".csv") if options.data else "default"
    print("wrote", page.write(options.report or Path("reports") / stem, results))
    if exported:
        print("wrote", models_readme.write_readme(options.models_dir))


def select_forecasters(options: TrainOptions) -> tuple[list[str], keras.Model | None]:
    """Return the names of the candidates, and the pretrained network that `finetuned` starts from.

    The network is restored before anything is fitted, as fitting takes long. Without --only, `finetuned` is left out if
    there is no such network. Raises DataError if --only names it.
    """
    available = candidates.candidate_names(options.recipe)
    names = list(available if options.only is None else options.only)
    if finetuning.NAME not in names or finetuning.NAME not in available:
        return names, None
    try:
        return names, finetuning.restore_pretrained(options.models_dir)
    except DataError as error:
        if options.only is not None:
            raise
        print(f"- '{finetuning.NAME}' is left out: {error}")
        return [name for name in names if name != finetuning.NAME], None


if __name__ == "__main__":
    sys.exit(main())
