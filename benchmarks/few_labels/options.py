"""The command line of `python -m benchmarks.few_labels`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.few_labels.rows import Columns
from benchmarks.files import RESULTS, ROOT
from service.artifacts import bundle


@dataclass(frozen=True)
class Options:
    """What is measured: which files, how many rows, and which version is trained further."""

    data: list[Path]
    test_data: list[Path]
    columns: Columns
    sizes: list[int]
    seeds: list[int]
    held_out: int
    start: Path
    preset: str | None
    timeout: float
    out: Path


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; it ends the process if the options do not fit together."""
    parser = argparse.ArgumentParser(description="fine-tuning of the shipped sentiment version on few labels")
    add = parser.add_argument
    add("--data", type=Path, nargs="+", required=True, help="CSVs with a text and a label column")
    add("--test-data", type=Path, nargs="+", default=[], help="a CSV for each of --data (default: rows of --data)")
    add("--text-column")
    add("--label-column")
    add("--positive", help="the label of the positive class, if its name does not say so")
    add("--stars", type=float, nargs=2, metavar=("LOW", "HIGH"), help="labels are ratings, as in training.sentiment")
    add("--sizes", type=int, nargs="+", default=[200, 1000, 5000])
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="each draws other rows and trains a network")
    add("--held-out", type=int, default=2000, help="rows of a CSV to measure on (default: %(default)s)")
    add("--start", type=Path, help="version directory (default: the newest shipped sentiment version)")
    add("--preset", help="of the training (default: its own)")
    add("--timeout", type=float, default=3600, help="seconds for one training (default: %(default)g)")
    add("--out", type=Path, default=RESULTS, help="directory of few_labels.json and few_labels.md")
    values = parser.parse_args(arguments)
    if values.test_data and len(values.test_data) != len(values.data):
        parser.error("--test-data needs as many files as --data")
    if min([*values.sizes, values.held_out]) < 1:
        parser.error("--sizes and --held-out are at least 1")
    return Options(
        values.data,
        values.test_data,
        Columns(
            values.text_column, values.label_column, values.positive, tuple(values.stars) if values.stars else None
        ),
        values.sizes,
        values.seeds,
        values.held_out,
        values.start or bundle.versions(ROOT / "models" / "sentiment")[-1],
        values.preset,
        values.timeout,
        values.out,
    )
