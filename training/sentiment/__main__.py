"""Train and export the sentiment classifier.

    python -m training.sentiment --opinions DIR              # the sets of opinions that training.data.opinions writes
    python -m training.sentiment --data my.csv --name mine   # your own: a text and a label column
    python -m training.sentiment                             # film reviews, fetched and cached
    python -m training.sentiment --help                      # all options

What was understood of a file, and what the run starts from, is printed first; --dry-run stops there.

Each seed fits a bidirectional LSTM, beside n-gram weights; a regression on the validation part blends the two, and
calibrates them. If there are enough unlabelled texts, a teacher predicts them, networks and n-gram weights learn from all
texts, and a second round of networks learns from the first. The candidates are each seed's network and the average of their
weights; the one of least validation loss ships. The validation part also chooses the thresholds for "uncertain" and "mixed".
Test parts are used once, at the end, for the scores.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter

import training.sentiment.network.cpu  # noqa: F401  # before TensorFlow

# isort: split
from rich.console import Console

from training.data.tables import DataError
from training.export.target import check_target
from training.reporting import models_readme, sentiment_section, tables
from training.sentiment import introduction, start
from training.sentiment.ablation.table import AblationTable, fingerprint
from training.sentiment.linear import baseline
from training.sentiment.network.initialization import initialize
from training.sentiment.options import CONTINUED, MIN_UNLABELLED, NEW_CLASSES, SHIPPED, FitConfig, TrainOptions, parse
from training.sentiment.recipe import teacher
from training.sentiment.recipe.rounds import fit
from training.sentiment.texts.corpus import Corpus, read_corpus
from training.sentiment.version.export import export


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # progress is seen at once, through a pipe too
    try:
        run(parse(argv))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: TrainOptions) -> None:
    """Train, export a version, and write the report and models/README.md. Raises DataError."""
    console = Console(highlight=False, soft_wrap=True)
    check_target(options.models_dir, options.name, "sentiment")
    started, corpus = start.find(options), read_corpus(options.data)
    config, has_teacher = plan(options, started.path, corpus)
    introduction.show(options, started, corpus, config, has_teacher=has_teacher)
    if options.dry_run:
        return
    table = AblationTable.read(options.ladder, fingerprint(corpus.validation)) if options.ladder else None
    initialization = initialize(options, started.path, corpus, console)
    if initialization.classes and not initialization.knows(corpus.classes) and not options.network.epochs:
        config = NEW_CLASSES
    beside = baseline.measure(corpus, console)
    begin = perf_counter()
    result, linear = fit(options, corpus, initialization, config, has_teacher, console)
    if table:
        table.add(result, linear, initialization.seconds + perf_counter() - begin)
    result = replace(result, baseline=beside)
    directory = options.report or Path("reports") / report_name(options)
    card, path = export(result, linear, options.models_dir, options.name, directory, table)
    tables.show(f"{card.name} v{card.version}", *sentiment_section.score_rows(card))
    print(f"{path}: {card.network}")
    print("wrote", models_readme.write_readme(options.models_dir))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for file in sorted((path / "plots").glob("*.png")):
            shutil.copyfile(file, options.pictures / f"{card.name}_{file.name}")


def report_name(options: TrainOptions) -> str:
    """Return the directory of the report: the model's own name, or that of the data."""
    if options.name != SHIPPED:
        return options.name
    return options.data.data.name.split(".")[0] if options.data.data else "opinions"


def plan(options: TrainOptions, version: Path | None, corpus: Corpus) -> tuple[FitConfig, bool]:
    """Return how networks are fitted, and whether a teacher predicts the unlabelled texts; it needs enough, and long ones.

    Raises DataError for options that would have no effect.
    """
    network = options.network
    fresh_options = {"--vocabulary": network.vocabulary, "--vectors": network.vectors, "--ladder": options.ladder}
    for option, value in fresh_options.items():
        if value is not None and version is not None:
            raise DataError(f"{option} is only for a new network: add --start none, or leave {option} out")
    unlabelled = len(corpus.unlabelled)
    can_teach = unlabelled >= MIN_UNLABELLED and any(map(teacher.is_long, corpus.pools))
    if options.teacher and not can_teach:
        raise DataError(
            f"--teacher needs {MIN_UNLABELLED:,} or more texts that are not among the labelled ones, but there are "
            f"{unlabelled:,} (give --unlabelled more.csv); and {teacher.MIN_TEXTS:,} labelled ones of {teacher.MIN_WORDS} words "
            "or more on average"
        )
    config = options.preset.config if version is None else CONTINUED
    if network.epochs:
        config = replace(config, epochs=network.epochs, min_steps=0)
    wants_teacher = options.preset.teacher if options.teacher is None else options.teacher
    return config, wants_teacher and can_teach


if __name__ == "__main__":
    sys.exit(main())
