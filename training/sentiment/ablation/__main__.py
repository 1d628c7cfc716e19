"""Measure what each step of the sentiment recipe adds: one network per step, with one seed, on the validation part alone.

    python -m training.sentiment.ablation --opinions DIR --vectors FILE               # all steps: hours
    python -m training.sentiment.ablation --data my.csv --epochs 2 --rungs n-grams "random vectors"

Each step has what the steps before it have. A step that the data has nothing for is left out, such as phrases of one file. Each
row is written to `--out` as soon as it is measured; rows that are there already are kept. `python -m training.sentiment
--ladder FILE` adds the rows of its own run and saves the table with the version that it exports.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import training.sentiment.network.cpu  # noqa: F401  # before TensorFlow

# isort: split
from training.data.tables import DataError
from training.reporting import sentiment_section, tables
from training.sentiment.ablation.steps import STEPS, AblationRunner
from training.sentiment.ablation.table import AblationTable, fingerprint
from training.sentiment.options import PRESETS, TrainOptions, make_parser, shared_options
from training.sentiment.texts.corpus import read_corpus


@dataclass(frozen=True)
class AblationOptions:
    """The options of `python -m training.sentiment.ablation`."""

    training: TrainOptions
    steps: Sequence[str]
    out: Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    try:
        run(parse(argv))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parse(argv: Sequence[str] | None) -> AblationOptions:
    """Read the command line. Raises DataError for numbers that cannot be used."""
    parser = make_parser("python -m training.sentiment.ablation", "Measure each step of the sentiment recipe.")
    parser.add_argument("--rungs", nargs="+", choices=STEPS, default=STEPS, help="steps to measure (default: all)")
    parser.add_argument("--out", type=Path, default=Path("runs/ladder.json"), help="(default: %(default)s)")
    arguments = parser.parse_args(argv)
    training = TrainOptions(*shared_options(vars(arguments)), PRESETS["full"])
    return AblationOptions(training, arguments.rungs, arguments.out)


def run(options: AblationOptions) -> None:
    """Measure the steps that the table does not have yet, and print the table."""
    corpus = read_corpus(options.training.data)
    table = AblationTable.read(options.out, fingerprint(corpus.validation))
    runner = AblationRunner(corpus, options.training)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in runner.steps:
        if name in options.steps and name not in table.rows:
            table.rows[name] = runner.measure(name)
            table.write(options.out)
    tables.show("Validation part", *sentiment_section.ablation_rows(table.rows))


if __name__ == "__main__":
    sys.exit(main())
