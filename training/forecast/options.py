"""The options of `python -m training.forecast`, parsed and typed. What they mean together is checked in experiment.py."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

STEPS = 14
EPOCHS = 100  # of the tutorial's networks, at most
TEST_SHARE = 0.25  # of the readings
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class TrainOptions:
    """What to train on, what to fit, and where to write it. None means the default that the help text names."""

    data: Path | None
    date_column: str | None
    value_column: str | None
    day_first: bool
    fill: bool
    season_length: int | None
    units: str | None
    source: str | None
    recipe: Literal["tuned", "tutorial"]
    preset: Literal["full", "quick"]
    only: tuple[str, ...] | None
    steps: int
    test_size: int | None
    epochs: int
    seeds: tuple[int, ...]
    export: Literal["best", "all", "none"]
    name: str | None
    models_dir: Path
    report: Path | None


def parse_options(argv: Sequence[str] | None) -> TrainOptions:
    """Parse the command line; without --seeds, the preset decides how many there are."""
    values = vars(_parser().parse_args(argv))
    preset_seeds = SEEDS if values["preset"] == "full" else SEEDS[:1]
    return TrainOptions(**values | {"seeds": tuple(values["seeds"] or preset_seeds)})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.forecast", description="Train and export forecasters.")
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a date and a value column (default: FRED's IPG2211A2N)")
    add("--date-column", help="(default: the column that holds dates)")
    add("--value-column", help="(default: the column that holds numbers)")
    add("--day-first", action="store_true", help="read 01/02/2016 as 1 February")
    add("--fill", action="store_true", help="interpolate missing values and dates")
    season_help = "readings in a season (default: a year of months, a week of days, …)"
    add("--season", type=int, dest="season_length", metavar="SEASON", help=season_help)
    add("--units", help="units of the readings, for the card")
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--recipe", choices=("tuned", "tutorial"), default="tuned", help="(default: %(default)s)")
    add("--preset", choices=("full", "quick"), default="full", help="quick: one seed (default: %(default)s)")
    add("--only", type=_names, help="comma-separated forecasters (default: all of the recipe)")
    add("--steps", type=int, default=STEPS, help="steps to forecast and to measure (default: %(default)s)")
    add("--test-size", type=int, help=f"last readings kept for the test set (default: {TEST_SHARE:.0%}%)")
    add("--epochs", type=int, default=EPOCHS, help="of the tutorial's networks, at most (default: %(default)s)")
    add("--seeds", type=int, nargs="+", help="(default: 0 1 2; quick: 0)")
    add("--export", choices=("best", "all", "none"), default="best", help="(default: %(default)s)")
    add("--name", help="name of the exported model (default: the forecaster's name)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--report", type=Path, help="directory for report.html and its pictures (default: reports/<file's name>)")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))
